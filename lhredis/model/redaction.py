"""redaction: masked values do not show in texts: in messages and logs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lhredis.model.native import Array, Map, Struct
from lhredis.model.values import MASK, Value

SECRET_CHARS_MIN = 4
"""Shorter values are not looked for: a mask over every 7 would tell more than it hides."""


def secrets_in(values: Iterable[Value]) -> tuple[str, ...]:
    """The texts in these values by which they would show, the longest first."""
    found: set[str] = set()
    stack = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, Array):
            stack.extend(value.items)
        elif isinstance(value, Map):
            stack.extend((*value.entries, *value.entries.values()))
        elif isinstance(value, Struct):
            stack.extend(value.fields.values())
        elif isinstance(value, bytes):
            found.add(value.decode("utf-8", "replace"))
        elif value is not None and not isinstance(value, bool):
            found.add(str(value))
    return tuple(sorted((text for text in found if len(text) >= SECRET_CHARS_MIN), key=len, reverse=True))


def redacted(text: str, secrets: Sequence[str]) -> str:
    """The text with a mask over each secret."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text

"""index_words: a searchable variable's value as a word of a key.

Numbers that are equal have one word (5 and 5.0); a long text is hashed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2s

from lhredis.model.values import Value

TEXT_BYTES_MAX = 64
"""Longer texts stand in the key as a hash."""

_INT_MIN, _INT_END = -(2.0**63), 2.0**63
"""Floats from the one to below the other that are whole numbers are written as the INT that they equal."""

_EPOCH, _ONE_SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


def index_word(name: str, value: Value) -> str:
    """The word for an index (`email`, `person_$.email`) and a scalar. ValueError when nothing is found by
    such a value."""
    return f"{name}:{_word(value)}"


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return f"b{int(value)}"
    if isinstance(value, float) and value.is_integer() and _INT_MIN <= value < _INT_END:
        value = int(value)
    if isinstance(value, int | float):
        return f"n{value!r}"
    if isinstance(value, datetime):
        seconds, rest = divmod(value - _EPOCH, _ONE_SECOND)  # a float has no microseconds in the far future
        return f"t{seconds}.{rest.microseconds:06}"
    if not isinstance(value, str):
        raise ValueError(f"nothing is found by a {type(value).__name__}: STR, INT, DOUBLE, BOOL and the like")
    data = value.encode()
    return f"s{value}" if len(data) <= TEXT_BYTES_MAX else f"h{blake2s(data).hexdigest()}"

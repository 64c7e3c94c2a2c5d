"""index_words: a searchable variable's value as a word of a key.

Numbers that are equal have one word (5 and 5.0); a long text is hashed.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2s

from lhredis.model.values import Value

TEXT_BYTES_MAX = 64
"""Longer texts stand in the key as a hash."""

_EXACT_MAX = 2.0**63
"""Floats below this that are whole numbers are written as such."""


def index_word(name: str, value: Value) -> str:
    """The word for an index (`email`, `person_$.email`) and a scalar. ValueError when nothing is found by
    such a value."""
    return f"{name}:{_word(value)}"


def _word(value: Value) -> str:
    if isinstance(value, bool):
        return f"b{int(value)}"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_MAX:
        value = int(value)
    if isinstance(value, int | float):
        return f"n{value!r}"
    if isinstance(value, datetime):
        return f"t{value.timestamp()!r}"
    if not isinstance(value, str):
        raise ValueError(f"nothing is found by a {type(value).__name__}: STR, INT, DOUBLE, BOOL and the like")
    data = value.encode()
    return f"s{value}" if len(data) <= TEXT_BYTES_MAX else f"h{blake2s(data).hexdigest()}"

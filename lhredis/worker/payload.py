"""payload: what a function gives back, as it is sent: encoded, and within the limit."""

from __future__ import annotations

from typing import Any

import orjson

from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.values import Value, encode_value


def payload_of(value: Value) -> Any:
    """The JSON form of a value. ValueError or TypeError when no variable can hold it, or it is larger
    than PAYLOAD_BYTES_MAX."""
    form = encode_value(value)
    if form is None or type(form) in (bool, int, float):
        return form
    size = len(orjson.dumps(form))
    if size > PAYLOAD_BYTES_MAX:
        raise ValueError(f"RESOURCE_EXHAUSTED: {size} bytes of {PAYLOAD_BYTES_MAX} (PAYLOAD_BYTES_MAX)")
    return form

"""value_views: times, values and versions as people see them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lhredis.api.struct_masks import without_masked_fields
from lhredis.engine.run import SpecVersion
from lhredis.model.native import NATIVE
from lhredis.model.values import MASK, Value, encode_value


def time_view(ms: int | None) -> str | None:
    """RFC 3339 with milliseconds."""
    if ms is None:
        return None
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that hold nothing."""
    return {name: value for name, value in fields.items() if value is not None}


def value_view(value: Value, masked: bool) -> Any:
    """The JSON form of a value; a null shows no secret, and stays null."""
    if value is None:
        return None
    if masked:
        return MASK
    return encode_value(without_masked_fields(value) if type(value) in NATIVE else value)


def version_view(version: SpecVersion) -> dict[str, Any]:
    return {"name": version.name, "major_version": version.major, "revision": version.revision}

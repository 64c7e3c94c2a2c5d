"""task_groups: how far the workers of a task stream have got, as XINFO GROUPS tells it."""

from __future__ import annotations

from typing import Any, NamedTuple

from lhredis.store import keys


class Workers(NamedTuple):
    """The group of a stream: the last entry that any worker was given, and how many they hold now."""

    delivered: str = "0-0"
    claimed: int = 0


def workers_of(groups: Any) -> Workers:
    """Of the reply to XINFO GROUPS; what is not there, a stream or its group, has given nothing away."""
    if groups is None or isinstance(groups, Exception):
        return Workers()
    for group in map(fields_of, groups):
        if group[b"name"] == keys.WORKERS.encode():
            return Workers(group[b"last-delivered-id"].decode(), int(group[b"pending"]))
    return Workers()


def fields_of(row: Any) -> dict[bytes, Any]:
    """A reply's map, as the server or as redis-py gives it."""
    if isinstance(row, dict):
        return {name if isinstance(name, bytes) else name.encode(): value for name, value in row.items()}
    return dict(zip(row[::2], row[1::2], strict=True))

"""versions: definitions of one kind that have numbered versions: `3`, or `<major>.<revision>`.

A version never changes. The number of one that was deleted is never given again, because any
process may have what it stood for in its memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from lhredis.errors import Unavailable
from lhredis.store import keys
from lhredis.store.commands.put_version import put_version
from lhredis.store.epochs import new_epoch

DELETE_TRIES_MAX = 20

_DELETED = "deleted:"

Number = tuple[int, ...]
"""A version: (3,), or (major, revision)."""


class Versions:
    """All versions of the definitions of one kind; the functions name a tenant's hashes: name → newest
    version, and, for one name, version → JSON."""

    def __init__(self, redis: Redis, newest_of: Callable[[str], str], of: Callable[[str, str], str]) -> None:
        self._redis = redis
        self._newest_of = newest_of
        self._of = of

    async def put(self, tenant: str, name: str, number: Number, json: bytes, seen: Number | None) -> bool:
        """Store a version as the newest one, if the newest is still `seen` (None: there was none)."""
        was = text_of(seen) if seen is not None else ""
        newest_of, versions = self._newest_of(tenant), self._of(tenant, name)
        return await put_version(self._redis, tenant, newest_of, versions, name, was, text_of(number), json)

    async def newest(self, tenant: str, names: Sequence[str]) -> dict[str, Number]:
        """The newest version of those of the named ones that exist, in one round trip."""
        if not names:
            return {}
        raw: Any = await self._redis.hmget(self._newest_of(tenant), list(names))
        return {name: number_of(found) for name, found in zip(names, raw, strict=True) if found is not None}

    async def some(
        self, tenant: str, wanted: Sequence[tuple[str, Number]]
    ) -> dict[tuple[str, Number], bytes]:
        """The JSON of those of these versions that exist, in one round trip."""
        if not wanted:
            return {}
        pipeline = self._redis.pipeline(transaction=False)
        for name, number in wanted:
            pipeline.hget(self._of(tenant, name), text_of(number))
        raw = await pipeline.execute()
        return {which: found for which, found in zip(wanted, raw, strict=True) if found is not None}

    async def all_of(self, tenant: str, name: str) -> list[Number]:
        """The versions that there are, the oldest first."""
        fields: Any = await self._redis.hkeys(self._of(tenant, name))
        return sorted(number for number, deleted in _numbers(fields) if not deleted)

    async def used(self, tenant: str, name: str) -> set[Number]:
        """All versions that there ever were, deleted ones included."""
        (numbers,) = (await self.used_of(tenant, [name])).values()
        return numbers

    async def used_of(self, tenant: str, names: Sequence[str]) -> dict[str, set[Number]]:
        """The same of each of these names, in one round trip."""
        if not names:
            return {}
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hkeys(self._of(tenant, name))
        replies = await pipeline.execute()
        return {
            name: {number for number, _ in _numbers(fields)}
            for name, fields in zip(names, replies, strict=True)
        }

    async def names(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[tuple[str, Number]]:
        """The names that start with `prefix`, sorted, each with its newest version; at most `limit` of
        those that follow `after`."""
        raw: Any = await self._redis.hgetall(self._newest_of(tenant))
        newest = {name.decode(): number_of(number) for name, number in raw.items()}
        found = sorted(name for name in newest if name.startswith(prefix))
        first = bisect_right(found, after)
        return [(name, newest[name]) for name in found[first : None if limit is None else first + limit]]

    async def delete(self, tenant: str, name: str, number: Number) -> None:
        """Delete one version; deleting what is not there is fine. Unavailable while others register
        versions of the same name all the time."""
        for _ in range(DELETE_TRIES_MAX):
            try:
                return await self._try_delete(tenant, name, number)
            except WatchError:
                continue
        raise Unavailable(f"{name!r} is being registered by others all the time; try again")

    async def _try_delete(self, tenant: str, name: str, number: Number) -> None:
        """WatchError, and nothing changed, when somebody registers a version at the same time."""
        versions, newest_of = self._of(tenant, name), self._newest_of(tenant)
        async with self._redis.pipeline(transaction=True) as pipeline:
            await pipeline.watch(versions, newest_of)
            others = await self.all_of(tenant, name)
            if number not in others:
                return
            others.remove(number)
            pipeline.multi()  # type: ignore[no-untyped-call]
            pipeline.hdel(versions, text_of(number))
            pipeline.hset(versions, f"{_DELETED}{text_of(number)}", "")
            if others:
                pipeline.hset(newest_of, name, text_of(others[-1]))
            else:
                pipeline.hdel(newest_of, name)
            pipeline.set(keys.metadata_epoch(tenant), new_epoch())
            await pipeline.execute()


def _numbers(fields: Sequence[bytes]) -> list[tuple[Number, bool]]:
    """Every version that ever was, and whether it is deleted."""
    texts = [field.decode() for field in fields]
    return [(number_of(text.removeprefix(_DELETED)), text.startswith(_DELETED)) for text in texts]


def text_of(number: Number) -> str:
    return ".".join(map(str, number))


def number_of(text: str | bytes) -> Number:
    word = text if isinstance(text, str) else text.decode()
    return tuple(map(int, word.split(".")))

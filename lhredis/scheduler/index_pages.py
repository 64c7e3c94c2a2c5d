"""index_pages: walks over an index of every partition that we hold and every tenant, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from redis.asyncio import Redis

from lhredis.store.metadata import Metadata


class Page(NamedTuple):
    """Some of the members of a tenant's index in a partition."""

    partition: int
    tenant: str
    members: list[str]


class IndexPages:
    """`index` names the sorted set of a (partition, tenant); a page has about `size` members. What is there
    during a whole walk is met at least once."""

    def __init__(self, redis: Redis, metadata: Metadata, index: Callable[[int, str], str], size: int) -> None:
        self._redis = redis
        self._metadata = metadata
        self._index = index
        self._size = size
        self._places: list[tuple[int, str]] = []
        self._cursor = 0

    async def take(self, held: Sequence[int]) -> Page | None:
        """The next page; None when we hold nothing, there is no tenant, or its partition is not
        ours any more."""
        if not self._places:
            tenants = await self._metadata.tenants()
            self._places = [(partition, tenant) for partition in held for tenant in tenants]
            if not self._places:
                return None
        partition, tenant = self._places[0]
        if partition not in held:
            self._next_place()
            return None
        rows: Any
        index = self._index(partition, tenant)
        self._cursor, rows = await self._redis.zscan(index, self._cursor, count=self._size)
        if self._cursor == 0:
            self._next_place()
        return Page(partition, tenant, [member.decode() for member, _ in rows])

    def _next_place(self) -> None:
        self._places.pop(0)
        self._cursor = 0

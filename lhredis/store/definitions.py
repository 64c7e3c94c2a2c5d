"""definitions: the definitions of one kind, in a hash for each tenant: found, listed, put, deleted.

Nothing is cached here: what one process put, the next call of any process finds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
from redis.asyncio import Redis

from lhredis.errors import NotFound
from lhredis.model.ids import Model
from lhredis.store import keys
from lhredis.store.commands.put_definition import put_definition
from lhredis.store.epochs import new_epoch

D = TypeVar("D", bound=Model)


class Definitions(Generic[D]):
    """All definitions of the kind that the model `D` is; `key` names a tenant's hash."""

    def __init__(self, redis: Redis, model: type[D], key: Callable[[str], str]) -> None:
        self._redis = redis
        self._model = model
        self._key = key

    async def get(self, tenant: str, name: str) -> D:
        """NotFound."""
        found = (await self.some(tenant, [name])).get(name)
        if found is None:
            raise NotFound(f"there is no {self._model.__name__} {name!r}")
        return found

    async def some(self, tenant: str, names: Iterable[str]) -> dict[str, D]:
        """Those of the named ones that exist, in one round trip."""
        names = list(names)
        if not names:
            return {}
        raw: Any = await self._redis.hmget(self._key(tenant), names)
        return {
            name: self._model.model_validate_json(data)
            for name, data in zip(names, raw, strict=True)
            if data is not None
        }

    async def names(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[str]:
        """The names that start with `prefix`, sorted; at most `limit` of those that follow `after`."""
        raw: Any = await self._redis.hkeys(self._key(tenant))
        found = sorted(name for name in map(bytes.decode, raw) if name.startswith(prefix))
        first = bisect_right(found, after)
        return found[first : None if limit is None else first + limit]

    async def put_new(self, tenant: str, name: str, definition: D) -> D | None:
        """None when it was registered, else the one that has the name, which was not touched."""
        json = orjson.dumps(definition.to_json())
        existing = await put_definition(self._redis, tenant, self._key(tenant), name, json)
        return None if existing is None else self._model.model_validate_json(existing)

    async def put(self, tenant: str, name: str, definition: D) -> None:
        """Register it, in place of one that has the name."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hset(self._key(tenant), name, orjson.dumps(definition.to_json()))
        pipeline.set(keys.metadata_epoch(tenant), new_epoch())
        await pipeline.execute()

    async def delete(self, tenant: str, name: str) -> None:
        """Deleting what is not there is fine."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hdel(self._key(tenant), name)
        pipeline.set(keys.metadata_epoch(tenant), new_epoch())
        await pipeline.execute()


def now_text() -> str:
    """This moment, as RFC 3339 with milliseconds: how definitions tell when they were made."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""struct_defs: StructDefs and their versions. Each call asks Redis, so that it sees every earlier put."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from redis.asyncio import Redis

from lhredis.errors import NotFound
from lhredis.model.ids import StructDefId
from lhredis.model.struct_def import StructDef
from lhredis.model.value_types import NEWEST, StructType
from lhredis.store import keys
from lhredis.store.versions import Versions


class StructDefs:
    """The StructDefs of all tenants."""

    def __init__(self, redis: Redis) -> None:
        self._versions = Versions(redis, keys.struct_defs, keys.struct_def)

    async def put(self, tenant: str, struct_def: StructDef, seen: int | None) -> bool:
        """Store a version as the newest one, if the newest is still `seen` (None: there was none)."""
        was = (seen,) if seen is not None else None
        json = orjson.dumps(struct_def.to_json())
        return await self._versions.put(tenant, struct_def.id.name, (struct_def.id.version,), json, was)

    async def newest(self, tenant: str, names: Iterable[str]) -> dict[str, int]:
        """The newest version of those of the named ones that exist."""
        found = await self._versions.newest(tenant, sorted(set(names)))
        return {name: number[0] for name, number in found.items()}

    async def get(self, tenant: str, name: str, version: int = NEWEST) -> StructDef:
        """A version, the newest one by default. NotFound."""
        if version == NEWEST:
            version = (await self.newest(tenant, [name])).get(name, NEWEST)
        wanted = StructType(name, version)
        found = (await self.some(tenant, [wanted])).get(wanted)
        if found is None:
            raise NotFound(f"there is no StructDef {name!r}" + (f" {version}" if version != NEWEST else ""))
        return found

    async def some(self, tenant: str, types: Iterable[StructType]) -> dict[StructType, StructDef]:
        """Those of the named versions that exist, in one round trip."""
        wanted = sorted({(kind.struct_def, (kind.version,)) for kind in types})
        found = await self._versions.some(tenant, wanted)
        return {
            StructType(name, number[0]): StructDef.model_validate_json(data)
            for (name, number), data in found.items()
        }

    async def used(self, tenant: str, name: str) -> set[int]:
        """All versions that a StructDef ever had, deleted ones included."""
        return {number[0] for number in await self._versions.used(tenant, name)}

    async def versions(self, tenant: str, name: str) -> list[StructDefId]:
        """The versions of a StructDef, the oldest first."""
        return [StructDefId(name=name, version=at[0]) for at in await self._versions.all_of(tenant, name)]

    async def ids(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[StructDefId]:
        """The newest version of each StructDef whose name starts with `prefix`, by name; at most `limit` of
        those that follow `after`."""
        found = await self._versions.names(tenant, prefix, after, limit)
        return [StructDefId(name=name, version=number[0]) for name, number in found]

    async def delete(self, tenant: str, name: str, version: int) -> None:
        """Delete one version; deleting what is not there is fine."""
        await self._versions.delete(tenant, name, (version,))

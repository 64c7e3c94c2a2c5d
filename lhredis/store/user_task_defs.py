"""user_task_defs: UserTaskDefs and their versions. Each call asks Redis: it sees every earlier put."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from redis.asyncio import Redis

from lhredis.errors import NotFound
from lhredis.model.ids import UserTaskDefId
from lhredis.model.user_task_def import UserTaskDef
from lhredis.store import keys
from lhredis.store.versions import Versions


class UserTaskDefs:
    """The UserTaskDefs of all tenants."""

    def __init__(self, redis: Redis) -> None:
        self._versions = Versions(redis, keys.user_task_defs, keys.user_task_def)

    async def put(self, tenant: str, user_task_def: UserTaskDef, seen: int | None) -> bool:
        """Store a version as the newest one, if the newest is still `seen` (None: there was none)."""
        was = (seen,) if seen is not None else None
        json = orjson.dumps(user_task_def.to_json())
        return await self._versions.put(tenant, user_task_def.name, (user_task_def.version,), json, was)

    async def newest(self, tenant: str, names: Iterable[str]) -> dict[str, int]:
        """The newest version of those of the named ones that exist."""
        found = await self._versions.newest(tenant, sorted(set(names)))
        return {name: number[0] for name, number in found.items()}

    async def get(self, tenant: str, name: str, version: int | None = None) -> UserTaskDef:
        """A version, the newest one by default. NotFound."""
        wanted = version if version is not None else (await self.newest(tenant, [name])).get(name)
        found = (await self.some(tenant, [(name, wanted)])) if wanted is not None else {}
        if wanted is None or (name, wanted) not in found:
            which = "" if version is None else f" {version}"
            raise NotFound(f"there is no UserTaskDef {name!r}{which}")
        return found[name, wanted]

    async def some(
        self, tenant: str, wanted: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], UserTaskDef]:
        """Those of the named versions that exist, in one round trip."""
        numbers = sorted({(name, (version,)) for name, version in wanted})
        found = await self._versions.some(tenant, numbers)
        return {
            (name, number[0]): UserTaskDef.model_validate_json(data) for (name, number), data in found.items()
        }

    async def used(self, tenant: str, name: str) -> set[int]:
        """All versions that a UserTaskDef ever had, deleted ones included."""
        return {number[0] for number in await self._versions.used(tenant, name)}

    async def versions(self, tenant: str, name: str) -> list[UserTaskDefId]:
        """The versions of a UserTaskDef, the oldest first."""
        return [UserTaskDefId(name=name, version=at[0]) for at in await self._versions.all_of(tenant, name)]

    async def ids(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[UserTaskDefId]:
        """The newest version of each UserTaskDef whose name starts with `prefix`, by name; at most `limit`
        of those that follow `after`."""
        found = await self._versions.names(tenant, prefix, after, limit)
        return [UserTaskDefId(name=name, version=number[0]) for name, number in found]

    async def delete(self, tenant: str, name: str, version: int) -> None:
        """Delete one version; deleting what is not there is fine."""
        await self._versions.delete(tenant, name, (version,))

"""metadata: TaskDefs and WfSpecs, registered, versioned, and cached in every process.

What events there are (event_defs.py) is asked here, too.

A version of a WfSpec never changes, so a cached one stays right for as long as the database is the same: it
is forgotten with every change of the tenant's epoch. Which version is the newest is asked of Redis every
time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.run import SpecVersion
from lhredis.errors import AlreadyExists, NotFound
from lhredis.model.ids import TaskDefId
from lhredis.model.migration import WorkflowMigrationPlan
from lhredis.model.task_def import PutTaskDefRequest, TaskDef
from lhredis.model.wf_spec import WfSpec
from lhredis.store import keys
from lhredis.store.definitions import Definitions, now_text
from lhredis.store.epochs import epochs_of
from lhredis.store.event_defs import EventDefs
from lhredis.store.metric_series import Series, forget_series
from lhredis.store.recent import Recent
from lhredis.store.struct_defs import StructDefs
from lhredis.store.user_task_defs import UserTaskDefs
from lhredis.store.versions import Versions
from lhredis.store.wire import exchange

WF_SPECS_KEPT_MAX = 2_000
"""Versions of WfSpecs that a process keeps in memory, of all tenants together."""


class Metadata(EventDefs):
    """The definitions of all tenants, as one process knows them."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self._redis = redis
        self._task_defs = Definitions(redis, TaskDef, keys.task_defs)
        self.migration_plans = Definitions(redis, WorkflowMigrationPlan, keys.migration_plans)
        self.struct_defs = StructDefs(redis)
        self.user_task_defs = UserTaskDefs(redis)
        self._versions = Versions(redis, keys.wf_specs, keys.wf_spec)
        self._wf_specs: Recent[tuple[str, SpecVersion], WfSpec] = Recent(WF_SPECS_KEPT_MAX)

    async def put_task_def(self, tenant: str, request: PutTaskDefRequest) -> TaskDef:
        """Register a TaskDef. The same signature again changes nothing; another one is AlreadyExists."""
        task_def = TaskDef(
            id=TaskDefId(name=request.name),
            input_vars=request.input_vars,
            return_type=request.return_type,
            description=request.description,
            created_at=now_text(),
        )
        await self._redis.sadd(keys.queues(), f"{tenant}/{request.name}")
        found = await self._task_defs.put_new(tenant, request.name, task_def)
        if found is None:
            return task_def
        if _signature(found) != _signature(task_def):
            raise AlreadyExists(f"TaskDef [{request.name}] already exists and is immutable.")
        return found

    async def task_def(self, tenant: str, name: str) -> TaskDef:
        return await self._task_defs.get(tenant, name)

    async def task_defs(self, tenant: str, names: Iterable[str]) -> dict[str, TaskDef]:
        """Those of the named TaskDefs that exist."""
        return await self._task_defs.some(tenant, names)

    async def task_def_names(
        self, tenant: str, prefix: str = "", after: str = "", limit: int | None = None
    ) -> list[str]:
        """The names that start with `prefix`, sorted; at most `limit` of those that follow `after`."""
        return await self._task_defs.names(tenant, prefix, after, limit)

    async def queues(self) -> list[tuple[str, str]]:
        """(tenant, TaskDef name) of every task stream that there may be."""
        raw: Any = await self._redis.smembers(keys.queues())
        pairs = [queue.decode().partition("/") for queue in raw]
        return sorted((tenant, name) for tenant, _, name in pairs)

    async def delete_task_def(self, tenant: str, name: str) -> None:
        """Delete it with its metrics; deleting what is not there is fine. Runs that reach it fail with
        TASK_ERROR."""
        await self._task_defs.delete(tenant, name)
        await forget_series(self._redis, Series.of_task_def(tenant, name), _now_ms())

    async def put_wf_spec_version(self, tenant: str, spec: WfSpec, seen: SpecVersion | None) -> bool:
        """Store a version as the newest one, if the newest is still `seen` (None: there was none)."""
        number = (spec.id.major_version, spec.id.revision)
        was = (seen.major, seen.revision) if seen is not None else None
        await self._redis.sadd(keys.tenants(), tenant)
        return await self._versions.put(tenant, spec.id.name, number, orjson.dumps(spec.to_json()), was)

    async def tenants(self) -> list[str]:
        """Every tenant that has ever registered a WfSpec."""
        raw: Any = await self._redis.smembers(keys.tenants())
        return sorted(tenant.decode() for tenant in raw)

    async def newest(self, tenant: str, name: str) -> SpecVersion | None:
        """The newest version of a WfSpec, or None."""
        raw: Any = await self._redis.hget(keys.wf_specs(tenant), name)
        return _version(name, raw) if raw is not None else None

    async def newest_of(self, tenant: str, name: str, major: int | None = None) -> SpecVersion:
        """The newest version of a WfSpec, or the newest revision of a major version. NotFound."""
        if major is None:
            found = await self.newest(tenant, name)
        else:
            versions = await self.wf_spec_versions(tenant, name)
            found = max((version for version in versions if version.major == major), default=None)
        if found is None:
            raise NotFound(
                f"there is no WfSpec {name!r}" + (f" with major version {major}" if major is not None else "")
            )
        return found

    async def wf_spec(self, tenant: str, version: SpecVersion) -> WfSpec:
        """A version of a WfSpec. NotFound."""
        spec = self._wf_specs.get((tenant, version))
        if spec is None:
            raw: Any = await self._redis.hget(
                keys.wf_spec(tenant, version.name), f"{version.major}.{version.revision}"
            )
            if raw is None:
                raise NotFound(f"there is no WfSpec {version.name!r} {version.major}.{version.revision}")
            spec = self._wf_specs[tenant, version] = WfSpec.model_validate_json(raw)
        return spec

    async def wf_spec_names(self, tenant: str) -> list[SpecVersion]:
        """The newest version of every WfSpec, by name."""
        raw: Any = await self._redis.hgetall(keys.wf_specs(tenant))
        return sorted(_version(name.decode(), newest) for name, newest in raw.items())

    async def find_version(
        self, tenant: str, name: str, major: int | None, revision: int | None
    ) -> SpecVersion:
        """The newest version, the newest revision of a major version, or exactly the one named; it is in
        Redis now, whatever this process has cached. NotFound."""
        if major is None or revision is None:
            return await self.newest_of(tenant, name, major)
        if not await self._redis.hexists(keys.wf_spec(tenant, name), f"{major}.{revision}"):
            raise NotFound(f"there is no WfSpec {name!r} {major}.{revision}")
        return SpecVersion(name, major, revision)

    async def wf_spec_versions(self, tenant: str, name: str) -> list[SpecVersion]:
        """All versions of a WfSpec that there are, the oldest first."""
        return [SpecVersion(name, *number) for number in await self._versions.all_of(tenant, name)]

    async def used_numbers(self, tenant: str, name: str) -> set[tuple[int, int]]:
        """(major, revision) of all versions that a WfSpec ever had, deleted ones included."""
        return {(number[0], number[1]) for number in await self._versions.used(tenant, name)}

    async def used_versions(self, tenant: str, name: str | None = None) -> list[SpecVersion]:
        """All versions that a WfSpec ever had, deleted ones included, by name and number; without a name
        those of all WfSpecs, also of those that are gone altogether."""
        names = [name] if name is not None else await self._used_names(tenant)
        used = await self._versions.used_of(tenant, names)
        return [SpecVersion(name, *number) for name in names for number in sorted(used[name])]

    async def _used_names(self, tenant: str) -> list[str]:
        newest, gone = await exchange(
            self._redis,
            [("HKEYS", keys.wf_specs(tenant)), ("SMEMBERS", keys.deleted_wf_specs(tenant))],
        )
        return sorted({name.decode() for name in (*newest, *gone)})

    async def delete_wf_spec(self, tenant: str, version: SpecVersion) -> None:
        """Delete one version with its metrics; deleting what is not there is fine. What happens to its runs
        is set aside from then on."""
        if await self._redis.hexists(
            keys.wf_spec(tenant, version.name), f"{version.major}.{version.revision}"
        ):
            await self._redis.sadd(keys.deleted_wf_specs(tenant), version.name)
        await self._versions.delete(tenant, version.name, (version.major, version.revision))
        await forget_series(self._redis, Series.of_wf_spec(tenant, *version), _now_ms())
        self._wf_specs.pop((tenant, version), None)

    @property
    def tenants_cached(self) -> set[str]:
        """The tenants of whom something is cached here."""
        return {tenant for tenant, _ in self._wf_specs}

    def forget(self, tenant: str) -> None:
        """Its definitions have changed: what is cached of them may be of a database that was emptied, or went
        back to what it was before."""
        for version in [key for key in self._wf_specs if key[0] == tenant]:
            del self._wf_specs[version]

    async def epoch(self, tenant: str) -> int:
        """Another one after every change of the tenant's definitions."""
        (epoch,) = await self.epochs([tenant])
        return epoch

    async def epochs(self, tenants: Sequence[str]) -> list[int]:
        """The same of each of these tenants, in one round trip."""
        return await epochs_of(self._redis, tenants)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _signature(task_def: TaskDef) -> bytes:
    """As JSON, because to Python a default of 1 equals one of 1.0 or True."""
    return orjson.dumps(task_def.model_dump(mode="json", include={"input_vars", "return_type"}))


def _version(name: str, raw: bytes) -> SpecVersion:
    major, _, revision = raw.decode().partition(".")
    return SpecVersion(name, int(major), int(revision))

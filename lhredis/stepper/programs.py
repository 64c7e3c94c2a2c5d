"""programs: compiled WfSpecs and what else steps look up, cached in every process that steps runs.

A tenant's epoch is another one after every change of its definitions: what was looked up under an older one
is looked up again, because a TaskDef may have been deleted, or a WfSpec have a newer version.
"""

from __future__ import annotations

from collections.abc import Iterable

from lhredis.engine.definitions import Definitions, names_in
from lhredis.engine.program import Program, compile_wf_spec
from lhredis.engine.run import SpecVersion
from lhredis.engine.world import FateOf, Need, NewestOf, ProgramOf, TaskDefOf, Unknown
from lhredis.errors import NotFound
from lhredis.model.struct_def import StructDef
from lhredis.model.task_def import TaskDef
from lhredis.model.value_types import StructType
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec
from lhredis.stepper.struct_types import struct_defs_of
from lhredis.store.metadata import Metadata
from lhredis.store.recent import Recent

PROGRAMS_MAX = 2_000
"""Programs that a process keeps of one tenant: many more than one tree of runs can need for a step."""

NAMES_MAX = 10_000
"""Names of WfSpecs and TaskDefs that were asked for while runs moved, there or not."""


class TenantWorld:
    """The World of one tenant (engine/world.py): answers from memory, under one epoch."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.programs: Recent[SpecVersion, Program] = Recent(PROGRAMS_MAX)
        self.gone: Recent[SpecVersion, bool] = Recent(NAMES_MAX)
        self.versions: Recent[tuple[str, int | None], SpecVersion | None] = Recent(NAMES_MAX)
        self.task_defs: Recent[str, TaskDef | None] = Recent(NAMES_MAX)
        self.struct_defs: dict[StructType, StructDef] = {}

    def program(self, version: SpecVersion) -> Program:
        try:
            return self.programs[version]
        except KeyError:
            raise Unknown(ProgramOf(version)) from None

    def is_gone(self, version: SpecVersion) -> bool:
        if version in self.programs:
            return False
        try:
            return self.gone[version]
        except KeyError:
            raise Unknown(FateOf(version)) from None

    def newest(self, name: str, major: int | None) -> SpecVersion | None:
        try:
            return self.versions[name, major]
        except KeyError:
            raise Unknown(NewestOf(name, major)) from None

    def task_def(self, name: str) -> TaskDef | None:
        try:
            return self.task_defs[name]
        except KeyError:
            raise Unknown(TaskDefOf(name)) from None

    def forget(self, epoch: int) -> None:
        """Definitions changed: everything is looked up again when it is needed."""
        self.epoch = epoch
        self.programs.clear()
        self.gone.clear()
        self.versions.clear()
        self.task_defs.clear()
        self.struct_defs.clear()


class Programs:
    """The worlds of all tenants. Learns of other processes' changes by `refresh`."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._worlds: dict[str, TenantWorld] = {}

    def world(self, tenant: str) -> TenantWorld:
        """What is known of a tenant's definitions now."""
        world = self._worlds.get(tenant)
        if world is None:
            world = self._worlds[tenant] = TenantWorld()
        return world

    async def fetch(self, tenant: str, need: Need) -> None:
        """Find out what a step asked for. NotFound when it needs a program whose WfSpec is gone."""
        world = self.world(tenant)
        if isinstance(need, ProgramOf):
            await self.of(tenant, need.version)
        elif isinstance(need, FateOf):
            try:
                await self.of(tenant, need.version)
            except NotFound:
                world.gone[need.version] = True
            else:
                world.gone[need.version] = False
        elif isinstance(need, NewestOf):
            try:
                found = await self._metadata.newest_of(tenant, need.name, need.major)
            except NotFound:
                world.versions[need.name, need.major] = None
            else:
                world.versions[need.name, need.major] = found
        elif isinstance(need, TaskDefOf):
            found_defs = await self._metadata.task_defs(tenant, [need.name])
            world.struct_defs |= await struct_defs_of(self._metadata, tenant, found_defs)
            world.task_defs[need.name] = found_defs.get(need.name)
        else:
            raise TypeError(f"not a definition: {need!r}")

    async def of(self, tenant: str, version: SpecVersion) -> Program:
        """The program of a version of a WfSpec, compiled now if need be. NotFound."""
        world = self.world(tenant)
        program = world.programs.get(version)
        if program is None:
            if world.epoch is None:
                world.epoch = await self._metadata.epoch(tenant)
            spec = await self._metadata.wf_spec(tenant, version)
            definitions = await definitions_of(self._metadata, tenant, spec)
            program = world.programs[version] = compile_wf_spec(spec, definitions, strict=False)
        return program

    async def refresh(self) -> None:
        """Look for changes of definitions of every tenant that this process has met."""
        await self.look(self._worlds.keys() | self._metadata.tenants_cached)

    async def before_steps(self) -> None:
        """Make sure that versions and TaskDefs that were found by name are still those of now."""
        named = [tenant for tenant, world in self._worlds.items() if world.versions or world.task_defs]
        if named:
            await self.look(named)

    async def look(self, tenants: Iterable[str]) -> None:
        """Make sure that what is known of these tenants' definitions is what they are now."""
        known = list(tenants)
        for tenant, epoch in zip(known, await self._metadata.epochs(known), strict=True):
            world = self.world(tenant)
            if epoch != world.epoch:
                world.forget(epoch)
                self._metadata.forget(tenant)


async def definitions_of(metadata: Metadata, tenant: str, spec: PutWfSpecRequest | WfSpec) -> Definitions:
    """The definitions that exist of those that a spec names, but for children and parent."""
    names = names_in(spec)
    task_defs = await metadata.task_defs(tenant, names.task_defs)
    external = await metadata.external_event_defs(tenant, names.external_event_defs)
    workflow = await metadata.workflow_event_defs(tenant, names.workflow_event_defs)
    struct_defs = await struct_defs_of(metadata, tenant, spec, task_defs, external, workflow)
    user_task_defs = await metadata.user_task_defs.some(tenant, names.user_task_defs)
    return Definitions(task_defs, external, workflow, struct_defs, user_task_defs)

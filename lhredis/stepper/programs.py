"""programs: compiled WfSpecs, cached in every process that steps runs.

A tenant's epoch grows with every change of its definitions: programs compiled under an older one
are compiled again, because a TaskDef may have been deleted.
"""

from __future__ import annotations

from lhredis.engine.program import Program, compile_wf_spec, task_def_names
from lhredis.engine.run import SpecVersion
from lhredis.store.metadata import Metadata


class Programs:
    """The programs of all tenants. Learns of other processes' changes by `refresh`."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata
        self._programs: dict[tuple[str, SpecVersion], tuple[int, Program]] = {}
        self._epochs: dict[str, int] = {}

    async def of(self, tenant: str, version: SpecVersion) -> Program:
        """The program of a version of a WfSpec, compiled now if need be. NotFound."""
        cached = self.cached(tenant, version)
        if cached is not None:
            return cached
        epoch = self._epochs.get(tenant)
        if epoch is None:
            epoch = self._epochs[tenant] = await self._metadata.epoch(tenant)
        spec = await self._metadata.wf_spec(tenant, version)
        task_defs = await self._metadata.task_defs(tenant, task_def_names(spec.thread_specs))
        program = compile_wf_spec(spec.thread_specs, spec.entrypoint_thread_name, task_defs, strict=False)
        self._programs[tenant, version] = (epoch, program)
        return program

    def cached(self, tenant: str, version: SpecVersion) -> Program | None:
        """The program, when this process has an up-to-date one."""
        found = self._programs.get((tenant, version))
        return found[1] if found is not None and found[0] == self._epochs.get(tenant) else None

    async def refresh(self) -> None:
        """Look for changes of definitions of every tenant that this process has met."""
        for tenant in list(self._epochs):
            self._epochs[tenant] = await self._metadata.epoch(tenant)

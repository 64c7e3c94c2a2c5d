"""registration: a WfSpec is checked, compared with its newest version, and stored as a new one."""

from __future__ import annotations

from lhredis.engine.program import compile_wf_spec, task_def_names
from lhredis.engine.versions import frozen_variables, next_version, same_spec
from lhredis.errors import AlreadyExists, Unavailable
from lhredis.model.enums import AllowedUpdateType
from lhredis.model.ids import WfSpecId
from lhredis.model.types import ThreadVarDef
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec
from lhredis.stepper.programs import Programs
from lhredis.store.definitions import now_text
from lhredis.store.metadata import Metadata

TRIES_MAX = 20
"""How often registration starts over because others registered the same WfSpec meanwhile."""


async def register_wf_spec(
    metadata: Metadata, programs: Programs, tenant: str, request: PutWfSpecRequest
) -> WfSpec:
    """Register a WfSpec as the newest version; when nothing changed, return the newest one.

    InvalidSpec with every problem; AlreadyExists or FailedPrecondition when `allowed_updates` forbids
    the change; InvalidArgument when a frozen variable changes its type (features.md 21).
    """
    for _ in range(TRIES_MAX):
        spec = await _try(metadata, programs, tenant, request)
        if spec is not None:
            return spec
    raise Unavailable(f"WfSpec {request.name!r} is being registered by others all the time; try again")


async def _try(
    metadata: Metadata, programs: Programs, tenant: str, request: PutWfSpecRequest
) -> WfSpec | None:
    """None when another process registered a version at the same time."""
    task_defs = await metadata.task_defs(tenant, task_def_names(request.thread_specs))
    program = compile_wf_spec(request.thread_specs, request.entrypoint_thread_name, task_defs, strict=True)
    seen = await metadata.newest(tenant, request.name)
    used = await metadata.used_numbers(tenant, request.name)
    before = frozen = None
    if seen is not None:
        newest = await metadata.wf_spec(tenant, seen)
        if same_spec(newest, request):
            return newest
        if request.allowed_updates is AllowedUpdateType.NO_UPDATES:
            raise AlreadyExists("WfSpec already exists.")
        before, frozen = (newest, await programs.of(tenant, seen)), newest.frozen_variables
    frozen_now: tuple[ThreadVarDef, ...] = frozen_variables(request, frozen or ())
    major, revision = next_version(before, used, request, program)
    spec = WfSpec(
        id=WfSpecId(name=request.name, major_version=major, revision=revision),
        created_at=now_text(),
        thread_specs=request.thread_specs,
        entrypoint_thread_name=request.entrypoint_thread_name,
        frozen_variables=frozen_now,
    )
    return spec if await metadata.put_wf_spec_version(tenant, spec, seen) else None

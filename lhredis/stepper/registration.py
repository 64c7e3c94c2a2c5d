"""registration: a WfSpec is checked, compared with its newest version, and stored as a new one."""

from __future__ import annotations

from dataclasses import replace

from lhredis.engine.definitions import Definitions, names_in
from lhredis.engine.program import compile_wf_spec
from lhredis.engine.specs.versions import frozen_variables, next_version, same_spec
from lhredis.errors import AlreadyExists, NotFound, Unavailable
from lhredis.model.enums import AllowedUpdateType
from lhredis.model.ids import WfSpecId
from lhredis.model.types import ThreadVarDef
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec
from lhredis.stepper.programs import Programs, definitions_of
from lhredis.stepper.struct_types import pin
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
    request = await _pinned(metadata, tenant, await pin(metadata, tenant, request))
    definitions = await _definitions(metadata, programs, tenant, request)
    program = compile_wf_spec(request, definitions, strict=True)
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
        parent_wf_spec=request.parent_wf_spec,
        retention_policy=request.retention_policy,
        frozen_variables=frozen_now,
    )
    return spec if await metadata.put_wf_spec_version(tenant, spec, seen) else None


async def _pinned(metadata: Metadata, tenant: str, request: PutWfSpecRequest) -> PutWfSpecRequest:
    """The request with the versions of now where it names WfSpecs and UserTaskDefs without one
    (features.md 14, 15)."""

    async def newest_major(name: str) -> int | None:
        seen = await metadata.newest(tenant, name)
        return seen.major if seen is not None else None

    threads = dict(request.thread_specs)
    for thread_name, thread in threads.items():
        nodes = dict(thread.nodes)
        for node_name, node in nodes.items():
            child = node.run_child_wf
            if child is not None and child.wf_spec_name is not None and child.major_version is None:
                major = await newest_major(child.wf_spec_name)
                pinned = child.model_copy(update={"major_version": major})
                nodes[node_name] = node.model_copy(update={"run_child_wf": pinned})
            form = node.user_task
            if form is not None and form.user_task_def_version is None:
                name = form.user_task_def_name
                versions = await metadata.user_task_defs.newest(tenant, [name])
                filled = form.model_copy(update={"user_task_def_version": versions.get(name)})
                nodes[node_name] = node.model_copy(update={"user_task": filled})
        threads[thread_name] = thread.model_copy(update={"nodes": nodes})
    parent = request.parent_wf_spec
    if parent is not None and parent.wf_spec_major_version is None:
        major = await newest_major(parent.wf_spec_name)
        parent = parent.model_copy(update={"wf_spec_major_version": major})
    return request.model_copy(update={"thread_specs": threads, "parent_wf_spec": parent})


async def _definitions(
    metadata: Metadata, programs: Programs, tenant: str, request: PutWfSpecRequest
) -> Definitions:
    """What the spec names, with the children and the parent that only its registration checks."""
    names = names_in(request)
    definitions = await definitions_of(metadata, tenant, request)
    children = {}
    for name, major in names.children:
        try:
            version = await metadata.newest_of(tenant, name, major)
        except NotFound:
            continue
        children[name, major] = await programs.of(tenant, version)
    parent = request.parent_wf_spec
    if parent is None:
        return replace(definitions, children=children)
    try:
        version = await metadata.newest_of(tenant, parent.wf_spec_name, parent.wf_spec_major_version)
    except NotFound:
        return replace(definitions, children=children)
    return replace(definitions, children=children, parent=await metadata.wf_spec(tenant, version))

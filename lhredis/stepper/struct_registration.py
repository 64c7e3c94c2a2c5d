"""struct_registration: a StructDef is checked, compared with its newest version, and stored as a new one."""

from __future__ import annotations

from lhredis.engine.specs.struct_evolution import forbidden_changes, same_struct_def, struct_def_problems
from lhredis.errors import InvalidArgument, InvalidSpec, Unavailable
from lhredis.model.enums import StructDefCompatibilityType
from lhredis.model.ids import StructDefId
from lhredis.model.struct_def import (
    PutStructDefRequest,
    StructDef,
    StructDefEvolution,
    ValidateStructDefEvolutionRequest,
)
from lhredis.model.types import InlineStructDef
from lhredis.stepper.struct_types import pin, struct_defs_of, versions_in
from lhredis.store.definitions import now_text
from lhredis.store.metadata import Metadata

TRIES_MAX = 20
"""How often registration starts over because others registered the same StructDef meanwhile."""


async def register_struct_def(metadata: Metadata, tenant: str, request: PutStructDefRequest) -> StructDef:
    """Register a StructDef as the newest version; when nothing changed, return the newest one.

    InvalidSpec with every problem; InvalidArgument lists the fields that may not change (features.md 6).
    """
    for _ in range(TRIES_MAX):
        struct_def = await _try(metadata, tenant, request)
        if struct_def is not None:
            return struct_def
    raise Unavailable(f"StructDef {request.name!r} is being registered by others all the time; try again")


async def _try(metadata: Metadata, tenant: str, request: PutStructDefRequest) -> StructDef | None:
    """None when another process registered a version at the same time."""
    newest = await _newest(metadata, tenant, request.name)
    request = await _pinned(metadata, tenant, request, newest)
    await _check(metadata, tenant, request.struct_def)
    if newest is not None:
        if same_struct_def(newest, request):
            return newest
        forbidden = forbidden_changes(newest.struct_def, request.struct_def, request.allowed_updates)
        if forbidden:
            raise InvalidArgument(
                f"StructDef {request.name!r} has a version {newest.id.version} already, and "
                f"{request.allowed_updates.name} does not allow these changes of its fields: "
                f"[{', '.join(forbidden)}]"
            )
    version = max(await metadata.struct_defs.used(tenant, request.name), default=-1) + 1
    struct_def = StructDef(
        id=StructDefId(name=request.name, version=version),
        struct_def=request.struct_def,
        description=request.description,
        created_at=now_text(),
    )
    seen = newest.id.version if newest is not None else None
    return struct_def if await metadata.struct_defs.put(tenant, struct_def, seen) else None


async def validate_evolution(
    metadata: Metadata, tenant: str, request: ValidateStructDefEvolutionRequest
) -> StructDefEvolution:
    """What registering would say, without doing it. NotFound; InvalidSpec when it is no StructDef."""
    asked = request.struct_def_id
    before = await metadata.struct_defs.get(tenant, asked.name, asked.version)
    put = PutStructDefRequest(
        name=asked.name, struct_def=request.struct_def, allowed_updates=request.compatibility_type
    )
    put = await _pinned(metadata, tenant, put, before)
    await _check(metadata, tenant, put.struct_def)
    forbidden = forbidden_changes(before.struct_def, put.struct_def, request.compatibility_type)
    return StructDefEvolution(is_valid=not forbidden, fields=tuple(forbidden))


async def _newest(metadata: Metadata, tenant: str, name: str) -> StructDef | None:
    version = (await metadata.struct_defs.newest(tenant, [name])).get(name)
    return await metadata.struct_defs.get(tenant, name, version) if version is not None else None


async def _pinned(
    metadata: Metadata, tenant: str, request: PutStructDefRequest, newest: StructDef | None
) -> PutStructDefRequest:
    """Where the fields may not change, the StructDefs that they name without a version stay what they are."""
    stays = request.allowed_updates is StructDefCompatibilityType.NO_SCHEMA_UPDATES
    known = versions_in(newest.struct_def) if newest is not None and stays else None
    return await pin(metadata, tenant, request, known)


async def _check(metadata: Metadata, tenant: str, struct: InlineStructDef) -> None:
    problems = struct_def_problems(struct, await struct_defs_of(metadata, tenant, struct), "struct_def")
    if problems:
        raise InvalidSpec(problems)

"""struct_types: find the StructDefs that definitions name, and fix the versions that they leave open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from lhredis.engine.language.types import unknown_struct_def
from lhredis.engine.specs.references import pinned, struct_types
from lhredis.errors import InvalidArgument
from lhredis.model.ids import Model
from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.struct_def import StructDef
from lhredis.model.value_types import NEWEST, StructType
from lhredis.store.metadata import Metadata

M = TypeVar("M", bound=Model)


async def pin(metadata: Metadata, tenant: str, definition: M, known: Mapping[str, int] | None = None) -> M:
    """The definition with the newest version of every StructDef that it names without one, or with the
    version that is `known` already. Names of StructDefs that are not there stay as they are."""
    known = known or {}
    open_names = {kind.struct_def for kind in struct_types(definition) if kind.version == NEWEST}
    if not open_names:
        return definition
    newest = await metadata.struct_defs.newest(tenant, open_names - known.keys())
    return pinned(definition, {**newest, **known})


def versions_in(definition: Model | None) -> dict[str, int]:
    """The version of each StructDef that a definition names."""
    return {kind.struct_def: kind.version for kind in struct_types(definition)}


def named_in(definition: Model) -> tuple[StructType, ...]:
    """The StructDefs that a definition names, each once: what `struct_defs_of` takes in its place."""
    return tuple(set(struct_types(definition)))


async def struct_defs_of(metadata: Metadata, tenant: str, *parts: object) -> dict[StructType, StructDef]:
    """The StructDefs that exist of those that these definitions name, and of those that they name in
    turn. Nothing is asked of Redis when there are none."""
    found: dict[StructType, StructDef] = {}
    wanted = {kind for part in parts for kind in struct_types(part)}
    for _ in range(NATIVE_DEPTH_MAX):
        wanted = {kind for kind in wanted if kind.version != NEWEST} - found.keys()
        if not wanted:
            break
        new = await metadata.struct_defs.some(tenant, wanted)
        found |= new
        wanted = {kind for one in new.values() for kind in struct_types(one.struct_def)}
    return found


async def pin_known(
    metadata: Metadata,
    tenant: str,
    definition: M,
    before: Callable[[], Awaitable[Model | None]] | None = None,
) -> M:
    """As `pin`, for a definition that may be there already: the versions that it has `before` stay, so that
    registering it again changes nothing. InvalidArgument names the StructDefs that are not there."""
    if not any(True for _ in struct_types(definition)):
        return definition
    definition = await pin(metadata, tenant, definition, versions_in(await before() if before else None))
    missing = set(struct_types(definition)) - (await struct_defs_of(metadata, tenant, definition)).keys()
    if missing:
        raise InvalidArgument("; ".join(sorted(unknown_struct_def(kind) for kind in missing)))
    return definition

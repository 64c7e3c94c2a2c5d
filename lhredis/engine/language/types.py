"""types: resolve the types of definitions: a StructType gets the fields of its StructDef.

What a value needs to be checked against its type is in the type itself, so that the engine looks
nothing up while a run moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lhredis.engine.language.values import coerce
from lhredis.model.struct_def import StructDef
from lhredis.model.value_types import ArrayType, FieldType, InlineStructType, MapType, StructType, ValueType

StructDefs = Mapping[StructType, StructDef]
"""StructDefs by name and version."""


def resolve(kind: ValueType, struct_defs: StructDefs, unknown: list[StructType]) -> ValueType:
    """The type with the fields of every StructDef in it. Those that are not there are put on `unknown`, and
    stay as they are."""
    if isinstance(kind, ArrayType):
        return ArrayType(resolve(kind.element, struct_defs, unknown))
    if isinstance(kind, MapType):
        return MapType(kind.key, resolve(kind.value, struct_defs, unknown))
    if isinstance(kind, InlineStructType):
        return InlineStructType.of(*_resolved(kind.fields, struct_defs, unknown))
    if isinstance(kind, StructType):
        found = struct_defs.get(kind)
        if found is None:
            unknown.append(kind)
            return kind
        fields = _resolved(found.struct_def.field_types, struct_defs, unknown)
        return StructType(kind.struct_def, found.id.version, fields)
    return kind


def _resolved(
    fields: tuple[FieldType, ...], struct_defs: StructDefs, unknown: list[StructType]
) -> tuple[FieldType, ...]:
    resolved = []
    for field in fields:
        kind = resolve(field.type, struct_defs, unknown)
        default = coerce(field.default, kind) if not unknown else field.default
        resolved.append(replace(field, type=kind, default=default))
    return tuple(resolved)


def unknown_struct_def(kind: StructType) -> str:
    """What is said of a StructDef that is not there."""
    version = f" {kind.version}" if kind.version >= 0 else ""
    return f"could not find StructDef {kind.struct_def!r}{version}"

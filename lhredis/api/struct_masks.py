"""struct_masks: the fields of Structs that people must not see."""

from __future__ import annotations

from collections.abc import Mapping

from lhredis.model.assignments import LHPath, Selector
from lhredis.model.ids import StructDefId
from lhredis.model.native import Array, Map, Struct
from lhredis.model.struct_def import StructDef
from lhredis.model.types import InlineStructDef, TypeDefinition
from lhredis.model.value_types import StructType
from lhredis.model.values import MASK, Value

StructDefs = Mapping[StructType, StructDef]


def without_masked_fields(value: Value) -> Value:
    """The value with `*****` in place of what its Structs say is masked, however deep; a null stays."""
    if isinstance(value, Struct):
        shown = {
            name: MASK if name in value.masked and of is not None else without_masked_fields(of)
            for name, of in value.fields.items()
        }
        return Struct(value.struct_def, shown, value.version, value.masked)
    if isinstance(value, Array):
        return Array(value.type.element, [without_masked_fields(item) for item in value.items])
    if isinstance(value, Map):
        entries = {key: without_masked_fields(of) for key, of in value.entries.items()}
        return Map(value.type.key, value.type.value, entries)
    return value


def masked_fields_in(value: Value) -> list[Value]:
    """The values of all fields that are masked, however deep."""
    if isinstance(value, Struct):
        found = [of for name, of in value.fields.items() if name in value.masked]
        return found + [each for of in value.fields.values() for each in masked_fields_in(of)]
    if isinstance(value, Array | Map):
        inside = value.items if isinstance(value, Array) else value.entries.values()
        return [each for of in inside for each in masked_fields_in(of)]
    return []


def has_masked_fields(kind: TypeDefinition, struct_defs: StructDefs) -> bool:
    """Can a value of this type have masked fields? One whose StructDef was deleted can."""
    if kind.inline_array_def is not None:
        return has_masked_fields(kind.inline_array_def.array_type, struct_defs)
    if kind.inline_map_def is not None:
        return has_masked_fields(kind.inline_map_def.value_type, struct_defs)
    fields = _fields(kind, struct_defs)
    if fields is None:
        return kind.struct_def_id is not None
    return any(
        field.field_type.masked or has_masked_fields(field.field_type, struct_defs)
        for field in fields.fields.values()
    )


def at_path(
    kind: TypeDefinition, path: LHPath, struct_defs: StructDefs
) -> tuple[bool, TypeDefinition | None]:
    """Does the path lead through a masked field, or may it? And the type of what is there, if known."""
    for selector in path.path:
        if kind.inline_array_def is not None:
            kind = kind.inline_array_def.array_type
        elif kind.inline_map_def is not None:
            kind = kind.inline_map_def.value_type
        elif kind.struct_def_id is not None or kind.inline_struct_def is not None:
            found = _field(kind, selector, struct_defs)
            if found is None:
                return has_masked_fields(kind, struct_defs), None
            if found.masked:
                return True, found
            kind = found
        else:
            return False, None
    return False, kind


def _field(kind: TypeDefinition, selector: Selector, struct_defs: StructDefs) -> TypeDefinition | None:
    fields = _fields(kind, struct_defs)
    found = fields.fields.get(selector.key or "") if fields is not None else None
    return found.field_type if found is not None else None


def _fields(kind: TypeDefinition, struct_defs: StructDefs) -> InlineStructDef | None:
    named: StructDefId | None = kind.struct_def_id
    if named is None:
        return kind.inline_struct_def
    found = struct_defs.get(StructType(named.name, named.version))
    return found.struct_def if found is not None else None

"""struct_evolution: what a StructDef may be, and how one version may differ from the one before."""

from __future__ import annotations

import re

import orjson

from lhredis.engine.language.kinds import VarSubError
from lhredis.engine.language.types import StructDefs, resolve, unknown_struct_def
from lhredis.engine.language.values import coerce
from lhredis.errors import Problem
from lhredis.model.enums import StructDefCompatibilityType, VariableType
from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.struct_def import PutStructDefRequest, StructDef
from lhredis.model.types import InlineStructDef, StructFieldDef
from lhredis.model.value_types import (
    ArrayType,
    InlineStructType,
    MapType,
    StructType,
    ValueType,
    depth_of,
    unversioned,
)

_OTHER = re.compile(r"[^A-Za-z0-9]", re.ASCII)


def struct_def_problems(struct: InlineStructDef, struct_defs: StructDefs, path: str) -> list[Problem]:
    """Everything that is wrong with the fields of a StructDef. `struct_defs` are those that exist of what
    its fields name."""
    problems = []
    for name, field in struct.fields.items():
        at = f"{path}.fields.{name}"
        reasons = [_name_problem(name), _json_problem(field.field_type.value_type)]
        reasons += _type_problems(field, struct_defs)
        problems += [Problem(at, reason) for reason in reasons if reason is not None]
        if field.field_type.inline_struct_def is not None:
            inside = f"{at}.field_type.inline_struct_def"
            problems += struct_def_problems(field.field_type.inline_struct_def, struct_defs, inside)
    return problems


def _name_problem(name: str) -> str | None:
    """Why this cannot be the name of a field."""
    if not name:
        return "a field has a name: letters and digits, a small letter first"
    other = _OTHER.search(name)
    if other is not None:
        return f"the name of a field is letters and digits (brandName); {name!r} has a {other[0]!r}"
    if name[0].isdigit():
        return f"the name of a field starts with a letter; {name!r} starts with a digit"
    if name[0].isupper():
        return f"the name of a field starts with a small letter; {name!r} starts with a capital one"
    return None


def _json_problem(kind: ValueType) -> str | None:
    """JSON has no type inside; a StructDef tells all of its types."""
    if isinstance(kind, ArrayType):
        return _json_problem(kind.element)
    if isinstance(kind, MapType):
        return _json_problem(kind.value)
    if isinstance(kind, InlineStructType):
        found = (_json_problem(of) for _, of in kind.shape)
        return next((problem for problem in found if problem is not None), None)
    if kind in (VariableType.JSON_OBJ, VariableType.JSON_ARR):
        instead = "a Struct or a Map" if kind is VariableType.JSON_OBJ else "an Array"
        return f"{kind.name} is not allowed in a StructDef; use {instead}"
    return None


def _type_problems(field: StructFieldDef, struct_defs: StructDefs) -> list[str]:
    unknown: list[StructType] = []
    kind = resolve(field.field_type.value_type, struct_defs, unknown)
    if unknown:
        return [unknown_struct_def(one) for one in unknown]
    if depth_of(kind) >= NATIVE_DEPTH_MAX:
        return [f"structs, arrays and maps nest at most {NATIVE_DEPTH_MAX} levels deep"]
    try:
        coerce(field.default_value, kind)
    except VarSubError as error:
        return [f"the default does not fit: {error}"]
    return []


def same_struct_def(newest: StructDef, request: PutStructDefRequest) -> bool:
    """Would registering the request change nothing?"""
    return newest.description == request.description and _json(newest.struct_def) == _json(request.struct_def)


def _json(struct: InlineStructDef | StructFieldDef) -> bytes:
    """As JSON, because to Python a default of 1 equals one of 1.0 or True."""
    given = struct.model_dump(mode="json")
    if isinstance(struct, InlineStructDef):
        for name, field in struct.fields.items():
            given["fields"][name]["required"] = field.required
    return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)


def forbidden_changes(
    before: InlineStructDef, after: InlineStructDef, allowed: StructDefCompatibilityType
) -> list[str]:
    """The fields whose change is not allowed, sorted. Descriptions and masks may always change; when
    FULLY_COMPATIBLE, fields that may be left out can come and go."""
    changed = [
        name
        for name in before.fields.keys() | after.fields.keys()
        if not _may_change(before.fields.get(name), after.fields.get(name), allowed)
    ]
    return sorted(changed)


def _may_change(
    before: StructFieldDef | None, after: StructFieldDef | None, allowed: StructDefCompatibilityType
) -> bool:
    strictly = allowed is StructDefCompatibilityType.NO_SCHEMA_UPDATES
    if before is None or after is None:
        one = before or after
        assert one is not None
        return not strictly and not one.required
    kinds = before.field_type.value_type, after.field_type.value_type
    if strictly:
        return kinds[0] == kinds[1] and _use(before) == _use(after) and _default(before) == _default(after)
    return unversioned(kinds[0]) == unversioned(kinds[1]) and _use(before) == _use(after)


def _use(field: StructFieldDef) -> tuple[bool, bool]:
    return field.required, field.is_nullable


def _default(field: StructFieldDef) -> bytes:
    return orjson.dumps(field.model_dump(mode="json", include={"default_value"}))

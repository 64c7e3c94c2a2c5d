"""references: the StructDefs that a definition names, and the same definition with their versions fixed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from lhredis.model.ids import Model, StructDefId
from lhredis.model.native import Array, Map, Struct
from lhredis.model.value_types import NEWEST, StructType

M = TypeVar("M", bound=Model)


def struct_types(part: Any) -> Iterator[StructType]:
    """Every StructDef that a model, or some, name: in types, in builders and in values. Those that
    StructDefs name in turn are not among them."""
    if isinstance(part, StructDefId):
        yield StructType(part.name, part.version)
    elif isinstance(part, StructType):
        yield part
    elif isinstance(part, Model):
        for name in part.model_fields_set:
            yield from struct_types(getattr(part, name))
    elif isinstance(part, Struct):
        if part.struct_def is not None:
            yield StructType(part.struct_def, part.version)
        yield from struct_types(part.fields)
    elif isinstance(part, Array | Map):
        yield from struct_types(part.items if isinstance(part, Array) else tuple(part.entries.values()))
    elif type(part) is tuple:
        for item in part:
            yield from struct_types(item)
    elif type(part) is dict:
        for item in part.values():
            yield from struct_types(item)


def pinned(part: M, versions: Mapping[str, int]) -> M:
    """The same model, with the version of every StructDef that is named without one. Names that are not in
    `versions` stay as they are."""
    return _pinned(part, versions)  # type: ignore[no-any-return]


def _pinned(part: Any, versions: Mapping[str, int]) -> Any:
    if isinstance(part, StructDefId):
        if part.version != NEWEST or part.name not in versions:
            return part
        return StructDefId(name=part.name, version=versions[part.name])
    if isinstance(part, Model):
        before = {name: getattr(part, name) for name in part.model_fields_set}
        after = {name: _pinned(value, versions) for name, value in before.items()}
        changed = {name: value for name, value in after.items() if value is not before[name]}
        return part.model_copy(update=changed) if changed else part
    if isinstance(part, Struct) and part.struct_def is not None and part.version == NEWEST:
        return Struct(part.struct_def, part.fields, versions.get(part.struct_def, NEWEST), part.masked)
    if type(part) is tuple:
        items = tuple(_pinned(item, versions) for item in part)
        return items if any(a is not b for a, b in zip(items, part, strict=True)) else part
    if type(part) is dict:
        entries = {name: _pinned(value, versions) for name, value in part.items()}
        return entries if any(entries[name] is not part[name] for name in part) else part
    return part

"""builders: Structs and Maps that a spec builds of values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lhredis.engine.language.kinds import VarSubError
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.typed import Getter
from lhredis.engine.language.values import coerce
from lhredis.engine.run import ThreadRun
from lhredis.model.assignments import InlineStructBuilder, VariableAssignment
from lhredis.model.native import Map, Struct
from lhredis.model.native_forms import put_entry
from lhredis.model.value_types import InlineStructType, MapType, StructType, ValueType
from lhredis.model.values import Value

Into = Callable[[VariableAssignment, ValueType, str, str], Getter]
"""Compiles an assignment into something of a declared type, at a path, named so in problems."""


def compile_struct(
    builder: InlineStructBuilder, kind: ValueType, scope: Scope, path: str, into: Into
) -> Getter:
    """A function that builds a Struct of this type; problems go to the scope."""
    if not isinstance(kind, StructType | InlineStructType):
        scope.problem(path, f"fields build a struct; this is {kind.name}")
        return lambda thread: None
    if kind.fields is None:
        return lambda thread: coerce({}, kind)
    known = {field.name: field for field in kind.fields}
    parts: list[tuple[str, Getter]] = []
    for name, value in builder.fields.items():
        at, field = f"{path}.fields.{name}", known.get(name)
        if field is None:
            scope.problem(at, f"there is no field {name!r} in {kind.name}")
        elif value.sub_structure is not None:
            parts.append((name, compile_struct(value.sub_structure, field.type, scope, at, into)))
        else:
            assert value.simple_value is not None
            what = f"field {name!r} of {kind.name}"
            parts.append((name, into(value.simple_value, field.type, at, what)))
    for field in kind.fields:
        if field.required and field.name not in builder.fields:
            scope.problem(path, f"field {field.name!r} of {kind.name} is missing")
    return lambda thread: _built(kind, parts, thread)


def _built(
    kind: StructType | InlineStructType, parts: Sequence[tuple[str, Getter]], thread: ThreadRun
) -> Value:
    fields = {name: get(thread) for name, get in parts}
    return coerce(Struct(None, fields), kind)


def map_of(kind: MapType, entries: Sequence[tuple[Getter, Getter]]) -> Getter:
    """A function that builds a Map of these keys and values, which are of its types."""

    def get(thread: ThreadRun) -> Value:
        built: dict[Value, Value] = {}
        for key, value in entries:
            try:
                put_entry(built, key(thread), value(thread))
            except ValueError as error:
                raise VarSubError(str(error)) from None
        return Map(kind.key, kind.value, built)

    return get

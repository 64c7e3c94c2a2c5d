"""searchable: what of a variable's value its WfRun can be found by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lhredis.engine.language.paths import compile_read
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import VarSubError
from lhredis.model.enums import VariableType, WfRunVariableAccessLevel
from lhredis.model.native import Array
from lhredis.model.types import INPUT, ThreadVarDef
from lhredis.model.values import Value, WfRunId
from lhredis.model.wf_spec import ThreadSpec

INDEXED_ITEMS_MAX = 1_000
"""Items of one array that its WfRun can be found by: the first ones. Each is an index entry."""

Entry = tuple[str, Value]
"""Name of an index (`email`, or `person_$.email` for a path of a JSON_OBJ) and a scalar."""

Find = Callable[[Value], tuple[Entry, ...]]

_SCALARS = frozenset((str, bool, int, float, datetime, WfRunId))


def compile_searchable(spec: ThreadSpec, scope: Scope, path: str) -> dict[str, Find]:
    """For each variable that a WfRun can be found by: what it is to be found by, of a value."""
    found = {}
    for i, variable in enumerate(spec.variable_defs):
        if variable.access_level is WfRunVariableAccessLevel.INHERITED_VAR:
            continue
        find = _compile(variable, scope, f"{path}.variable_defs[{i}]")
        if find is not None and variable.var_def.name != INPUT:
            found[variable.var_def.name] = find
    return found


def _compile(variable: ThreadVarDef, scope: Scope, path: str) -> Find | None:
    name, readers = variable.var_def.name, []
    if variable.json_indexes and variable.var_def.type is not VariableType.JSON_OBJ:
        problem = f"only a JSON_OBJ is searched by paths; {name!r} is {variable.var_def.type.name}"
        scope.problem(f"{path}.json_indexes", problem)
        return None
    for i, index in enumerate(variable.json_indexes):
        try:
            readers.append((variable.index_name(index), compile_read(index.field_path)))
        except ValueError as error:
            scope.problem(f"{path}.json_indexes[{i}].field_path", str(error))
    if not variable.searchable and not readers:
        return None
    is_whole = variable.searchable

    def find(value: Value) -> tuple[Entry, ...]:
        entries: list[Entry] = [(name, item) for item in _scalars(value)] if is_whole else []
        for index_name, read in readers:
            entries.extend((index_name, item) for item in _scalars(_read(read, value)))
        return tuple(entries)

    return find


def _read(read: Callable[[Value], Value], value: Value) -> Value:
    try:
        return read(value)
    except VarSubError:
        return None


def _scalars(value: Value) -> list[Value]:
    if type(value) in _SCALARS:
        return [value]
    items = value if type(value) is list else value.items if type(value) is Array else ()
    return [item for item in items[:INDEXED_ITEMS_MAX] if type(item) in _SCALARS]

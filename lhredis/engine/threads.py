"""threads: the variables of ThreadRuns: declared, checked when a thread starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import VarSubError, coerce, type_of
from lhredis.engine.specs.child_specs import check_inherited
from lhredis.model.enums import WfRunVariableAccessLevel
from lhredis.model.types import INPUT, ThreadVarDef
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value
from lhredis.model.wf_spec import ThreadSpec


@dataclass(slots=True, frozen=True)
class VariableProgram:
    """What a ThreadRun needs to know of one of its variables."""

    name: str
    type: ValueType
    required: bool
    default: Value


def collect_variables(scope: Scope) -> dict[str, ThreadVarDef]:
    """All variables of a WfSpec by name; a name declared twice is a problem (INPUT may be)."""
    found: dict[str, ThreadVarDef] = {}
    for thread_name, spec in scope.thread_specs.items():
        own: set[str] = set()
        for i, variable in enumerate(spec.variable_defs):
            name = variable.var_def.name
            path = f"thread_specs.{thread_name}.variable_defs[{i}]"
            if name in own or (name in found and name != INPUT):
                scope.problem(path, f"variable {name!r} is declared twice: names are unique in a WfSpec")
            own.add(name)
            if name != INPUT:
                found[name] = variable
    return found


def compile_variables(
    spec: ThreadSpec, scope: Scope, path: str, is_entrypoint: bool
) -> tuple[VariableProgram, ...]:
    """The variables that a ThreadRun of this spec owns."""
    programs = []
    for i, variable in enumerate(spec.variable_defs):
        definition, at = variable.var_def, f"{path}.variable_defs[{i}]"
        kind = scope.resolved(definition.type, f"{at}.var_def.type_def")
        default = definition.default_value
        try:
            default = coerce(default, kind)
        except VarSubError as error:
            if scope.strict:  # else its StructDef was deleted: a thread that needs the default cannot start
                scope.problem(f"{at}.var_def.default_value", _misfit(default, kind, error))
        if definition.name == INPUT and is_entrypoint:
            scope.problem(at, "INPUT is reserved for child and handler threads")
        if variable.access_level is WfRunVariableAccessLevel.INHERITED_VAR:
            check_inherited(variable, scope, at, is_entrypoint)
            continue
        programs.append(VariableProgram(definition.name, kind, variable.required, default))
    return tuple(programs)


def _misfit(default: Value, kind: ValueType, error: VarSubError) -> str:
    found = type_of(default)
    assert found is not None
    if type(kind) is type(found):
        return f"the default is {found.name}, the variable {kind.name}"
    return f"the default does not fit the variable, which is {kind.name}: {error}"


def initial_variables(variables: tuple[VariableProgram, ...], given: Mapping[str, Value]) -> dict[str, Value]:
    """The variables of a new ThreadRun: the value given if it is not null, else the default, else null.

    VarSubError names every variable that is unknown, missing or of another type.
    """
    known = {variable.name for variable in variables}
    wrong = [f"there is no variable {name!r}" for name in given if name not in known]
    values: dict[str, Value] = {}
    for variable in variables:
        value = given.get(variable.name)
        if value is None:
            value = variable.default
        if value is None and variable.required:
            wrong.append(f"variable {variable.name!r} is required")
            continue
        try:
            values[variable.name] = coerce(value, variable.type)
        except VarSubError as error:
            wrong.append(f"variable {variable.name!r} is {variable.type.name}: {error}")
    if wrong:
        raise VarSubError("; ".join(wrong))
    return values

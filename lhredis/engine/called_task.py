"""called_task: which task a TASK node calls, and with what.

Decided once per spec version for a TaskDef that the spec names; when the node is reached for one that
an assignment names (then what would be a problem of the spec is a VarSubError).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lhredis.engine.language.declared import declared_type
from lhredis.engine.language.expressions import Getter, Typed, compile_assignment, compile_into
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.typed import constant, truncated
from lhredis.engine.language.types import StructDefs, resolve
from lhredis.engine.language.values import T, VarSubError, coerce, type_name
from lhredis.engine.retries import RetryPolicy
from lhredis.engine.run import ThreadRun
from lhredis.model.nodes import TaskNode
from lhredis.model.task_def import TaskDef
from lhredis.model.types import VariableDef
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value


@dataclass(slots=True, frozen=True)
class Task:
    """`inputs` are (name, getter) in the order of the signature, `names` their names. A `returns` of None is
    void; `exists` is False when the TaskDef was deleted, or replaced by one that does not fit, after the spec
    was registered."""

    task_def: str
    inputs: tuple[tuple[str, Getter], ...]
    returns: ValueType | None
    retries: RetryPolicy
    timeout_ms: int
    exists: bool = True
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(name for name, _ in self.inputs))


@dataclass(slots=True, frozen=True)
class DynamicTask:
    """`name` tells the TaskDef; `given` are the inputs in their order."""

    name: Getter
    given: tuple[Typed, ...]
    retries: RetryPolicy
    timeout_ms: int

    def chosen(self, thread: ThreadRun) -> str:
        """The name of the TaskDef as it is now. VarSubError."""
        name = self.name(thread)
        if type(name) is not str:
            raise VarSubError(f"dynamic_task is the name of a TaskDef, a STR; got {type_name(name)}")
        return name

    def calling(self, task_def: TaskDef, struct_defs: StructDefs) -> Task:
        """The call of this TaskDef. VarSubError when it takes another number of inputs."""
        name = task_def.id.name
        if not takes(task_def, len(self.given)):
            raise VarSubError(refusal(task_def, len(self.given)))
        inputs = tuple(
            (variable.name, _into(self.given, i, variable, resolve(variable.type, struct_defs, []), name))
            for i, variable in enumerate(task_def.input_vars)
        )
        returns = declared_type(task_def.return_type, struct_defs)
        return Task(name, inputs, returns, self.retries, self.timeout_ms)

    def missing(self, name: str) -> Task:
        """The call of a TaskDef that is not there any more."""
        return Task(name, (), None, self.retries, self.timeout_ms, exists=False)


def compile_task(spec: TaskNode, scope: Scope, path: str) -> Task | DynamicTask:
    """What the node calls; problems go to the scope."""
    retries, timeout_ms = RetryPolicy.of(spec), spec.timeout_seconds * 1000
    if spec.task_def_id is None:
        return _dynamic(spec, scope, path, retries, timeout_ms)
    name = spec.task_def_id.name
    task_def = scope.task_defs.get(name)
    if task_def is None:
        if scope.strict:
            scope.problem(f"{path}.task_def_id", f"could not find TaskDef {name!r}")
            for i, assignment in enumerate(spec.variables):
                compile_assignment(assignment, scope, f"{path}.variables[{i}]")
        return Task(name, (), None, retries, timeout_ms, exists=False)
    given = spec.variables
    if not takes(task_def, len(given)):
        scope.problem(f"{path}.variables", refusal(task_def, len(given)))
    inputs: list[tuple[str, Getter]] = []
    for i, variable in enumerate(task_def.input_vars):
        if i < len(given):
            what = _what(variable, name)
            kind = scope.resolved(variable.type, f"{path}.task_def_id")
            get = compile_into(given[i], kind, scope, f"{path}.variables[{i}]", what)
        else:
            get = _default(variable, scope, f"{path}.task_def_id")
        inputs.append((variable.name, get))
    returns = scope.returned(task_def.return_type, f"{path}.task_def_id")
    return Task(name, tuple(inputs), returns, retries, timeout_ms)


def _default(variable: VariableDef, scope: Scope, path: str) -> Getter:
    value = variable.default_value
    try:
        value = coerce(value, scope.resolved(variable.type, path))
    except VarSubError as error:
        scope.problem(path, f"default of input {variable.name!r}: {error}")
    return constant(value, None).get


def takes(task_def: TaskDef, count: int) -> bool:
    """Can it be called with so many inputs? Those at the end that have defaults may be left out."""
    required = [variable for variable in task_def.input_vars if variable.default_value is None]
    return len(required) <= count <= len(task_def.input_vars)


def refusal(task_def: TaskDef, count: int) -> str:
    signature = ", ".join(f"{variable.name}: {variable.type.name}" for variable in task_def.input_vars)
    return f"TaskDef {task_def.id.name!r} takes ({signature}); got {count} inputs"


def _what(variable: VariableDef, task_def: str) -> str:
    return f"input {variable.name!r} of TaskDef {task_def!r}"


def _dynamic(spec: TaskNode, scope: Scope, path: str, retries: RetryPolicy, timeout_ms: int) -> DynamicTask:
    assert spec.dynamic_task is not None
    name = compile_assignment(spec.dynamic_task, scope, f"{path}.dynamic_task")
    if name.type not in (None, T.STR):
        scope.problem(f"{path}.dynamic_task", f"the name of a TaskDef is a STR; this is {name.type.name}")
    given = tuple(
        compile_assignment(assignment, scope, f"{path}.variables[{i}]")
        for i, assignment in enumerate(spec.variables)
    )
    return DynamicTask(name.get, given, retries, timeout_ms)


def _into(given: Sequence[Typed], i: int, variable: VariableDef, kind: ValueType, task_def: str) -> Getter:
    """An input whose type is known only now: the value itself is checked."""
    typed = given[i] if i < len(given) else constant(variable.default_value, None)

    def get_converted(thread: ThreadRun) -> Value:
        try:
            return coerce(truncated(typed, kind, thread), kind)
        except VarSubError as error:
            raise VarSubError(f"{_what(variable, task_def)}: {error}") from None

    return get_converted

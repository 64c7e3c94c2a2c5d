"""mutations: what an edge does to variables. All mutations of an edge happen, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lhredis.engine.expressions import Getter, Typed, compile_assignment, converted
from lhredis.engine.operators import ARITHMETIC, Op, operate, result_type
from lhredis.engine.paths import Steps, compile_read, plain_steps, write
from lhredis.engine.run import ThreadRun
from lhredis.engine.scope import Scope, owner_of
from lhredis.engine.values import T, VarSubError, as_json, cast, check_nesting, check_size, coerce
from lhredis.model.assignments import VariableMutation
from lhredis.model.enums import VariableMutationType, VariableType
from lhredis.model.values import Value


@dataclass(slots=True, frozen=True)
class Mutation:
    """A compiled mutation: `apply(old value, thread)` gives the new value of the variable `name`."""

    name: str
    apply: Callable[[Value, ThreadRun], Value]


def mutate(mutations: Sequence[Mutation], thread: ThreadRun) -> list[tuple[ThreadRun, str]]:
    """Apply all in order, each seeing the ones before; return which variables of which thread changed.

    When one raises VarSubError, every variable is put back to what it was.
    """
    before: dict[tuple[int, str], tuple[ThreadRun, Value]] = {}
    try:
        for mutation in mutations:
            owner = owner_of(thread, mutation.name)
            old = owner.variables[mutation.name]
            new = check_size(mutation.apply(old, thread))
            before.setdefault((owner.number, mutation.name), (owner, old))
            owner.variables[mutation.name] = new
    except VarSubError:
        for (_, name), (owner, old) in before.items():
            owner.variables[name] = old
        raise
    return [(owner, name) for (_, name), (owner, _) in before.items()]


def compile_mutation(mutation: VariableMutation, scope: Scope, path: str) -> Mutation:
    """A mutation as a function; problems go to the scope."""
    op, name = mutation.operation, mutation.lhs_name
    right = compile_assignment(mutation.rhs_assignment, scope, f"{path}.rhs_assignment")
    definition = scope.variable(name)
    if definition is None:
        scope.problem(f"{path}.lhs_name", f"there is no variable {name!r}")
        return Mutation(name, lambda old, thread: old)
    if mutation.lhs_json_path is not None:
        return Mutation(name, _at_path(mutation, definition.var_def.type, right.get, scope, path))
    return Mutation(name, _whole(op, name, definition.var_def.type, right, scope, path))


def _whole(
    op: VariableMutationType, name: str, target: VariableType, right: Typed, scope: Scope, path: str
) -> Callable[[Value, ThreadRun], Value]:
    what = f"variable {name!r}"
    if op is Op.ASSIGN:
        get = converted(right, target, scope, f"{path}.rhs_assignment", what)
        return lambda old, thread: get(thread)
    try:
        result_type(op, target, right.type)
    except ValueError as error:
        scope.problem(path, f"{error} ({what} is {target.name})")
    get_right = right.get
    truncates = target is T.INT and op in ARITHMETIC

    def apply(old: Value, thread: ThreadRun) -> Value:
        new = operate(op, old, get_right(thread))
        return cast(new, target) if truncates else coerce(new, target)

    return apply


def _at_path(
    mutation: VariableMutation, target: VariableType, get: Getter, scope: Scope, path: str
) -> Callable[[Value, ThreadRun], Value]:
    json_path = mutation.lhs_json_path or "$"
    steps: Steps | None = plain_steps(json_path)
    if target not in (T.JSON_OBJ, T.JSON_ARR):
        scope.problem(
            f"{path}.lhs_json_path", f"a JSONPath writes to JSON_OBJ and JSON_ARR; this is {target.name}"
        )
    if not steps:
        scope.problem(
            f"{path}.lhs_json_path", f"{json_path!r} is not a plain path ($.a.b[0]): it cannot be written"
        )
        return lambda old, thread: old
    read, op, plain = compile_read(json_path), mutation.operation, steps

    def apply(old: Value, thread: ThreadRun) -> Value:
        if old is None:
            raise VarSubError(f"cannot write {json_path}: the variable {mutation.lhs_name!r} is null")
        right = get(thread)
        new = right if op is Op.ASSIGN else operate(op, read(old), right)
        written = write(old, plain, json_path, as_json(new))
        return check_nesting(written) if type(new) is dict or type(new) is list else written

    return apply

"""mutations: what an edge does to variables. All mutations of an edge happen, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lhredis.engine.language.expressions import (
    Getter,
    Typed,
    compile_assignment,
    compile_lh_path,
    compile_operand,
    converted,
)
from lhredis.engine.language.lh_paths import read_at, write_at
from lhredis.engine.language.operators import ARITHMETIC, Op, operate, result_type
from lhredis.engine.language.paths import Steps, compile_read, plain_steps, write
from lhredis.engine.language.scope import Scope, owner_of
from lhredis.engine.language.values import T, VarSubError, as_json, cast, check_nesting, check_size, coerce
from lhredis.engine.run import ThreadRun
from lhredis.model.assignments import VariableMutation
from lhredis.model.value_types import ValueType
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
    name, at = mutation.lhs_name, f"{path}.rhs_assignment"
    definition = scope.variable(name)
    if definition is None:
        compile_assignment(mutation.rhs_assignment, scope, at)
        scope.problem(f"{path}.lhs_name", f"there is no variable {name!r}")
        return Mutation(name, lambda old, thread: old)
    target = scope.resolved(definition.var_def.type, f"{path}.lhs_name")
    if mutation.lhs_lh_path is not None:
        return Mutation(name, _at_lh_path(mutation, target, scope, path))
    if mutation.lhs_json_path is not None:
        get = compile_assignment(mutation.rhs_assignment, scope, at).get
        return Mutation(name, _at_json_path(mutation, target, get, scope, path))
    return Mutation(name, _whole(mutation, target, f"variable {name!r}", scope, path))


def _right_side(mutation: VariableMutation, target: ValueType | None, scope: Scope, path: str) -> Typed:
    """The right side of a mutation of something of this type (None: only the run can tell)."""
    op, at = mutation.operation, f"{path}.rhs_assignment"
    if op is Op.ASSIGN:
        wanted = (target,) if target is not None else ()
        return compile_assignment(mutation.rhs_assignment, scope, at, wanted=wanted)
    return compile_operand(op, target, mutation.rhs_assignment, scope, at)


def _whole(
    mutation: VariableMutation, target: ValueType, what: str, scope: Scope, path: str
) -> Callable[[Value, ThreadRun], Value]:
    op, right = mutation.operation, _right_side(mutation, target, scope, path)
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


def _at_lh_path(
    mutation: VariableMutation, target: ValueType, scope: Scope, path: str
) -> Callable[[Value, ThreadRun], Value]:
    assert mutation.lhs_lh_path is not None
    steps, kind = compile_lh_path(mutation.lhs_lh_path, target, scope, f"{path}.lhs_lh_path")
    change: Callable[[Value, ThreadRun], Value]
    if kind is not None:
        change = _whole(mutation, kind, f"what is there in variable {mutation.lhs_name!r}", scope, path)
    else:
        op, get = mutation.operation, _right_side(mutation, None, scope, path).get

        def change(old: Value, thread: ThreadRun) -> Value:
            return get(thread) if op is Op.ASSIGN else operate(op, old, get(thread))

    reads = mutation.operation is not Op.ASSIGN

    def apply(old: Value, thread: ThreadRun) -> Value:
        if old is None:
            raise VarSubError(f"cannot write into the variable {mutation.lhs_name!r}: it is null")
        new = change(read_at(old, steps, thread) if reads else None, thread)
        written = coerce(write_at(old, steps, thread, new), target)
        return check_nesting(written) if type(written) is dict or type(written) is list else written

    return apply


def _at_json_path(
    mutation: VariableMutation, target: ValueType, get: Getter, scope: Scope, path: str
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

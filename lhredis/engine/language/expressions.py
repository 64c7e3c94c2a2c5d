"""expressions: VariableAssignments, compiled once per spec into functions of a ThreadRun.

`compile_assignment` checks types where they are known and reports every problem to the scope, so
that at run time only what depends on values can still fail, as a VarSubError (features.md 7).
"""

from __future__ import annotations

from collections.abc import Callable

from lhredis.engine.language.builders import compile_struct, map_of
from lhredis.engine.language.containers import first_fit, operand_types
from lhredis.engine.language.format_strings import filled
from lhredis.engine.language.kinds import T, VarSubError, cast_refusal, castable, type_name
from lhredis.engine.language.lh_paths import Step, read_at, type_at
from lhredis.engine.language.literals import literal
from lhredis.engine.language.operators import ARITHMETIC, operate, result_type
from lhredis.engine.language.paths import compile_read
from lhredis.engine.language.scope import Scope, read_variable
from lhredis.engine.language.typed import Getter as Getter
from lhredis.engine.language.typed import Typed as Typed
from lhredis.engine.language.typed import converted as converted
from lhredis.engine.language.values import (
    EQUALITY,
    cast,
    check_int,
    compare,
    size_of,
    stringify,
)
from lhredis.engine.run import ThreadRun
from lhredis.model.assignments import Expression, FormatString, LHPath, VariableAssignment
from lhredis.model.enums import Comparator, VariableMutationType, VariableType
from lhredis.model.limits import ASSIGNMENT_DEPTH_MAX
from lhredis.model.value_types import ArrayType, MapType, StructType, ValueType, unversioned
from lhredis.model.values import Value


def compile_assignment(
    assignment: VariableAssignment,
    scope: Scope,
    path: str,
    depth: int = 1,
    wanted: tuple[ValueType, ...] = (),
) -> Typed:
    """An assignment as a function. Problems go to `scope`; what is returned then is never run.

    `wanted` are the types that the place it goes to takes: what is written in the spec as plain JSON
    becomes the first native one of them that it fits.
    """
    if depth > ASSIGNMENT_DEPTH_MAX:
        scope.problem(path, f"expressions nest at most {ASSIGNMENT_DEPTH_MAX} levels deep")
        return Typed(lambda thread: None, None)
    if (
        assignment.json_path is not None
        or assignment.lh_path is not None
        or assignment.target_type is not None
    ):
        wanted = ()
    if assignment.source == "literal_value":
        typed = literal(assignment.literal_value, scope, path, wanted)
    elif assignment.map_builder is not None:
        typed = _map_builder(assignment, scope, path, depth, wanted)
    else:
        typed = _SOURCES[assignment.source](assignment, scope, path, depth)
    if assignment.json_path is not None:
        typed = _at_json_path(typed, assignment.json_path, scope, path)
    if assignment.lh_path is not None:
        typed = _at_lh_path(typed, assignment.lh_path, scope, f"{path}.lh_path", depth)
    if assignment.target_type is not None:
        target = scope.resolved(assignment.target_type.value_type, f"{path}.target_type")
        typed = _cast_to(typed, target, scope, path)
    return typed


def compile_into(
    assignment: VariableAssignment, target: ValueType, scope: Scope, path: str, what: str, depth: int = 1
) -> Getter:
    """An assignment into something of a declared type; `what` names that thing in problems."""
    typed = compile_assignment(assignment, scope, path, depth, (target,))
    return converted(typed, target, scope, path, what)


def compile_condition(assignment: VariableAssignment, scope: Scope, path: str) -> Callable[[ThreadRun], bool]:
    """An assignment that must give a BOOL."""
    get, kind, _ = compile_assignment(assignment, scope, path)
    if kind is not None and kind is not T.BOOL:
        scope.problem(path, f"a condition is a BOOL; this is {kind.name}")

    def holds(thread: ThreadRun) -> bool:
        value = get(thread)
        if type(value) is not bool:
            raise VarSubError(f"a condition is a BOOL; got {type_name(value)}")
        return value

    return holds


def _variable(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    name = assignment.variable_name or ""
    definition = scope.variable(name)
    if definition is None:
        scope.problem(path, f"there is no variable {name!r}")
        return Typed(lambda thread: None, None)
    kind = scope.resolved(definition.var_def.type, path)
    return Typed(lambda thread: read_variable(thread, name), kind)


def _node_output(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    assert assignment.node_output is not None
    name = assignment.node_output.node_name
    if name not in scope.node_types:
        scope.problem(path, f"there is no node {name!r} with an output in thread {scope.thread!r}")
        return Typed(lambda thread: None, None)
    scope.refer_to_output(name)

    def get(thread: ThreadRun) -> Value:
        try:
            return thread.outputs[name]
        except KeyError:
            raise VarSubError(f"node {name!r} has no output: it has not run, or it failed") from None

    return Typed(get, scope.node_types[name])


def _format_string(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    assert isinstance(assignment.format_string, FormatString)
    template = compile_assignment(
        assignment.format_string.format, scope, f"{path}.format_string.format", depth + 1
    )
    if template.type not in (None, T.STR):
        scope.problem(f"{path}.format_string.format", f"a template is a STR; this is {template.type.name}")
    args = [
        compile_assignment(arg, scope, f"{path}.format_string.args[{i}]", depth + 1).get
        for i, arg in enumerate(assignment.format_string.args)
    ]

    def get(thread: ThreadRun) -> Value:
        text = template.get(thread)
        if type(text) is not str:
            raise VarSubError(f"the template of a format string is a STR; got {type_name(text)}")
        values = [stringify(arg(thread)) for arg in args]
        return filled(text, values)

    return Typed(get, T.STR)


def _size_of(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    assert assignment.size_of is not None
    get, kind, _ = compile_assignment(assignment.size_of.operand, scope, f"{path}.size_of.operand", depth + 1)
    if kind not in (None, T.STR, T.JSON_ARR) and not isinstance(kind, ArrayType):
        scope.problem(f"{path}.size_of", f"size() goes with STR and arrays; this is {kind.name}")
    return Typed(lambda thread: size_of(get(thread)), T.INT)


def _struct_builder(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    builder = assignment.struct_builder
    assert builder is not None
    named = StructType(builder.struct_def_id.name, builder.struct_def_id.version)
    kind = scope.resolved(named, f"{path}.struct_builder.struct_def_id")

    def into(value: VariableAssignment, target: ValueType, at: str, what: str) -> Getter:
        return compile_into(value, target, scope, at, what, depth + 1)

    return Typed(compile_struct(builder.value, kind, scope, f"{path}.struct_builder.value", into), kind)


def _map_builder(
    assignment: VariableAssignment, scope: Scope, path: str, depth: int, wanted: tuple[ValueType, ...]
) -> Typed:
    builder, at = assignment.map_builder, f"{path}.map_builder"
    assert builder is not None
    kind = next((target for target in wanted if isinstance(target, MapType)), None)
    if builder.map_type is not None:
        declared = scope.resolved(builder.map_type.value_type_of_map, f"{at}.map_type")
        assert isinstance(declared, MapType)
        kind = declared
    if kind is None:
        scope.problem(at, "give the map_type: where this goes to, no Map is declared")
        return Typed(lambda thread: None, None)
    entries = [
        (
            compile_into(
                entry.key, kind.key, scope, f"{at}.entries[{i}].key", f"key of {kind.name}", depth + 1
            ),
            compile_into(
                entry.value, kind.value, scope, f"{at}.entries[{i}].value", f"value of {kind.name}", depth + 1
            ),
        )
        for i, entry in enumerate(builder.entries)
    ]
    return Typed(map_of(kind, entries), kind)


def _expression(assignment: VariableAssignment, scope: Scope, path: str, depth: int) -> Typed:
    expression, at = assignment.expression, f"{path}.expression"
    assert expression is not None
    if expression.comparator is not None:
        return _comparison(expression, expression.comparator, scope, at, depth + 1)
    return _operation(expression, scope, at, depth + 1)


def _comparison(expression: Expression, comparator: Comparator, scope: Scope, path: str, depth: int) -> Typed:
    left, right = _both_sides(expression, comparator, scope, path, depth)
    get_left, get_right = left.get, right.get
    if comparator in (Comparator.IN, Comparator.NOT_IN):
        return Typed(lambda thread: compare(get_left(thread), comparator, get_right(thread)), T.BOOL)
    if left.type and right.type and unversioned(left.type) != unversioned(right.type):
        scope.problem(path, f"cannot compare {left.type.name} to {right.type.name} without explicit casting")
    elif comparator not in EQUALITY and left.type and type(left.type) is not VariableType:
        scope.problem(path, f"{comparator.name} goes with what has an order; {left.type.name} has none")
    return Typed(lambda thread: compare(get_left(thread), comparator, get_right(thread)), T.BOOL)


def _both_sides(
    expression: Expression, comparator: Comparator, scope: Scope, path: str, depth: int
) -> tuple[Typed, Typed]:
    """Both sides; a literal is read as what it is compared with."""
    lhs, rhs = expression.lhs, expression.rhs
    ordered = comparator not in (Comparator.IN, Comparator.NOT_IN)
    if lhs.source == "literal_value":
        right = compile_assignment(rhs, scope, f"{path}.rhs", depth)
        wanted = _compared_with(right.type, ordered)
        return compile_assignment(lhs, scope, f"{path}.lhs", depth, wanted), right
    left = compile_assignment(lhs, scope, f"{path}.lhs", depth)
    wanted = (left.type,) if ordered and left.type is not None else ()
    return left, compile_assignment(rhs, scope, f"{path}.rhs", depth, wanted)


def _compared_with(right: ValueType | None, ordered: bool) -> tuple[ValueType, ...]:
    if right is None or ordered:
        return (right,) if right is not None else ()
    if isinstance(right, ArrayType):
        return (right.element,)
    return (right.key,) if isinstance(right, MapType) else ()


def _operation(expression: Expression, scope: Scope, path: str, depth: int) -> Typed:
    op = expression.mutation_type
    assert op is not None
    left = compile_assignment(expression.lhs, scope, f"{path}.lhs", depth)
    right = compile_operand(op, left.type, expression.rhs, scope, f"{path}.rhs", depth)
    get_left, get_right = left.get, right.get
    kind: ValueType | None = None
    try:
        kind = result_type(op, left.type, right.type)
    except ValueError as error:
        scope.problem(path, str(error))
    return Typed(
        lambda thread: operate(op, get_left(thread), get_right(thread)),
        kind,
        kind is None and op in ARITHMETIC,
    )


def compile_operand(
    op: VariableMutationType,
    left: ValueType | None,
    assignment: VariableAssignment,
    scope: Scope,
    path: str,
    depth: int = 1,
) -> Typed:
    """The right side of an operator whose left side is of this type."""
    takes = operand_types(op, left)
    typed = compile_assignment(assignment, scope, path, depth, takes)
    if not takes or typed.type is not None:
        return typed
    get = typed.get
    return Typed(lambda thread: first_fit(get(thread), takes), None)


def _at_json_path(typed: Typed, json_path: str, scope: Scope, path: str) -> Typed:
    get = typed.get
    if typed.type not in (None, T.JSON_OBJ, T.JSON_ARR):
        scope.problem(
            f"{path}.json_path", f"a JSONPath reads JSON_OBJ and JSON_ARR; this is {typed.type.name}"
        )
    try:
        read = compile_read(json_path)
    except ValueError as error:
        scope.problem(f"{path}.json_path", str(error))
        return Typed(get, None)
    return Typed(lambda thread: _of_64_bits(read(get(thread))), None)


def _of_64_bits(value: Value) -> Value:
    """What was read from JSON, where a number may be larger than an INT."""
    return check_int(value) if type(value) is int else value


def _at_lh_path(typed: Typed, lh_path: LHPath, scope: Scope, path: str, depth: int) -> Typed:
    get = typed.get
    steps, kind = compile_lh_path(lh_path, typed.type, scope, path, depth)
    return Typed(lambda thread: read_at(get(thread), steps, thread), kind)


def compile_lh_path(
    lh_path: LHPath, kind: ValueType | None, scope: Scope, path: str, depth: int = 1
) -> tuple[tuple[Step, ...], ValueType | None]:
    """The steps of a path into something of this type, and the type of what is there."""
    steps: list[Step] = []
    for i, selector in enumerate(lh_path.path):
        at, found_type = f"{path}.path[{i}]", None
        step: Step | None = selector.key if selector.key is not None else selector.index
        if selector.dynamic is not None:
            step, found_type, _ = compile_assignment(selector.dynamic, scope, f"{at}.dynamic", depth + 1)
        assert step is not None
        steps.append(step)
        try:
            kind = type_at(kind, step, found_type)
        except ValueError as error:
            scope.problem(at, str(error))
            return tuple(steps), None
    return tuple(steps), kind


def _cast_to(typed: Typed, target: ValueType, scope: Scope, path: str) -> Typed:
    get, kind, _ = typed
    if kind == target:
        return typed
    if kind is not None and not castable(kind, target):
        scope.problem(f"{path}.target_type", cast_refusal(kind, target))
    return Typed(lambda thread: cast(get(thread), target), target)


_SOURCES: dict[str, Callable[[VariableAssignment, Scope, str, int], Typed]] = {
    "variable_name": _variable,
    "node_output": _node_output,
    "format_string": _format_string,
    "expression": _expression,
    "size_of": _size_of,
    "struct_builder": _struct_builder,
}

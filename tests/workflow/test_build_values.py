"""The story of values: literals, expressions, operators, casts."""

from datetime import UTC, datetime

import pytest

from lhredis.model.values import WfRunId
from lhredis.workflow import (
    Comparator,
    LHExpression,
    LHFormatString,
    VariableMutationType,
    VariableType,
    WorkflowBuildError,
    WorkflowThread,
)

X = {"variable_name": "x"}


def operation(lhs: dict, name: str, rhs: dict) -> dict:
    return {"expression": {"lhs": lhs, "rhs": rhs, "mutation_type": name}}


def compared(lhs: dict, name: str, rhs: dict) -> dict:
    return {"expression": {"lhs": lhs, "rhs": rhs, "comparator": name}}


def literal(value: object) -> dict:
    return {"literal_value": value}


@pytest.mark.parametrize(
    ("by_operator", "by_method", "by_thread", "name"),
    [
        (lambda x: x + 2, lambda x: x.add(2), lambda wf, x: wf.add(x, 2), "ADD"),
        (lambda x: x - 2, lambda x: x.subtract(2), lambda wf, x: wf.subtract(x, 2), "SUBTRACT"),
        (lambda x: x * 2, lambda x: x.multiply(2), lambda wf, x: wf.multiply(x, 2), "MULTIPLY"),
        (lambda x: x / 2, lambda x: x.divide(2), lambda wf, x: wf.divide(x, 2), "DIVIDE"),
        (lambda x: x**2, lambda x: x.pow(2), lambda wf, x: wf.pow(x, 2), "POW"),
        (None, lambda x: x.extend(2), lambda wf, x: wf.extend(x, 2), "EXTEND"),
        (
            None,
            lambda x: x.remove_if_present(2),
            lambda wf, x: wf.remove_if_present(x, 2),
            "REMOVE_IF_PRESENT",
        ),
        (None, lambda x: x.remove_index(2), lambda wf, x: wf.remove_index(x, 2), "REMOVE_INDEX"),
        (None, lambda x: x.remove_key(2), lambda wf, x: wf.remove_key(x, 2), "REMOVE_KEY"),
        (lambda x: x & 2, lambda x: x.do_and(2), None, "AND"),
        (lambda x: x | 2, lambda x: x.do_or(2), None, "OR"),
    ],
)
def test_operators_methods_and_thread_methods_are_one_expression(
    value_of, by_operator, by_method, by_thread, name
):
    expected = operation(X, name, literal(2))
    assert value_of(lambda wf: by_method(wf.declare_int("x"))) == expected
    if by_operator is not None:
        assert value_of(lambda wf: by_operator(wf.declare_int("x"))) == expected
    if by_thread is not None:
        assert value_of(lambda wf: by_thread(wf, wf.declare_int("x"))) == expected


@pytest.mark.parametrize(
    ("turned", "name", "left"),
    [
        (lambda x: 2 + x, "ADD", 2),
        (lambda x: 2 - x, "SUBTRACT", 2),
        (lambda x: 2 * x, "MULTIPLY", 2),
        (lambda x: 2 / x, "DIVIDE", 2),
        (lambda x: 2**x, "POW", 2),
        (lambda x: True & x, "AND", True),
        (lambda x: True | x, "OR", True),
        (lambda x: -x, "SUBTRACT", 0),
        (lambda x: "a" + x, "ADD", "a"),
    ],
)
def test_a_literal_may_stand_on_the_left(value_of, turned, name, left):
    assert value_of(lambda wf: turned(wf.declare_int("x"))) == operation(literal(left), name, X)


def test_plus_with_a_list_is_refused_as_it_could_mean_append_or_join(value_of):
    for plus in (lambda x: x + [1], lambda x: [1] + x, lambda x: x.__iadd__([1])):  # noqa: RUF005
        with pytest.raises(WorkflowBuildError, match="extend"):
            value_of(lambda wf, plus=plus: plus(wf.declare_json_arr("x")))


@pytest.mark.parametrize(
    ("by_operator", "by_method", "comparator", "opposite"),
    [
        (lambda x: x == 2, lambda x: x.is_equal_to(2), "EQUALS", "NOT_EQUALS"),
        (lambda x: x != 2, lambda x: x.is_not_equal_to(2), "NOT_EQUALS", "EQUALS"),
        (lambda x: x < 2, lambda x: x.is_less_than(2), "LESS_THAN", "GREATER_THAN_EQ"),
        (lambda x: x <= 2, lambda x: x.is_less_than_eq(2), "LESS_THAN_EQ", "GREATER_THAN"),
        (lambda x: x > 2, lambda x: x.is_greater_than(2), "GREATER_THAN", "LESS_THAN_EQ"),
        (lambda x: x >= 2, lambda x: x.is_greater_than_eq(2), "GREATER_THAN_EQ", "LESS_THAN"),
        (lambda x: 2 < x, lambda x: x.is_greater_than(2), "GREATER_THAN", "LESS_THAN_EQ"),  # noqa: SIM300
        (lambda x: 2 == x, lambda x: x.is_equal_to(2), "EQUALS", "NOT_EQUALS"),  # noqa: SIM300
        (lambda x: x.is_in(2), lambda x: x.is_in(2), "IN", "NOT_IN"),
        (lambda x: x.is_not_in(2), lambda x: x.is_not_in(2), "NOT_IN", "IN"),
    ],
)
def test_comparisons_and_their_opposites(value_of, by_operator, by_method, comparator, opposite):
    assert value_of(lambda wf: by_operator(wf.declare_int("x"))) == compared(X, comparator, literal(2))
    assert value_of(lambda wf: by_method(wf.declare_int("x"))) == compared(X, comparator, literal(2))
    assert value_of(lambda wf: ~by_method(wf.declare_int("x"))) == compared(X, opposite, literal(2))
    assert value_of(lambda wf: by_method(wf.declare_int("x")).negate()) == compared(X, opposite, literal(2))


def test_containing_is_being_in_seen_from_the_other_side(value_of):
    assert value_of(lambda wf: wf.declare_str("x").does_contain("a")) == compared(literal("a"), "IN", X)
    assert value_of(lambda wf: wf.declare_str("x").does_not_contain("a")) == compared(
        literal("a"), "NOT_IN", X
    )


def test_a_bool_that_is_no_comparison_is_negated_by_comparing_with_false(value_of):
    assert value_of(lambda wf: ~wf.declare_bool("x")) == compared(X, "EQUALS", literal(False))
    both = operation(X, "AND", literal(True))
    assert value_of(lambda wf: ~(wf.declare_bool("x") & True)) == compared(both, "EQUALS", literal(False))


def test_an_expression_nests_and_can_be_made_without_a_thread(value_of):
    def nested(wf: WorkflowThread) -> object:
        x = wf.declare_int("x")
        return wf.condition(LHExpression(x + 1, VariableMutationType.MULTIPLY, 2), Comparator.LESS_THAN, x)

    inner = operation(operation(X, "ADD", literal(1)), "MULTIPLY", literal(2))
    assert value_of(nested) == compared(inner, "LESS_THAN", X)


def test_casts_keep_the_value_and_name_another_type(value_of):
    assert value_of(lambda wf: wf.declare_str("x").cast_to_int()) == {
        **X,
        "target_type": {"primitive_type": "INT"},
    }
    for cast, name in (
        (lambda x: x.cast_to_double(), "DOUBLE"),
        (lambda x: x.cast_to_str(), "STR"),
        (lambda x: x.cast_to_bool(), "BOOL"),
        (lambda x: x.cast_to_bytes(), "BYTES"),
        (lambda x: x.cast_to_wf_run_id(), "WF_RUN_ID"),
        (lambda x: x.cast_to(VariableType.INT), "INT"),
    ):
        value = value_of(lambda wf, cast=cast: cast(wf.declare_str("x") + 1))
        assert value == {**operation(X, "ADD", literal(1)), "target_type": {"primitive_type": name}}


def test_a_second_cast_of_one_value_is_refused(value_of):
    with pytest.raises(WorkflowBuildError, match="cast only once"):
        value_of(lambda wf: wf.declare_str("x").cast_to_int().cast_to_str())


def test_the_size_of_a_value_can_be_asked_in_three_ways(value_of):
    for size in (lambda wf, x: x.size(), lambda wf, x: wf.size(x), lambda wf, x: wf.size_of(x)):
        assert value_of(lambda wf, size=size: size(wf, wf.declare_str("x"))) == {"size_of": {"operand": X}}


def test_a_format_string_names_its_places(value_of):
    expected = {"format_string": {"format": literal("{1} {0}"), "args": [X, literal(2)]}}
    assert value_of(lambda wf: wf.format("{1} {0}", wf.declare_str("x"), 2)) == expected
    assert value_of(lambda wf: LHFormatString("{1} {0}", wf.declare_str("x"), 2)) == expected


def test_empty_braces_are_plain_text_when_every_argument_has_its_number(value_of):
    value = value_of(lambda wf: wf.format('{"a": {}, "b": {0}}', 1))
    assert value["format_string"]["format"] == literal('{"a": {}, "b": {0}}')


@pytest.mark.parametrize(
    ("text", "problem"), [("{0} {1}", "arguments given: 1"), ("{}", "numbered"), (3, "is a str")]
)
def test_a_format_string_with_a_place_left_open_is_refused(value_of, text, problem):
    with pytest.raises(WorkflowBuildError, match=problem):
        value_of(lambda wf: wf.format(text, "one"))


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (b"hi", {"$bytes": "aGk="}),
        (datetime(2026, 1, 2, tzinfo=UTC), {"$timestamp": "2026-01-02T00:00:00Z"}),
        (WfRunId("a_b"), {"$wf_run_id": "a_b"}),
        ({"$x": 1}, {"$json_obj": {"$x": 1}}),
        (None, None),
    ],
)
def test_a_literal_keeps_its_type(value_of, value, form):
    assert value_of(lambda wf: value) == literal(form)


@pytest.mark.parametrize("value", [{1, 2}, (1,), object(), float("nan"), 2**63, {1: 2}, datetime(2026, 1, 2)])
def test_a_python_value_that_no_variable_holds_is_refused(value_of, value):
    with pytest.raises(WorkflowBuildError):
        value_of(lambda wf: value)


def test_a_variable_inside_of_a_literal_list_is_refused(value_of):
    with pytest.raises(WorkflowBuildError, match="no Python WfRunVariable"):
        value_of(lambda wf: [wf.declare_int("x")])


@pytest.mark.parametrize(
    "question",
    [
        lambda x: bool(x > 3),
        lambda x: 1 < x < 3,
        lambda x: x > 3 and x < 5,
        lambda x: not x,
        lambda x: "a" in x,
        lambda x: x in ["a"],
        lambda x: list(x),
        lambda x: [*x],
        lambda x: len(x),
        lambda x: f"{x}",
        lambda x: "%s" % x,  # noqa: UP031
        lambda x: str(x),
        lambda x: int(x),
        lambda x: x // 2,
    ],
)
def test_python_cannot_ask_for_a_value_while_the_workflow_is_built(value_of, question):
    with pytest.raises(TypeError):
        value_of(lambda wf: question(wf.declare_json_arr("x")))


def test_the_refusal_of_an_if_tells_what_to_write_instead(value_of):
    with pytest.raises(TypeError, match=r"not known while the workflow is built; use wf.do_if"):
        value_of(lambda wf: 1 if wf.declare_int("x") > 3 else 2)


def test_variables_can_be_keys_and_can_be_shown_in_a_debugger(spec_of):
    def story(wf: WorkflowThread) -> None:
        x, cart = wf.declare_int("x"), wf.declare_json_obj("cart")
        assert {x: "x", cart: "cart"}[x] == "x"
        assert repr(cart["a"]) == "<WfRunVariable cart.a JSON_OBJ>"
        assert repr(wf.execute("work")) == "<NodeOutput 1-work-TASK>"

    spec_of(story)

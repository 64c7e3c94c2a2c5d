"""The story of expressions and mutations: what the operators do to two values (features.md 7, E1 to E16)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.engine.language.operators import Op, operate, result_type
from lhredis.engine.language.values import VarSubError
from lhredis.errors import InvalidSpec
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.values import WfRunId
from lhredis.workflow import VariableType, WorkflowThread
from tests.engine.play import Play, task_def

T = VariableType

RESULTS: list[tuple[Any, str, Any, Any]] = [
    # (left, operator, right, result)
    (2, "ADD", 3, 5),
    (2, "ADD", 0.5, 2.5),
    (2.0, "ADD", 3, 5.0),
    (2, "SUBTRACT", 3, -1),
    (2, "MULTIPLY", -3, -6),
    (7, "DIVIDE", 2, 3),
    (-7, "DIVIDE", 2, -3),
    (7, "DIVIDE", -2, -3),
    (-7, "DIVIDE", -2, 3),
    (7, "DIVIDE", 2.0, 3.5),
    (7.0, "DIVIDE", 2, 3.5),
    (2**63 - 1, "DIVIDE", 3, (2**63 - 1) // 3),
    (-(2**63), "DIVIDE", 1, -(2**63)),
    (2, "POW", 3, 8),
    (2, "POW", -1, 0),
    (0, "POW", 0, 1),
    (1, "POW", -5, 1),
    (-1, "POW", -5, -1),
    (-1, "POW", -4, 1),
    (-2, "POW", 3, -8),
    (-2, "POW", 63, -(2**63)),
    (1, "POW", 2**63 - 1, 1),
    (0, "POW", 2**63 - 1, 0),
    (2, "POW", 3.0, 8.0),
    (2.0, "POW", 3, 8.0),
    (2.0, "POW", -1, 0.5),
    (2**62, "ADD", 2**62 - 1, 2**63 - 1),
    ("hello", "ADD", " you", "hello you"),
    ("hello", "EXTEND", "-suffix", "hello-suffix"),
    ("n=", "ADD", 3, "n=3"),
    ("n=", "EXTEND", True, "n=true"),
    ("n=", "EXTEND", [1], "n=[1]"),
    ([1], "ADD", 2, [1, 2]),
    ([1], "ADD", [2], [1, [2]]),
    ([1], "ADD", None, [1, None]),
    ([1], "EXTEND", [2, 3], [1, 2, 3]),
    ([1], "EXTEND", 2, [1, 2]),
    ([1], "EXTEND", [], [1]),
    ([1, "1", 1.0, 1], "REMOVE_IF_PRESENT", 1, ["1", 1.0, 1]),
    ([1, "1", 1.0], "REMOVE_IF_PRESENT", 1.0, [1, "1"]),
    ([1], "REMOVE_IF_PRESENT", 5, [1]),
    ([{"a": 1}], "REMOVE_IF_PRESENT", {"a": 1}, []),
    ([None, 1], "REMOVE_IF_PRESENT", None, [1]),
    (["a", "b", "c"], "REMOVE_INDEX", 0, ["b", "c"]),
    (["a", "b", "c"], "REMOVE_INDEX", 2, ["a", "b"]),
    ({"a": 1, "b": 2}, "REMOVE_KEY", "a", {"b": 2}),
    ({"a": 1}, "REMOVE_KEY", "z", {"a": 1}),
    ({"1": 1}, "REMOVE_KEY", 1, {}),
    (5, "ASSIGN", "anything", "anything"),
    (None, "ASSIGN", None, None),
    (True, "AND", False, False),
    (True, "OR", False, True),
]


@pytest.mark.parametrize(("left", "op", "right", "expected"), RESULTS, ids=repr)
def test_an_operator_gives_this(left: Any, op: str, right: Any, expected: Any):
    before = copy.deepcopy((left, right))
    found = operate(Op[op], left, right)
    assert (found, type(found)) == (expected, type(expected))
    assert (left, right) == before


PROBLEMS: list[tuple[Any, str, Any, str]] = [
    (1, "DIVIDE", 0, "Cannot divide by zero"),
    (1.0, "DIVIDE", 0, "Cannot divide by zero"),
    (1, "DIVIDE", 0.0, "Cannot divide by zero"),
    (0, "POW", -1, "not finite"),
    (0.0, "POW", -1.0, "not finite"),
    (-8.0, "POW", 0.5, "not a real number"),
    (1e300, "MULTIPLY", 1e300, "not finite"),
    (10.0, "POW", 400, "not finite"),
    (2**63 - 1, "ADD", 1, "64 bits"),
    (-(2**63), "SUBTRACT", 1, "64 bits"),
    (-(2**63), "DIVIDE", -1, "64 bits"),
    (2**62, "MULTIPLY", 2, "64 bits"),
    (2, "POW", 63, "64 bits"),
    (2, "POW", 2**62, "64 bits"),
    (None, "ADD", 1, "left side is null"),
    (1, "ADD", None, "right side is null"),
    ("a", "ADD", None, "right side is null"),
    (1, "ADD", "1", "STR to a INT"),
    (1, "ADD", True, "BOOL to a INT"),
    (True, "ADD", 1, "INT to a BOOL"),
    (1, "EXTEND", 2, "INT to a INT"),
    ("a", "MULTIPLY", 5, "INT to a STR"),
    ("a", "SUBTRACT", "a", "STR to a STR"),
    ([1], "SUBTRACT", 1, "JSON_ARR"),
    ([1], "REMOVE_KEY", "a", "JSON_ARR"),
    ([1], "REMOVE_INDEX", 1, "out of range"),
    ([1], "REMOVE_INDEX", -1, "out of range"),
    ([], "REMOVE_INDEX", 0, "out of range"),
    ([1], "REMOVE_INDEX", "0", "needs an INT"),
    ([1], "REMOVE_INDEX", None, "needs an INT"),
    ([1], "REMOVE_INDEX", True, "needs an INT"),
    ({"a": 1}, "ADD", 1, "JSON_OBJ"),
    ({"a": 1}, "EXTEND", {"b": 1}, "JSON_OBJ"),
    ({"a": 1}, "REMOVE_INDEX", 0, "JSON_OBJ"),
    (None, "REMOVE_IF_PRESENT", 1, "left side is null"),
    (b"a", "ADD", b"b", "BYTES"),
    (1, "AND", True, "two BOOLs"),
    ("text", "EXTEND", b"\xff", "UTF-8"),
]


@pytest.mark.parametrize(("left", "op", "right", "because"), PROBLEMS, ids=repr)
def test_an_operator_refuses_this(left: Any, op: str, right: Any, because: str):
    with pytest.raises(VarSubError, match=because):
        operate(Op[op], left, right)


NOT_JSON: list[tuple[Any, Any]] = [
    (b"bytes", "bytes"),
    (WfRunId("a_b"), "a_b"),
]
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("op", ["ADD", "EXTEND"])
@pytest.mark.parametrize(("value", "text"), NOT_JSON, ids=["BYTES", "WF_RUN_ID"])
def test_what_json_cannot_hold_goes_into_an_array_as_text(op: str, value: Any, text: str):
    def story(wf: WorkflowThread) -> None:
        wf.mutate(wf.declare_json_arr("items", [1]), op, value)

    assert Play(story).start().variables == {"items": [1, text]}


@pytest.mark.parametrize(("value", "text"), NOT_JSON, ids=["BYTES", "WF_RUN_ID"])
def test_what_json_cannot_hold_goes_to_a_path_as_text(value: Any, text: str):
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("j", {})["at"] = value

    assert Play(story).start().variables == {"j": {"at": text}}


@pytest.mark.parametrize("value", [b"\xff", MOMENT], ids=["bytes that are no text", "TIMESTAMP"])
@pytest.mark.parametrize("place", ["items", "j"])
def test_what_is_no_text_without_a_word_does_not_go_into_json(value: Any, place: str):
    def story(wf: WorkflowThread) -> None:
        if place == "items":
            wf.mutate(wf.declare_json_arr("items", [1]), "ADD", value)
        else:
            wf.declare_json_obj("j", {})["at"] = value

    play = Play(story).start()
    assert (play.status, play.failure(0).name) == ("ERROR", "VAR_SUB_ERROR")


@pytest.mark.parametrize("op", list(Op))
@pytest.mark.parametrize("left", [1, 1.5, True, "a", [1], {"a": 1}, b"a", None], ids=repr)
@pytest.mark.parametrize("right", [2, 2.5, False, "b", [2], {"b": 2}, b"b"], ids=repr)
def test_registration_and_run_agree_on_which_types_go_together(op: Op, left: Any, right: Any):
    """What is registered with both types known can fail for the values only, and gives that type."""
    kinds = {
        int: T.INT,
        float: T.DOUBLE,
        bool: T.BOOL,
        str: T.STR,
        list: T.JSON_ARR,
        dict: T.JSON_OBJ,
        bytes: T.BYTES,
    }
    try:
        promised = result_type(op, kinds.get(type(left)), kinds[type(right)])
    except ValueError:
        with pytest.raises(VarSubError):
            operate(op, left, right)
        return
    try:
        found = operate(op, left, right)
    except VarSubError as error:
        assert left is None or op is Op.REMOVE_INDEX, f"registration let {error} pass"
        return
    if promised is not None:
        assert kinds[type(found)] is promised


def test_e1_a_text_is_extended():
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.declare_str("s").extend("-suffix"))

    assert Play(story).start(s="hello").output == "hello-suffix"


@pytest.mark.parametrize("result", [137, None])
def test_e2_an_expression_changes_nothing_but_its_target(result: Any):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        wf.declare_int("result", 0).assign(wf.execute("add-one", x + 1))

    play = Play(story, task_def("add-one", "INT", n="INT")).start(x=1, result=result)
    assert play.inputs == {"n": 2}
    assert play.succeed(3).variables == {"x": 1, "result": 3}


@pytest.mark.parametrize(
    ("lhs", "rhs", "kind", "expected"),
    [
        (5, 2, "DOUBLE", 2.0),
        (5.0, 2, "DOUBLE", 2.5),
        (5, 2.0, "DOUBLE", 2.5),
        (5.0, 2.0, "DOUBLE", 2.5),
        (5, 2, "INT", 2),
        (5.0, 2.0, "INT", 2),
        (-5.0, 2.0, "INT", -2),
        (1805.4, 2, "INT", 902),
        (5, 2.0, "STR", "2.5"),
    ],
)
def test_e4_untyped_arithmetic_is_decided_by_the_values(lhs: Any, rhs: Any, kind: str, expected: Any):
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        wf.add_variable("result", T[kind]).assign(j.get("lhs") / j.get("rhs"))

    found = Play(story).start(j={"lhs": lhs, "rhs": rhs}).variables["result"]
    assert (found, type(found)) == (expected, type(expected))


def test_an_untyped_double_that_was_not_calculated_does_not_become_an_int():
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("n").assign(wf.declare_json_obj("j").get("v"))

    play = Play(story).start(j={"v": 2.0})
    assert (play.status, "DOUBLE" in play.message) == ("ERROR", True)


def test_a_double_expression_into_an_int_needs_a_cast():
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("n").assign(wf.declare_double("d") / 2)

    with pytest.raises(InvalidSpec, match="Cannot assign DOUBLE to INT without explicit casting"):
        Play(story)


@pytest.mark.parametrize(
    ("op", "by", "expected"), [("DIVIDE", 2.0, 2), ("ADD", 1.9, 6), ("MULTIPLY", 0.5, 2)]
)
def test_an_int_that_is_changed_by_a_double_is_cut(op: str, by: float, expected: int):
    def story(wf: WorkflowThread) -> None:
        wf.mutate(wf.declare_int("n", 5), op, by)

    found = Play(story).start().variables["n"]
    assert (found, type(found)) == (expected, int)


def test_e5_a_null_in_an_expression_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        wf.declare_double("total").assign(j.get("q") * j.get("price") * (1.0 - j.get("pct") / 100.0))

    play = Play(story).start(j={"q": 2, "price": 3.5, "pct": None})
    assert (play.status, play.failure(0).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "null" in play.message
    assert Play(story).start(j={"q": 2, "price": 3.5, "pct": 50}).variables["total"] == 3.5


def test_b2_a_path_on_the_left_side_changes_one_place():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        j["sub"]["bar"] += 11
        j["new"] = j.get("sub").get("foo")
        wf.mutate(j.get("list"), "ADD", 3)
        wf.mutate(j.get("list"), "REMOVE_INDEX", 0)

    play = Play(story).start(j={"sub": {"foo": "hello", "bar": 5}, "list": [1, 2], "baz": 137})
    assert play.variables == {
        "j": {"sub": {"foo": "hello", "bar": 16}, "list": [2, 3], "baz": 137, "new": "hello"}
    }


def test_e8_a_missing_object_above_the_place_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("j")["foo"]["bar"] = "baz"

    play = Play(story).start(j={})
    assert (play.status, "missing property" in play.message) == ("ERROR", True)
    assert Play(story).start(j={"foo": {}}).variables == {"j": {"foo": {"bar": "baz"}}}


def test_a_path_of_a_variable_that_is_null_cannot_be_written():
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("j")["foo"] = 1

    play = Play(story).start()
    assert (play.status, "is null" in play.message) == ("ERROR", True)


def test_e14_a_list_loses_what_it_is_told_to_lose():
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_json_arr("items")
        for operation, value in (
            ("REMOVE_IF_PRESENT", 5),
            ("REMOVE_IF_PRESENT", "hello"),
            ("REMOVE_INDEX", 3),
        ):
            wf.mutate(items, operation, value)

    play = Play(story).start(items=["asdf", "asdf", 3, 4, 9])
    assert play.variables == {"items": ["asdf", "asdf", 3, 9]}


def test_a_mutation_does_not_change_a_value_that_two_variables_share():
    def story(wf: WorkflowThread) -> None:
        a = wf.declare_json_obj("a")
        b = wf.declare_json_obj("b")
        b.assign(a)
        b["deep"]["n"] = 2
        wf.mutate(b.get("list"), "ADD", 3)

    play = Play(story).start(a={"deep": {"n": 1}, "list": []})
    assert play.variables == {
        "a": {"deep": {"n": 1}, "list": []},
        "b": {"deep": {"n": 2}, "list": [3]},
    }


def test_a_default_is_not_changed_by_the_runs_that_start_with_it():
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_json_arr("items", [1])
        items += 2
        j = wf.declare_json_obj("j", {"a": {}})
        j["a"]["b"] = 1

    play = Play(story).start()
    assert play.variables == {"items": [1, 2], "j": {"a": {"b": 1}}}
    assert Play(story).start().variables == play.variables


GROWING = {
    "a text": ("STR", "x" * 1000, "EXTEND"),
    "an array": ("JSON_ARR", ["x" * 1000], "EXTEND"),
    "an array in itself": ("JSON_ARR", ["x" * 1000], "ADD"),
}


@pytest.mark.parametrize("name", GROWING)
def test_a_value_that_grows_over_the_limit_fails_the_node(name: str):
    kind, value, operation = GROWING[name]

    def story(wf: WorkflowThread) -> None:
        v = wf.add_variable("v", T[kind])
        wf.do_while(True, lambda wf: wf.mutate(v, operation, v))

    play = Play(story).start(v=value)
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")
    assert "PAYLOAD_BYTES_MAX" in play.message and str(PAYLOAD_BYTES_MAX) in play.message


def test_a_value_at_a_path_that_grows_over_the_limit_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        wf.do_while(True, lambda wf: wf.mutate(j.get("a"), "ASSIGN", j))

    play = Play(story).start(j={"a": "x" * 1000, "b": {}})
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")


def test_a_format_string_that_grows_over_the_limit_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        v = wf.declare_str("v")
        wf.do_while(True, lambda wf: v.assign(wf.format("{0}{0}", v)))

    play = Play(story).start(v="x" * 1000)
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")


def test_json_that_nests_too_deep_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        v = wf.declare_json_arr("v")
        w = wf.declare_json_arr("w")

        def body(wf: WorkflowThread) -> None:
            w.assign(v)
            v.assign([])
            wf.mutate(v, "ADD", w)

        wf.do_while(True, body)

    play = Play(story).start(v=[])
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")
    assert "levels deep" in play.message

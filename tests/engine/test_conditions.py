"""The story of comparisons: what compares to what, and what is in what (features.md 7, D1 to D8)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.engine.language.values import VarSubError, compare, same
from lhredis.errors import InvalidSpec
from lhredis.model.enums import Comparator
from lhredis.model.values import WfRunId
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play

FAILS = "VAR_SUB_ERROR"
OBJ: dict[str, Any] = {"a": 1}

INCOMPARABLE: list[tuple[Any, Any]] = [
    (OBJ, OBJ),
    ([0], [0]),
    (False, "false"),
    (1, 1.0),
    (1, "one"),
    (2, "2"),
    (2, OBJ),
    (True, 1),
    (0, False),
    (1.0, "1.0"),
    ([1], OBJ),
]

TRUE_OF = {
    # comparator: what is (lhs < rhs, lhs = rhs, lhs > rhs)
    "LESS_THAN": (True, False, False),
    "LESS_THAN_EQ": (True, True, False),
    "EQUALS": (False, True, False),
    "NOT_EQUALS": (True, False, True),
    "GREATER_THAN_EQ": (False, True, True),
    "GREATER_THAN": (False, False, True),
}

RANKED: list[tuple[Any, Any, int]] = [
    # (lhs, rhs, 0 for less, 1 for equal, 2 for greater)
    (1, 2, 0),
    (2, 2, 1),
    (2, 1, 2),
    (-(2**63), 2**63 - 1, 0),
    (2**53 + 1, 2**53, 2),
    (1.0, 2.0, 0),
    (1.0, 1.0, 1),
    (5.4, 4.0, 2),
    ("hi", "hi", 1),
    ("a", "b", 0),
    ("b", "a", 2),
    ("a", "B", 2),
    ("", "a", 0),
    ("10", "9", 0),
    (False, True, 0),
    (True, True, 1),
    (None, None, 1),
    (None, 0, 0),
    (None, False, 0),
    (None, "", 0),
    ("", None, 2),
    (None, OBJ, 0),
    ([0], None, 2),
]


def compared(lhs: Any, comparator: str, rhs: Any) -> str | bool:
    """What a run makes of `lhs comparator rhs`, both read from JSON: the way of D1 to D8."""

    def story(wf: WorkflowThread) -> None:
        i = wf.declare_json_obj("input")
        test = wf.condition(i.get("lhs"), Comparator[comparator], i.get("rhs"))
        wf.do_if(test, lambda wf: wf.complete(True), lambda wf: wf.complete(False))

    play = Play(story).start(input={"lhs": lhs, "rhs": rhs})
    if play.status == "COMPLETED":
        return bool(play.output)
    assert (play.status, play.position) == ("ERROR", 1)
    return play.failure().name


@pytest.mark.parametrize("comparator", TRUE_OF)
@pytest.mark.parametrize(("lhs", "rhs", "rank"), RANKED, ids=repr)
def test_values_of_one_type_are_ordered(comparator: str, lhs: Any, rhs: Any, rank: int):
    assert compared(lhs, comparator, rhs) is TRUE_OF[comparator][rank]


@pytest.mark.parametrize("comparator", TRUE_OF)
@pytest.mark.parametrize(("lhs", "rhs"), INCOMPARABLE, ids=repr)
def test_d1_to_d6_values_of_two_types_and_json_do_not_compare(comparator: str, lhs: Any, rhs: Any):
    assert compared(lhs, comparator, rhs) == FAILS
    assert compared(rhs, comparator, lhs) == FAILS


IN: list[tuple[Any, Any, Any]] = [
    (OBJ, OBJ, False),
    ("hi", {"hi": 2}, True),
    (2, {"hi": 2}, False),
    (2, {"2": 0}, True),
    ([0], [0], False),
    (0, [0], True),
    (1, [1.0], False),
    (True, [1], False),
    ([0], [[0]], True),
    (OBJ, [OBJ], True),
    ({"a": 1.0}, [OBJ], False),
    (None, [None], True),
    (None, [1], False),
    (None, {"null": 1}, False),
    (None, "null", False),
    (1, "one", False),
    ("o", "one", True),
    (2, "2", True),
    (2, OBJ, False),
    ("", "one", True),
    (True, "it is true", True),
    ("a", 1.0, FAILS),
    (1, 1.0, FAILS),
    (1, 1, FAILS),
    (1, None, FAILS),
    (1, True, FAILS),
]


@pytest.mark.parametrize(("lhs", "rhs", "expected"), IN, ids=repr)
def test_d7_what_is_in_what(lhs: Any, rhs: Any, expected: Any):
    assert compared(lhs, "IN", rhs) == expected


@pytest.mark.parametrize(("lhs", "rhs", "expected"), IN, ids=repr)
def test_d8_not_in_is_the_opposite_of_in(lhs: Any, rhs: Any, expected: Any):
    assert compared(lhs, "NOT_IN", rhs) == (expected if expected == FAILS else not expected)


EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("comparator", TRUE_OF)
@pytest.mark.parametrize(
    ("low", "high"),
    [(EARLY, LATE), (b"a", b"b"), (WfRunId("a"), WfRunId("b"))],
    ids=["TIMESTAMP", "BYTES", "ID"],
)
def test_values_that_json_cannot_hold_are_ordered_too(comparator: str, low: Any, high: Any):
    expected = TRUE_OF[comparator]
    found = [compare(*pair) for pair in (
        (low, Comparator[comparator], high), (low, Comparator[comparator], low), (high, Comparator[comparator], low)
    )]  # fmt: skip
    assert found == list(expected)


def test_a_run_id_is_not_a_text():
    with pytest.raises(VarSubError, match="WF_RUN_ID to STR"):
        compare(WfRunId("a"), Comparator.EQUALS, "a")


def test_comparing_types_that_are_known_to_differ_is_refused_at_registration():
    def story(wf: WorkflowThread) -> None:
        wf.do_if(wf.declare_int("n") == wf.declare_str("s"), lambda wf: None)

    with pytest.raises(InvalidSpec, match="cannot compare INT to STR"):
        Play(story)


def test_comparing_with_a_literal_null_is_always_allowed():
    def story(wf: WorkflowThread) -> None:
        wf.do_if(wf.declare_int("n") == None, lambda wf: wf.complete("null"))  # noqa: E711
        wf.complete("set")

    assert Play(story).start().output == "null"
    assert Play(story).start(n=0).output == "set"


@pytest.mark.parametrize("a", [True, False])
@pytest.mark.parametrize("b", [True, False])
def test_and_and_or_connect_bools(a: bool, b: bool):
    def story(wf: WorkflowThread) -> None:
        x, y = wf.declare_bool("x"), wf.declare_bool("y")
        both, either = wf.declare_bool("both"), wf.declare_bool("either")
        both.assign(x & y)
        either.assign(x | y)
        both &= True
        either |= False

    play = Play(story).start(x=a, y=b)
    assert (play.variables["both"], play.variables["either"]) == (a and b, a or b)


@pytest.mark.parametrize("other", [1, "true", None, 0.0])
@pytest.mark.parametrize("operation", ["AND", "OR"])
def test_and_and_or_need_two_bools(operation: str, other: Any):
    def story(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag", True)
        wf.mutate(flag, operation, wf.declare_json_obj("j").get("v"))

    play = Play(story).start(j={"v": other})
    assert (play.status, play.failure(0).name) == ("ERROR", FAILS)
    assert "two BOOLs" in play.message


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": [1]}, {"a": [1.0]}, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        (True, 1, False),
        ("1", 1, False),
        (None, None, True),
    ],
)
def test_same_tells_types_apart_at_every_depth(left: Any, right: Any, expected: bool):
    assert same(left, right) is expected

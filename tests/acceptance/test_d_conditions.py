"""D: comparisons of every kind of value, and what branches do with them."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidArgument
from lhredis.model.enums import Comparator, LHStatus
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.cars import Car
from tests.acceptance.town import Town

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR
OBJ: dict[str, Any] = {"a": 1}


@task
async def start() -> bool:
    return True


@task
async def say(flag: bool) -> bool:
    return flag


@task
async def echo(number: int) -> int:
    return number


async def compared(town: Town, comparator: Comparator, lhs: Any, rhs: Any) -> bool | str:
    """What became of `lhs comparator rhs`: the branch that was taken, or ERROR."""
    await town.work(start, say)

    def story(wf: WorkflowThread) -> None:
        given = wf.declare_json_obj("input")
        wf.execute(start)
        condition = wf.condition(given["lhs"], comparator, given["rhs"])
        wf.do_if(condition, lambda then: then.execute(say, True), lambda other: other.execute(say, False))

    await town.deploy(story)
    run = await town.play({"input": {"lhs": lhs, "rhs": rhs}})
    if run.status is ERROR:
        assert (await town.failure(run, 0, 2)).failure_name == "VAR_SUB_ERROR"
        return "ERROR"
    assert run.status is COMPLETED
    return await town.output(run, 3)


INCOMPARABLE = [
    (OBJ, OBJ),
    ([0], [0]),
    (False, "false"),
    (1, 1.0),
    (1, "one"),
    (2, "2"),
    (2, OBJ),
]

EQUALITIES = [
    (2, 1, False),
    (2, 2, True),
    ("hi", "hi", True),
    (1.0, 2.0, False),
    (1.0, 1.0, True),
    (True, True, True),
    (True, False, False),
    (None, None, True),
    (None, 1, False),
    ("hi", None, False),
]


@pytest.mark.parametrize(("lhs", "rhs", "expected"), EQUALITIES + [(*pair, "ERROR") for pair in INCOMPARABLE])
async def test_d1_equals(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.EQUALS, lhs, rhs) == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"),
    [(lhs, rhs, not equal) for lhs, rhs, equal in EQUALITIES] + [(*pair, "ERROR") for pair in INCOMPARABLE],
)
async def test_d2_not_equals(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.NOT_EQUALS, lhs, rhs) == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"),
    [(1, 2, True), (1, 1, False), (2, 1, False), ("a", "b", True), ("hi", "hi", False), (None, 1, True)]
    + [(*pair, "ERROR") for pair in INCOMPARABLE],
)
async def test_d3_less_than(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.LESS_THAN, lhs, rhs) == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"),
    [
        (1, 2, True),
        (1, 1, True),
        ("hi", "hi", True),
        ("a", "b", True),
        (1.0, 1.0, True),
        (5, 4, False),
        (None, None, True),
    ]
    + [(*pair, "ERROR") for pair in INCOMPARABLE],
)
async def test_d4_less_than_eq(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.LESS_THAN_EQ, lhs, rhs) == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"),
    [
        (1, 2, False),
        (1, 1, False),
        (2, 1, True),
        ("hi", "hi", False),
        ("a", "b", False),
        ("b", "a", True),
        (5.4, 4.0, True),
        (1, None, True),
    ]
    + [(*pair, "ERROR") for pair in INCOMPARABLE],
)
async def test_d5_greater_than(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.GREATER_THAN, lhs, rhs) == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"),
    [(1, 2, False), (1, 1, True), (2, 1, True), ("b", "a", True), (4.0, 5.4, False), (None, 1, False)]
    + [(*pair, "ERROR") for pair in INCOMPARABLE],
)
async def test_d6_greater_than_eq(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.GREATER_THAN_EQ, lhs, rhs) == expected


MEMBERSHIPS = [
    (OBJ, OBJ, False),
    ("hi", {"hi": 2}, True),
    (2, {"hi": 2}, False),
    (2, {"2": 0}, True),
    ([0], [0], False),
    ([0], [[0]], True),
    (0, [0], True),
    (0, [0.0], False),
    ("0", [0], False),
    (1, "one", False),
    ("o", "one", True),
    (2, "2", True),
    (2, OBJ, False),
    ("x", [], False),
]
NO_CONTAINERS = [(1, 1.0), (1, 1), ("a", True), (1, None)]


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"), MEMBERSHIPS + [(*pair, "ERROR") for pair in NO_CONTAINERS]
)
async def test_d7_in(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.IN, lhs, rhs) == expected


@pytest.mark.parametrize(
    ("lhs", "rhs", "expected"),
    [(lhs, rhs, not found) for lhs, rhs, found in MEMBERSHIPS] + [(*pair, "ERROR") for pair in NO_CONTAINERS],
)
async def test_d8_not_in(town: Town, lhs: Any, rhs: Any, expected: bool | str) -> None:
    assert await compared(town, Comparator.NOT_IN, lhs, rhs) == expected


HONDA = Car("Honda", "Civic", 20_000_000)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Car("Honda", "Civic", 20_000_000), True),
        (Car("Tesla", "Model Y", 5), False),
        (Car("Honda", "Civic", 5), False),
    ],
)
async def test_d10_struct_equality(town: Town, other: Car, same: bool) -> None:
    await town.struct_defs(Car)

    def story(wf: WorkflowThread) -> None:
        one, two = wf.declare_struct("one", Car), wf.declare_struct("two", Car)
        equal, differs = wf.declare_bool("equal", False), wf.declare_bool("differs", False)
        wf.do_if(one == two, lambda then: equal.assign(True))
        wf.do_if(one != two, lambda then: differs.assign(True))

    await town.deploy(story)
    variables = await town.variables(await town.run({"one": HONDA, "two": other}))
    assert (variables["equal"], variables["differs"]) == (same, not same)


# Branches


@pytest.mark.parametrize(("flag", "result"), [(True, True), (False, None)])
async def test_d11_bool_variable_as_condition(town: Town, flag: bool, result: bool | None) -> None:
    def story(wf: WorkflowThread) -> None:
        condition, found = wf.declare_bool("flag"), wf.declare_bool("result")
        wf.do_if(condition, lambda then: found.assign(True))

    await town.deploy(story)
    run = await town.run({"flag": flag})
    assert run.status is COMPLETED
    assert await town.variable(run, "result") is result


@pytest.mark.parametrize("flag", [True, False])
async def test_d11_bool_variable_with_else(town: Town, flag: bool) -> None:
    def story(wf: WorkflowThread) -> None:
        condition, found = wf.declare_bool("flag"), wf.declare_bool("result")
        wf.do_if(condition, lambda then: found.assign(True), lambda other: found.assign(False))

    await town.deploy(story)
    run = await town.run({"flag": flag})
    assert await town.variable(run, "result") is flag


async def test_d11_null_is_no_condition(town: Town) -> None:
    await town.deploy(lambda wf: wf.do_if(wf.declare_bool("flag"), lambda then: None))
    run = await town.run()
    assert run.status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


@pytest.mark.parametrize("value", [1, "true", {}, None])
async def test_d11_only_a_bool_is_a_condition(town: Town, value: Any) -> None:
    await town.deploy(lambda wf: wf.do_if(wf.declare_json_obj("j")["flag"], lambda then: None))
    run = await town.run({"j": {"flag": value}})
    assert run.status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


async def test_d11_an_int_variable_is_refused_as_a_condition(town: Town) -> None:
    with pytest.raises(InvalidArgument, match="BOOL"):
        await town.deploy(lambda wf: wf.do_if(wf.declare_int("number"), lambda then: None))


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [(True, True, True, True), (True, False, False, True), (False, False, False, False)],
)
async def test_d12_and_and_or(town: Town, a: bool, b: bool, both: bool, either: bool) -> None:
    def story(wf: WorkflowThread) -> None:
        first, second = wf.declare_bool("a"), wf.declare_bool("b")
        found = [wf.declare_bool(name, False) for name in ("both", "either")]
        wf.do_if(first & second, lambda then: found[0].assign(True))
        wf.do_if(first | second, lambda then: found[1].assign(True))

    await town.deploy(story)
    run = await town.run({"a": a, "b": b})
    variables = await town.variables(run)
    assert (variables["both"], variables["either"]) == (both, either)


@pytest.mark.parametrize(("x", "echoes"), [(1, [1, 4]), (11, [2, 3, 4]), (16, [3, 4])])
async def test_d13_nested_if_else(town: Town, x: int, echoes: list[int]) -> None:
    await town.work(echo)

    def story(wf: WorkflowThread) -> None:
        number = wf.declare_int("x")
        with wf.if_(number < 10):
            wf.execute(echo, 1)
        with wf.else_():
            with wf.if_(number < 15):
                wf.execute(echo, 2)
            wf.execute(echo, 3)
        wf.execute(echo, 4)

    await town.deploy(story)
    run = await town.play({"x": x})
    assert run.status is COMPLETED
    assert await town.outputs(run) == echoes


@pytest.mark.parametrize(("x", "branch"), [(0, "less"), (5, "five"), (7, "seven"), (8, "more"), (4, "less")])
async def test_d13_else_if(town: Town, x: int, branch: str) -> None:
    def story(wf: WorkflowThread) -> None:
        number, taken = wf.declare_int("x"), wf.declare_str("taken")
        chain = wf.do_if(number < 5, lambda then: taken.assign("less"))
        chain.do_else_if(number == 5, lambda then: taken.assign("five"))
        chain.do_else_if(number == 7, lambda then: taken.assign("seven"))
        chain.do_else(lambda other: taken.assign("more"))
        wf.complete(taken)

    await town.deploy(story)
    assert (await town.run({"x": x})).thread_runs[0].output == branch

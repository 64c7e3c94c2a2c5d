"""E: expressions: sums, texts, sizes and paths."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHStatus, VariableType
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.cars import OBI_WAN, PERSON
from tests.acceptance.town import Town

T = VariableType
COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR


@task
async def add_one(number: int) -> int:
    return number + 1


@task
async def double(number: int) -> int:
    return 2 * number


@task
async def greet(name: str) -> str:
    return f"Greetings {name}"


# Texts and sums


async def test_e1_extend_a_text(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_str("text").extend("-suffix")))
    assert (await town.run({"text": "hello"})).thread_runs[0].output == "hello-suffix"


async def test_e1_extend_a_text_in_place(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        text = wf.declare_str("text")
        text += "-suffix"
        text += 7

    await town.deploy(story)
    assert await town.variable(await town.run({"text": "hello"}), "text") == "hello-suffix7"


@pytest.mark.parametrize("before", [137, None])
async def test_e2_expression_as_task_input(town: Town, before: int | None) -> None:
    await town.work(add_one)

    def story(wf: WorkflowThread) -> None:
        x, result = wf.declare_int("x"), wf.declare_int("result")
        result.assign(wf.execute(add_one, x + 1))

    await town.deploy(story)
    run = await town.play({"x": 1, "result": before})
    assert run.status is COMPLETED
    assert await town.variables(run) == {"x": 1, "result": 3}


DIVISIONS = [
    (5, 2, 2.0),
    (5.0, 2, 2.5),
    (5, 2.0, 2.5),
    (5.0, 2.0, 2.5),
    (-5, 2, -2.0),
    (-5.0, 2, -2.5),
]


@pytest.mark.parametrize(("lhs", "rhs", "quotient"), DIVISIONS)
async def test_e4_division_of_json_into_double(town: Town, lhs: Any, rhs: Any, quotient: float) -> None:
    def story(wf: WorkflowThread) -> None:
        given, result = wf.declare_json_obj("given"), wf.declare_double("result")
        result.assign(given["lhs"] / given["rhs"])

    await town.deploy(story)
    run = await town.run({"given": {"lhs": lhs, "rhs": rhs}})
    found = await town.variable(run, "result")
    assert found == quotient and type(found) is float


@pytest.mark.parametrize(("lhs", "rhs", "quotient"), DIVISIONS)
async def test_e4_division_of_json_into_int(town: Town, lhs: Any, rhs: Any, quotient: float) -> None:
    def story(wf: WorkflowThread) -> None:
        given, result = wf.declare_json_obj("given"), wf.declare_int("result")
        result.assign(given["lhs"] / given["rhs"])

    await town.deploy(story)
    run = await town.run({"given": {"lhs": lhs, "rhs": rhs}})
    found = await town.variable(run, "result")
    assert found == int(quotient) and type(found) is int


async def test_e4_division_of_a_double_variable_into_int_is_refused(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("result").assign(wf.declare_double("d") / 2)

    with pytest.raises(InvalidArgument, match="Cannot assign DOUBLE to INT"):
        await town.deploy(story)


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ({"quantity": 3, "price": 100.0, "pct": 10}, 270.0),
        ({"quantity": 3, "price": 100.0, "pct": None}, None),
        ({"quantity": 3, "price": 100.0}, None),
    ],
)
async def test_e5_discount_that_is_null(town: Town, given: dict[str, Any], price: float | None) -> None:
    def story(wf: WorkflowThread) -> None:
        order, total = wf.declare_json_obj("order"), wf.declare_double("total")
        discount = wf.subtract(1.0, order["pct"].divide(100.0))
        total.assign(order["quantity"].multiply(order["price"]).multiply(discount))

    await town.deploy(story)
    run = await town.run({"order": given})
    if price is None:
        await town.failed_at(run, 0, "null")
    assert await town.variable(run, "total") == price


@pytest.mark.parametrize(("a", "b", "sum_"), [(900, 2.7, 902), (1.9, -0.5, 1), (-1.9, 0, -1), (2, 3, 5)])
async def test_e5_a_sum_of_json_into_int_is_cut(town: Town, a: Any, b: Any, sum_: int) -> None:
    def story(wf: WorkflowThread) -> None:
        json, result = wf.declare_json_obj("json"), wf.declare_int("result")
        result.assign(json["a"] + json["b"])

    await town.deploy(story)
    found = await town.variable(await town.run({"json": {"a": a, "b": b}}), "result")
    assert found == sum_ and type(found) is int


async def test_e5_a_double_of_json_into_int_is_not(town: Town) -> None:
    await town.deploy(lambda wf: wf.declare_int("result").assign(wf.declare_json_obj("json")["a"]))
    await town.failed_at(await town.run({"json": {"a": 12.3}}), 0, "DOUBLE")


@pytest.mark.parametrize(
    ("template", "args", "text"),
    [
        ("Hi {0}!", ["Leia"], "Hi Leia!"),
        ("{1} {0} {1}", ["a", "b"], "b a b"),
        ("{0} of {1}", [1234, 1.5], "1234 of 1.5"),
        ("{0}", [None], "null"),
        ("{0}", [True], "true"),
    ],
)
async def test_e6_format_string(town: Town, template: str, args: list[Any], text: str) -> None:
    def story(wf: WorkflowThread) -> None:
        given = wf.declare_json_arr("args")
        wf.complete(wf.format(template, *(given[index] for index in range(len(args)))))

    await town.deploy(story)
    assert (await town.run({"args": args})).thread_runs[0].output == text


# Sizes


@pytest.mark.parametrize(
    ("kind", "value", "size"),
    [
        (list[int], [7, 8, 9], 3),
        (list[str], [], 0),
        (T.JSON_ARR, [1, "two", None, {}], 4),
        (T.JSON_ARR, [], 0),
        (T.STR, "hello!", 6),
        (T.STR, "", 0),
    ],
)
async def test_e10_size(town: Town, kind: VariableType | type, value: Any, size: int) -> None:
    await town.work(double)

    def story(wf: WorkflowThread) -> None:
        variable, result = wf.add_variable("v", kind), wf.declare_int("size")
        branch = wf.declare_str("branch", "small")
        result.assign(variable.size())
        wf.execute(double, variable.size())
        wf.do_if(variable.size() > 2, lambda then: branch.assign("gt2"))

    await town.deploy(story)
    run = await town.play({"v": value})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [2 * size]
    variables = await town.variables(run)
    assert variables["size"] == size
    assert variables["branch"] == ("gt2" if size > 2 else "small")


@pytest.mark.parametrize("value", [7, 1.5, True, {"a": 1}, None])
async def test_e11_size_of_what_has_none(town: Town, value: Any) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("size").assign(wf.declare_json_obj("json")["v"].size())

    await town.deploy(story)
    await town.failed_at(await town.run({"json": {"v": value}}), 0, "Cannot resolve size()")


async def test_e11_size_by_json_path(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        json, size = wf.declare_json_obj("json"), wf.declare_int("size")
        size.assign(json["v"].size())

    await town.deploy(story)
    for value, size in (([1, 2], 2), ("abc", 3)):
        assert await town.variable(await town.run({"json": {"v": value}}), "size") == size


@pytest.mark.parametrize("kind", [T.INT, T.BOOL, T.DOUBLE])
async def test_e11_size_of_a_variable_that_has_none_is_refused(town: Town, kind: VariableType) -> None:
    with pytest.raises(InvalidArgument, match=r"size\(\)"):
        await town.deploy(lambda wf: wf.complete(wf.add_variable("v", kind).size()))


# Paths


@task
async def look_up(name: str) -> str:
    return f"Looking up {name}"


@task
async def call(number: str) -> str:
    return f"Calling {number}"


@pytest.mark.parametrize("kind", ["struct", "json"])
async def test_e17_paths(town: Town, kind: str) -> None:
    await town.struct_defs(person=PERSON)
    await town.work(greet, look_up, call)

    def story(wf: WorkflowThread) -> None:
        person = wf.declare_struct("person", "person") if kind == "struct" else wf.declare_json_obj("person")
        wf.execute(greet, person.get("name"))
        wf.execute(look_up, person.get("friends").get(0))
        wf.execute(call, person.get("phoneNumbers").get("home"))

    await town.deploy(story)
    run = await town.play({"person": OBI_WAN})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [
        "Greetings Obi-Wan Kenobi",
        "Looking up Yoda",
        "Calling 111-222-3344",
    ]


@pytest.mark.parametrize("kind", ["struct", "json"])
async def test_e17_paths_that_lead_nowhere_read_null(town: Town, kind: str) -> None:
    await town.struct_defs(person=PERSON)

    def story(wf: WorkflowThread) -> None:
        person = wf.declare_struct("person", "person") if kind == "struct" else wf.declare_json_obj("person")
        friend, number = wf.declare_str("friend", "x"), wf.declare_str("number", "x")
        friend.assign(person["friends"][7])
        number.assign(person["phoneNumbers"]["work"])

    await town.deploy(story)
    run = await town.run({"person": OBI_WAN})
    assert run.status is COMPLETED
    variables = await town.variables(run)
    assert (variables["friend"], variables["number"]) == (None, None)


async def test_e17_a_field_that_a_struct_does_not_have_is_refused(town: Town) -> None:
    await town.struct_defs(person=PERSON)
    with pytest.raises(InvalidArgument, match="'rank'"):
        await town.deploy(lambda wf: wf.complete(wf.declare_struct("person", "person")["rank"]))


@pytest.mark.parametrize("kind", ["struct", "json"])
async def test_e17_writing_at_paths(town: Town, kind: str) -> None:
    await town.struct_defs(person=PERSON)

    def story(wf: WorkflowThread) -> None:
        person = wf.declare_struct("person", "person") if kind == "struct" else wf.declare_json_obj("person")
        person["name"] = "Ben"
        person["friends"][1] = "Leia"
        person["phoneNumbers"]["work"] = "999"
        person["address"]["number"] += 41
        wf.complete(
            wf.format(
                "{0} {1} {2} {3}",
                person["name"],
                person["friends"][1],
                person["phoneNumbers"]["work"],
                person["address"]["number"],
            )
        )

    await town.deploy(story)
    run = await town.run({"person": OBI_WAN})
    assert run.thread_runs[0].output == "Ben Leia 999 42"

"""E7 to E9 and E13 to E16: what the mutations of edges do to variables."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHStatus, VariableMutationType, VariableType
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town

T = VariableType
COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR


@task
async def add_one(number: int) -> int:
    return number + 1


# Writing into JSON


@pytest.mark.parametrize("before", [{"foo": "old", "x": 1}, {"foo": {"a": 1}}, {}])
async def test_e7_write_into_json(town: Town, before: dict[str, Any]) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("json")["foo"] = "bar"

    await town.deploy(story)
    run = await town.run({"json": before})
    assert run.status is COMPLETED
    assert await town.variable(run, "json") == before | {"foo": "bar"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, None),
        ({"other": 1}, None),
        ({"foo": None}, None),
        ({"foo": {}}, {"foo": {"bar": "baz"}}),
        ({"foo": {"bar": 1, "x": 2}}, {"foo": {"bar": "baz", "x": 2}}),
    ],
)
async def test_e8_write_deep_into_json(town: Town, before: dict[str, Any], after: Any) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("json")["foo"]["bar"] = "baz"

    await town.deploy(story)
    run = await town.run({"json": before})
    if after is None:
        await town.failed_at(run, 0, "missing property")
    assert await town.variable(run, "json") == (before if after is None else after)


async def test_e8_a_missing_path_reads_as_null(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        json = wf.declare_json_obj("json")
        wf.complete(json["no"]["such"]["place"] == None)  # noqa: E711

    await town.deploy(story)
    for given in ({"a": 1}, {"no": None}, {"no": {"such": []}}, None):
        assert (await town.run({"json": given})).thread_runs[0].output is True


async def test_e9_writing_into_arrays_of_json(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        json = wf.declare_json_obj("json")
        json["items"][1]["n"] += 5
        json["items"][0] = "first"

    await town.deploy(story)
    run = await town.run({"json": {"items": [0, {"n": 1}]}})
    assert await town.variable(run, "json") == {"items": ["first", {"n": 6}]}
    await town.failed_at(await town.run({"json": {"items": [0]}}), 0)


async def test_e9_a_json_path_into_a_text_is_refused(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.declare_json_obj("json").with_json_path("$.a"))

    def retype(form: Any) -> None:
        form["thread_specs"]["entrypoint"]["variable_defs"][0]["var_def"]["type_def"] = "STR"

    with pytest.raises(InvalidArgument, match="STR"):
        await town.deploy_changed(story, retype)


# Mutations


def divide_after_changes(wf: WorkflowThread) -> None:
    my_int, my_double = wf.declare_int("my-int"), wf.declare_double("my-double", 2.0)
    my_json = wf.declare_json_obj("my-json", {"n": 1})
    wf.execute(add_one, my_int)
    my_double *= my_int
    my_json["n"] = my_int
    my_int += 8
    my_double /= my_int
    wf.execute(add_one, my_int)


async def test_e13_rollback(town: Town) -> None:
    await town.work(add_one)
    await town.deploy(divide_after_changes)
    run = await town.play({"my-int": -8})
    await town.failed_at(run, 1, "Cannot divide by zero")
    assert await town.variables(run) == {"my-int": -8, "my-double": 2.0, "my-json": {"n": 1}}
    assert len(await town.task_runs(run)) == 1


async def test_e13_each_mutation_sees_the_ones_before(town: Town) -> None:
    await town.work(add_one)
    await town.deploy(divide_after_changes)
    run = await town.play({"my-int": -6})
    assert run.status is COMPLETED
    assert await town.variables(run) == {"my-int": 2, "my-double": -6.0, "my-json": {"n": -6}}


async def test_e13_a_mutation_that_fails_is_handled_where_its_node_is(town: Town) -> None:
    await town.work(add_one)

    def story(wf: WorkflowThread) -> None:
        n, handled = wf.declare_int("n", 7), wf.declare_bool("handled", False)
        called = wf.execute(add_one, 1)
        wf.handle_error(called, lambda handler: handled.assign(True), "VAR_SUB_ERROR")
        n += 1
        n /= 0
        wf.complete(n)

    await town.deploy(story)
    run = await town.play()
    assert run.status is COMPLETED
    assert run.thread_runs[0].output == 7
    assert await town.variable(run, "handled") is True
    failure = await town.failure(run, 0, 1)
    assert failure.was_properly_handled and failure.failure_handler_threadrun_id == 1


async def test_e13_the_output_of_a_node_that_did_not_run(town: Town) -> None:
    await town.work(add_one)
    outputs = []

    def story(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("runs")):
            outputs.append(wf.execute(add_one, 1))
        wf.execute(add_one, outputs[-1])

    await town.deploy(story)
    assert await town.outputs(await town.play({"runs": True})) == [2, 3]
    await town.failed_at(await town.run({"runs": False}), 3, "no output")


async def test_e13_no_edge_holds(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("flag")):
            wf.complete(1)
        with wf.else_():
            wf.complete(2)

    def drop_else(form: Any) -> None:
        nodes = form["thread_specs"]["entrypoint"]["nodes"]
        (nop,) = (node for name, node in nodes.items() if name.endswith("NOP"))
        assert len(nop["outgoing_edges"]) == 2
        del nop["outgoing_edges"][1]
        (gone,) = (name for name in nodes if name.startswith("3-"))
        del nodes[gone]

    await town.deploy_changed(story, drop_else)
    assert (await town.run({"flag": True})).thread_runs[0].output == 1
    await town.failed_at(await town.run({"flag": False}), 1)


async def test_e14_removals_from_a_list(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_json_arr("items")
        items.assign(items.remove_if_present(5))
        items.assign(items.remove_if_present("hello"))
        items.assign(items.remove_index(3))

    await town.deploy(story)
    run = await town.run({"items": ["asdf", "asdf", 3, 4, 9]})
    assert await town.variable(run, "items") == ["asdf", "asdf", 3, 9]


Op = VariableMutationType


@pytest.mark.parametrize(
    ("operation", "before", "operand", "after"),
    [
        (Op.REMOVE_IF_PRESENT, ["a", "b", "a"], "a", ["b", "a"]),
        (Op.REMOVE_IF_PRESENT, [1, 1.0, "1"], 1.0, [1, "1"]),
        (Op.REMOVE_INDEX, [1, 2, 3], 0, [2, 3]),
        (Op.REMOVE_INDEX, [1, 2, 3], 3, None),
        (Op.REMOVE_INDEX, [], 0, None),
        (Op.ADD, [1], "x", [1, "x"]),
        (Op.ADD, [1], [2, 3], [1, [2, 3]]),
        (Op.EXTEND, [1], [2, 3], [1, 2, 3]),
    ],
)
async def test_e14_mutations_of_a_list(
    town: Town, operation: VariableMutationType, before: list[Any], operand: Any, after: list[Any] | None
) -> None:
    await town.deploy(lambda wf: wf.mutate(wf.declare_json_arr("items"), operation, operand))
    run = await town.run({"items": before})
    if after is None:
        await town.failed_at(run, 0)
    assert await town.variable(run, "items") == (before if after is None else after)


@pytest.mark.parametrize(("key", "after"), [("a", {"b": 2}), ("nobody", {"a": 1, "b": 2})])
async def test_e15_remove_key(town: Town, key: str, after: dict[str, Any]) -> None:
    await town.deploy(lambda wf: wf.mutate(wf.declare_json_obj("json"), Op.REMOVE_KEY, key))
    assert await town.variable(await town.run({"json": {"a": 1, "b": 2}}), "json") == after


@pytest.mark.parametrize(
    ("base", "exponent", "power"),
    [
        (2, 3, 8),
        (2, -1, 0),
        (0, 0, 1),
        (-2, 3, -8),
        (1, -5, 1),
        (-1, -3, -1),
        (2.0, 3, 8.0),
        (2, 3.0, 8.0),
        (2.0, -1, 0.5),
        (4, 0.5, 2.0),
        (0, -1, None),
        (0.0, -1.0, None),
        (10, 400, None),
        (10.0, 400, None),
        (-8.0, 0.5, None),
    ],
)
async def test_e16_pow(town: Town, base: Any, exponent: Any, power: Any) -> None:
    def story(wf: WorkflowThread) -> None:
        json = wf.declare_json_obj("json")
        json["power"] = json["base"].pow(json["exponent"])

    await town.deploy(story)
    run = await town.run({"json": {"base": base, "exponent": exponent}})
    if power is None:
        await town.failed_at(run, 0)
    else:
        found = (await town.variable(run, "json"))["power"]
        assert found == power and type(found) is type(power)


@pytest.mark.parametrize(
    ("operation", "a", "b", "result"),
    [
        (Op.ADD, 2**63 - 1, 1, None),
        (Op.MULTIPLY, 2**62, 2, None),
        (Op.SUBTRACT, -(2**63), 1, None),
        (Op.ADD, 2**53 + 1, 1, 2**53 + 2),
        (Op.DIVIDE, -7, 2, -3),
        (Op.DIVIDE, 7, -2, -3),
    ],
)
async def test_e16_whole_numbers_stay_whole(
    town: Town, operation: VariableMutationType, a: int, b: int, result: int | None
) -> None:
    await town.deploy(lambda wf: wf.mutate(wf.declare_int("a"), operation, wf.declare_int("b")))
    run = await town.run({"a": a, "b": b})
    if result is None:
        await town.failed_at(run, 0)
    assert await town.variable(run, "a") == (a if result is None else result)

"""F1 to F11: native arrays and maps."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus, ThreadType
from lhredis.model.native import Array, Map
from lhredis.model.value_types import ArrayType
from lhredis.worker import LHType, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.cars import Car, car
from tests.acceptance.town import Town

COMPLETED, ERROR = LHStatus.COMPLETED, LHStatus.ERROR
Numbers = Annotated[list[int], LHType(array=True)]
Table = Annotated[dict[str, int], LHType(map=True)]


def numbers(*items: int) -> Array:
    return Array("INT", items)


@task
async def reverse(items: Numbers) -> Numbers:
    return items[::-1]


@task
async def raise_all(prices: Table) -> Table:
    return {name: price + 1 for name, price in prices.items()}


# Arrays


@pytest.mark.parametrize("items", [[], [1, 2, 3], [-(2**63), 2**63 - 1], [None, 1]])
async def test_f1_arrays_are_assignable(town: Town, items: list[int]) -> None:
    def story(wf: WorkflowThread) -> None:
        copy = wf.declare_array("copy", int)
        copy.assign(wf.declare_array("items", int))
        wf.complete(copy)

    await town.deploy(story)
    for given in (items, numbers(*items)):
        run = await town.run({"items": given})
        assert run.status is COMPLETED
        assert run.thread_runs[0].output == numbers(*items)


async def test_f1_a_literal_array_is_assignable(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        empty, filled = wf.declare_array("empty", int), wf.declare_array("filled", int)
        empty.assign([])
        filled.assign([1, 2, 3])

    await town.deploy(story)
    assert await town.variables(await town.run()) == {"empty": numbers(), "filled": numbers(1, 2, 3)}


async def test_f1_get_and_contains(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_array("items", int)
        second, missing = wf.declare_int("second"), wf.declare_int("missing", 7)
        has_two, has_nine = wf.declare_bool("has-two"), wf.declare_bool("has-nine")
        second.assign(items.get(1))
        missing.assign(items.get(9))
        has_two.assign(items.does_contain(2))
        has_nine.assign(items.does_contain(9))

    await town.deploy(story)
    found = await town.variables(await town.run({"items": [1, 2, 3]}))
    assert (found["second"], found["missing"]) == (2, None)
    assert (found["has-two"], found["has-nine"]) == (True, False)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (lambda items: items.extend(4), [1, 2, 3, 4]),
        (lambda items: items.extend([4, 5, 6]), [1, 2, 3, 4, 5, 6]),
        (lambda items: items.extend(items), [1, 2, 3, 1, 2, 3]),
        (lambda items: items.remove_if_present(2), [1, 3]),
        (lambda items: items.remove_if_present(9), [1, 2, 3]),
        (lambda items: items.remove_index(1), [1, 3]),
    ],
)
async def test_f1_operations(town: Town, change: Any, after: list[int]) -> None:
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_array("items", int)
        items.assign(change(items))

    await town.deploy(story)
    run = await town.run({"items": [1, 2, 3]})
    assert await town.variable(run, "items") == numbers(*after)


async def test_f1_an_index_out_of_range_is_not_removed(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_array("items", int)
        items.assign(items.remove_index(3))

    await town.deploy(story)
    run = await town.run({"items": [1, 2, 3]})
    assert run.status is ERROR
    assert (await town.failure(run, 0, 0)).failure_name == "VAR_SUB_ERROR"


@pytest.mark.parametrize("operation", ["ADD", "SUBTRACT", "MULTIPLY"])
async def test_f1_arithmetic_with_arrays_is_refused(town: Town, operation: str) -> None:
    with pytest.raises(InvalidArgument, match=operation):
        await town.deploy(lambda wf: wf.mutate(wf.declare_array("items", int), operation, 1))


async def test_f1_arrays_go_to_tasks_and_come_back(town: Town) -> None:
    await town.work(reverse)
    await town.deploy(lambda wf: wf.complete(wf.execute(reverse, wf.declare_array("items", int))))
    assert (await town.play({"items": [1, 2, 3]})).thread_runs[0].output == numbers(3, 2, 1)


@pytest.mark.parametrize("given", [[1, "two"], [1.5], [[1]], "no array", 7, {"a": 1}])
async def test_f2_what_is_no_array_of_ints(town: Town, given: Any) -> None:
    await town.deploy(lambda wf: wf.declare_array("my-items", int))
    with pytest.raises(InvalidArgument, match="my-items"):
        await town.run({"my-items": given}, id="f2")
    with pytest.raises(NotFound):
        await town.client.get_wf_run("f2")


async def test_f2_what_a_client_says_of_the_items_counts_for_nothing(town: Town) -> None:
    await town.deploy(lambda wf: wf.declare_array("items", int))
    run = await town.run({"items": Array("STR", [1, 2])})
    assert await town.variable(run, "items") == numbers(1, 2)


async def test_f4_arrays_of_arrays(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        rows = wf.declare_array("rows", list[int])
        rows.assign(rows.extend(wf.declare_array("row", int)))
        wf.complete(rows[1][0])

    await town.deploy(story)
    run = await town.run({"rows": [[1, 2, 3]], "row": [4, 5, 6]})
    assert await town.variable(run, "rows") == Array(
        ArrayType(numbers().type.element), [numbers(1, 2, 3), numbers(4, 5, 6)]
    )
    assert run.thread_runs[0].output == 4


async def test_f5_for_each_over_a_native_array(town: Town) -> None:
    def each(thread: WorkflowThread) -> None:
        thread.complete(thread.declare_int("INPUT") * 2)

    def story(wf: WorkflowThread) -> None:
        items = wf.declare_array("items", int)
        wf.wait_for_threads(wf.spawn_thread_for_each(items, each, "each"))

    await town.deploy(story)
    run = await town.run({"items": [7, 8, 9]})
    assert run.status is COMPLETED
    assert [thread.status for thread in run.thread_runs] == [COMPLETED] * 4
    assert [thread.type for thread in run.thread_runs[1:]] == [ThreadType.CHILD] * 3
    assert [thread.output for thread in run.thread_runs[1:]] == [14, 16, 18]


async def test_f5_for_each_over_an_array_of_structs(town: Town) -> None:
    await town.struct_defs(Car)

    def each(thread: WorkflowThread) -> None:
        thread.complete(thread.declare_struct("INPUT", Car)["make"])

    def story(wf: WorkflowThread) -> None:
        cars = wf.declare_array("cars", Car)
        wf.wait_for_threads(wf.spawn_thread_for_each(cars, each, "each"))

    await town.deploy(story)
    run = await town.run({"cars": [Car("Honda", "Civic", 1), Car("Ford", "Bronco", 2)]})
    assert run.status is COMPLETED
    assert [thread.output for thread in run.thread_runs[1:]] == ["Honda", "Ford"]


# Maps


async def test_f6_reading_and_writing_a_map(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        prices, found = wf.declare_map("prices", str, int), wf.declare_int("found")
        missing, has = wf.declare_int("missing", 7), wf.declare_bool("has")
        found.assign(prices.get("apple"))
        missing.assign(prices.get("nobody"))
        has.assign(prices.does_contain("apple"))
        prices["pear"] = 2
        prices["apple"] += 10
        prices.assign(prices.remove_key("plum").remove_key("nobody"))

    await town.deploy(story)
    run = await town.run({"prices": {"apple": 1, "plum": 3}})
    found = await town.variables(run)
    assert found["prices"] == Map("STR", "INT", {"apple": 11, "pear": 2})
    assert (found["found"], found["missing"], found["has"]) == (1, None, True)


async def test_f6_maps_are_merged_and_the_right_side_wins(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        left = wf.declare_map("left", str, int)
        left.assign(left.extend(wf.declare_map("right", str, int)))

    await town.deploy(story)
    run = await town.run({"left": {"a": 1, "b": 2}, "right": {"b": 3, "c": 4}})
    assert await town.variable(run, "left") == Map("STR", "INT", {"a": 1, "b": 3, "c": 4})


async def test_f6_maps_go_to_tasks_and_come_back(town: Town) -> None:
    await town.work(raise_all)
    await town.deploy(lambda wf: wf.complete(wf.execute(raise_all, wf.declare_map("prices", str, int))))
    run = await town.play({"prices": {"a": 1, "b": 2}})
    assert run.thread_runs[0].output == Map("STR", "INT", {"a": 2, "b": 3})


async def test_f6_the_size_of_a_map_is_refused(town: Town) -> None:
    with pytest.raises(InvalidArgument, match=r"size\(\)"):
        await town.deploy(lambda wf: wf.complete(wf.declare_map("prices", str, int).size()))


async def test_f7_null_key_and_null_value(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_map("m", str, int)))
    given = Map("STR", "INT", {"a": 1, None: 2, "b": None})
    run = await town.run({"m": given})
    assert run.status is COMPLETED
    assert run.thread_runs[0].output == given and len(run.thread_runs[0].output) == 3
    assert await town.variable(run, "m") == given


async def test_f8_int_keys(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        names = wf.declare_map("names", int, str)
        names[2] = "dos"
        wf.complete(names[1])

    await town.deploy(story)
    run = await town.run({"names": Map("INT", "STR", {1: "one", 2: "two"})})
    assert run.thread_runs[0].output == "one"
    assert await town.variable(run, "names") == Map("INT", "STR", {1: "one", 2: "dos"})


async def test_f10_maps_of_structs(town: Town) -> None:
    await town.struct_defs(Car)

    def story(wf: WorkflowThread) -> None:
        garage = wf.declare_map("garage", str, Car)
        garage["left"]["mileage"] += 1
        wf.complete(garage["left"])

    await town.deploy(story)
    for given in ({"make": "Honda", "model": "Civic", "mileage": 1}, Car("Honda", "Civic", 1)):
        run = await town.run({"garage": {"left": given}})
        assert run.thread_runs[0].output == car("Honda", "Civic", 2)
    with pytest.raises(InvalidArgument, match="garage"):
        await town.run({"garage": {"left": {"make": "Honda"}}})


async def test_f10_maps_of_arrays(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        rows = wf.declare_map("rows", str, list[int])
        rows["a"] = rows["a"].extend(3)
        wf.complete(rows["a"])

    await town.deploy(story)
    run = await town.run({"rows": {"a": [1, 2], "b": []}})
    assert run.thread_runs[0].output == numbers(1, 2, 3)


@pytest.mark.parametrize("given", [{"a": "one"}, {"a": 1, "b": 2.5}, "no map", 7, [1, 2], {"a": [1]}])
async def test_f11_what_is_no_map_of_ints(town: Town, given: Any) -> None:
    await town.deploy(lambda wf: wf.declare_map("my-map", str, int))
    with pytest.raises(InvalidArgument, match="my-map"):
        await town.run({"my-map": given}, id="f11")
    with pytest.raises(NotFound):
        await town.client.get_wf_run("f11")

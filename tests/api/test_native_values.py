"""Values on their whole way: API, engine, Redis, task queue, worker, and back."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from lhredis.client import Client
from lhredis.errors import InvalidArgument
from lhredis.model.limits import INT_MAX, INT_MIN
from lhredis.model.native import Array, Map
from lhredis.model.values import Value
from lhredis.worker import LHStructField, LHType, lh_struct_def, task
from lhredis.workflow import Workflow, WorkflowThread
from tests.api.conftest import StartWorker

Numbers = Annotated[list[int], LHType(array=True)]
Table = Annotated[dict[str, int], LHType(map=True)]


@lh_struct_def("car")
class Car:
    make: str
    vin: Annotated[str, LHStructField(masked=True)]
    mileage: int = 0


@task
async def echo_number(n: int) -> int:
    return n


@task
async def reverse(numbers: Numbers) -> Numbers:
    return numbers[::-1]


@task
async def swap(table: Table) -> Table:
    return {str(value): int(value) for value in table.values()}


@task
async def drive(car: Car) -> Car:
    return Car(car.make, car.vin, car.mileage + INT_MAX - 1)


@task
async def spoil(car: Car) -> Numbers:
    return ["no number"]  # type: ignore[list-item]


def through(kind: Any, function: Any) -> Any:
    """A story: the variable `x` of this type goes through the task."""

    def story(wf: WorkflowThread) -> None:
        x = wf.add_variable("x", kind)
        x.assign(wf.execute(function, x))
        wf.complete(x)

    return story


async def sent(client: Client, kind: Any, function: Any, value: Value) -> Any:
    """The run that sends the value, when it has ended."""
    await client.put_task_def(function.task_def)
    await client.put_wf_spec(Workflow("flow", through(kind, function)).compile())
    return await client.run_wf("flow", {"x": value}, wait_ms=20_000)


@pytest.mark.parametrize("number", [INT_MAX, INT_MIN, 2**53 + 1])
async def test_integers_of_64_bits_are_exact_everywhere(
    client: Client, scheduling: None, work: StartWorker, number: int
) -> None:
    await work(echo_number, reverse, swap)
    run = await sent(client, "INT", echo_number, number)
    assert run.thread_runs[0].output == number
    run = await sent(client, list[int], reverse, [number, 1])
    assert run.thread_runs[0].output == Array("INT", [1, number])
    run = await sent(client, dict[str, int], swap, {"a": number})
    assert run.thread_runs[0].output == Map("STR", "INT", {str(number): number})


async def test_a_struct_is_an_instance_in_the_worker_and_masked_for_people(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    await client.create_struct_def(Car)
    await work(drive)
    run = await sent(client, Car, drive, Car("Honda", "1HGCM82633A", 1))
    assert run.status.name == "COMPLETED", run.thread_runs[0].error_message
    car = run.thread_runs[0].output
    assert car.fields == {"make": "Honda", "vin": "*****", "mileage": INT_MAX}
    (task_run,) = await client.list_task_runs(run.id)
    shown = [task_run.input_variables[0].value, task_run.attempts[0].output]
    assert [one.fields["vin"] for one in shown] == ["*****", "*****"]


@task
async def say(text: str) -> str:
    return text


async def test_what_is_read_from_a_masked_field_is_masked_too(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    await client.create_struct_def(Car)
    await client.put_task_def(say.task_def)
    await work(say)

    def story(wf: WorkflowThread) -> None:
        car = wf.declare_struct("car", Car)
        wf.execute(say, car["vin"])
        wf.execute(say, car["make"])
        wf.execute(say, wf.format("all of {0}", car))
        wf.complete(wf.build_struct(Car).put("make", car["vin"]).put("vin", ""))

    await client.put_wf_spec(Workflow("flow", story).compile())
    run = await client.run_wf("flow", {"car": Car("Honda", "1HGCM82633A")}, wait_ms=20_000)
    shown = [task_run.input_variables[0].value for task_run in await client.list_task_runs(run.id)]
    assert shown == ["*****", "Honda", "*****"]
    assert run.thread_runs[0].output == "*****"


async def test_an_output_that_is_not_of_the_declared_type_is_told(
    client: Client, scheduling: None, work: StartWorker
) -> None:
    await client.create_struct_def(Car)
    await work(spoil)
    await client.put_task_def(spoil.task_def)

    def story(wf: WorkflowThread) -> None:
        car = wf.declare_struct("car", Car)
        wf.execute(spoil, car)

    await client.put_wf_spec(Workflow("flow", story).compile())
    run = await client.run_wf("flow", {"car": Car("Honda", "1HG")}, wait_ms=20_000)
    (task_run,) = await client.list_task_runs(run.id)
    assert task_run.status.name == "TASK_OUTPUT_SERDE_ERROR"
    assert run.status.name == "ERROR"
    assert "[0]: cannot use a value of type STR as INT" in str(run.thread_runs[0].error_message)


async def test_a_child_thread_for_each_item_of_a_native_array(client: Client) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.declare_int("INPUT")

    def story(wf: WorkflowThread) -> None:
        numbers = wf.declare_array("numbers", int)
        wf.wait_for_threads(wf.spawn_thread_for_each(numbers, child, "child"))

    await client.put_wf_spec(Workflow("flow", story).compile())
    run = await client.run_wf("flow", {"numbers": [4, 5, 6]})
    assert [thread.status.name for thread in run.thread_runs] == ["COMPLETED"] * 4


async def test_an_event_holds_a_struct_of_the_declared_type(client: Client) -> None:
    await client.create_struct_def(Car)

    def story(wf: WorkflowThread) -> None:
        sold = wf.wait_for_event("sold").registered_as(Car)
        wf.complete(sold["make"])

    workflow = Workflow("flow", story)
    for request in workflow.external_event_defs():
        await client.put_external_event_def(request)
    await client.put_wf_spec(workflow.compile())
    run = await client.run_wf("flow")
    with pytest.raises(InvalidArgument, match="field 'vin': missing"):
        await client.post_event(run.id, "sold", {"make": "Honda"})
    await client.post_event(run.id, "sold", Car("Honda", "1HG"))
    assert (await client.get_wf_run(run.id)).thread_runs[0].output == "Honda"

"""B: input variables, their types, and what does not fit them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.errors import InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.enums import LHStatus, TaskStatus, VariableType
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.worker import TaskFunction, WfRunId, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.cars import Car, car, change, inc_mileage
from tests.acceptance.town import Town

COMPLETED, ERROR, EXCEPTION = LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.EXCEPTION


@task
async def double(number: int) -> int:
    return 2 * number


@task
async def subtract(a: int, b: int) -> int:
    return a - b


@task
async def length(text: str) -> int:
    return len(text)


@task
async def process(obj: dict[str, Any]) -> str:
    return f"Greeting: {obj['subObject']['foo']}"


@task
async def process_sub(sub: dict[str, Any]) -> int:
    return 2 * sub["bar"]


@task
async def takes_int(number: int) -> int:
    return number


@task
async def pass_on(run: WfRunId) -> WfRunId:
    return run


# Inputs


async def test_b1_int_input(town: Town) -> None:
    await town.work(double, subtract)

    def story(wf: WorkflowThread) -> None:
        wf.execute(double, wf.declare_int("my-var"))
        wf.execute(subtract, 10, 8)

    await town.deploy(story)
    run = await town.play({"my-var": 10})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [20, 2]


async def test_b2_nested_json(town: Town) -> None:
    await town.work(length, process, process_sub)

    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        found = wf.execute(length, j["subObject"]["foo"])
        j["subObject"]["bar"] += found
        wf.execute(process, j)
        wf.execute(process_sub, j["subObject"])

    await town.deploy(story)
    run = await town.play({"j": {"subObject": {"foo": "Hello there", "bar": 5}, "baz": 137}})
    assert run.status is COMPLETED
    assert await town.outputs(run) == [11, "Greeting: Hello there", 32]
    assert await town.output(run, 1) == 11 and await town.output(run, 2) == "Greeting: Hello there"
    changed = {"subObject": {"foo": "Hello there", "bar": 16}, "baz": 137}
    assert await town.variable(run, "j") == changed
    assert (await town.task_run(run, 2)).input_variables[0].value == changed


async def test_b4_struct_input(town: Town) -> None:
    await town.struct_defs(Car)
    await town.work(inc_mileage, change)

    def story(wf: WorkflowThread) -> None:
        s = wf.declare_struct("s", Car)
        wf.execute(inc_mileage, s)
        wf.execute(change, s, "Mustang", "Mach-E")

    await town.deploy(story)
    for given in (Car("Ford", "Bronco", 123), {"make": "Ford", "model": "Bronco", "mileage": 123}):
        run = await town.play({"s": given})
        assert run.status is COMPLETED
        assert await town.outputs(run) == [car("Ford", "Bronco", 124), car("Mustang", "Mach-E", 123)]
        assert await town.variable(run, "s") == car("Ford", "Bronco", 123)


def needs_an_int(wf: WorkflowThread) -> None:
    wf.declare_int("input-int").required()
    wf.declare_json_obj("input-json")


@pytest.mark.parametrize("given", [{}, {"input-json": {}}, {"input-int": None}])
async def test_b5_missing_required(town: Town, given: dict[str, Any]) -> None:
    await town.deploy(needs_an_int)
    with pytest.raises(InvalidArgument, match="input-int"):
        await town.run(given, id="b5")
    with pytest.raises(NotFound):
        await town.client.get_wf_run("b5")
    run = await town.run({"input-int": 7}, id="b5")
    assert run.status is COMPLETED
    assert await town.variables(run) == {"input-int": 7, "input-json": None}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"input-int": "7"}, "input-int"),
        ({"input-int": 7.0}, "input-int"),
        ({"input-int": True}, "input-int"),
        ({"input-int": 7, "input-json": [1]}, "input-json"),
        ({"input-int": 7, "input-json": "{}"}, "input-json"),
        ({"input-int": 7, "other": 1}, "other"),
    ],
)
async def test_b5_wrong_type_or_unknown_name(town: Town, given: dict[str, Any], named: str) -> None:
    await town.deploy(needs_an_int)
    with pytest.raises(InvalidArgument, match=named):
        await town.run(given, id="b5")
    with pytest.raises(NotFound):
        await town.client.get_wf_run("b5")


async def test_b5_a_default_stands_in_for_what_is_not_given_and_for_null(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_int("n", 5)))
    for given, expected in (({}, 5), ({"n": None}, 5), ({"n": 0}, 0)):
        assert (await town.run(given)).thread_runs[0].output == expected


# JSON into tasks


async def json_into_takes_int(town: Town) -> None:
    await town.work(takes_int)
    await town.deploy(lambda wf: wf.execute(takes_int, wf.declare_json_obj("json")["int"]))


@pytest.mark.parametrize("given", ["notanint", True, {"a": 1}, [1]])
async def test_b7_json_value_of_wrong_type_into_task(town: Town, given: Any) -> None:
    await json_into_takes_int(town)
    run = await town.run({"json": {"int": given}})
    assert run.status is ERROR
    assert (await town.node(run, 0, 1)).status is ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"
    assert await town.task_runs(run) == []


async def test_b7_json_value_of_right_type_into_task(town: Town) -> None:
    await json_into_takes_int(town)
    assert await town.outputs(await town.play({"json": {"int": 7}})) == [7]


@pytest.mark.parametrize("given", [{"int": None}, {}, None])
async def test_b8_null_into_a_primitive_worker_parameter(town: Town, given: Any) -> None:
    await json_into_takes_int(town)
    run = await town.play({"json": given})
    assert run.status is ERROR
    task_run = await town.task_run(run, 1)
    assert task_run.status is TaskStatus.TASK_INPUT_VAR_SUB_ERROR
    assert [variable.value for variable in task_run.input_variables] == [None]
    (attempt,) = task_run.attempts
    assert attempt.error is not None and "number" in attempt.error.message
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


async def test_b10_no_silent_double_to_int(town: Town) -> None:
    await json_into_takes_int(town)
    run = await town.run({"json": {"int": 12.3}})
    assert run.status is ERROR
    assert run.thread_runs[0].current_node_position == 1
    failure = await town.failure(run, 0, 1)
    assert failure.failure_name == "VAR_SUB_ERROR" and "DOUBLE" in failure.message


@pytest.mark.parametrize(("given", "text"), [(5432, "5432"), (1.5, "1.5"), (True, "true"), ("x", "x")])
async def test_b9_json_value_into_a_text_parameter(town: Town, given: Any, text: str) -> None:
    @task
    async def say(text: str) -> str:
        return text

    await town.work(say)
    await town.deploy(lambda wf: wf.execute(say, wf.declare_json_obj("json")["v"]))
    run = await town.play({"json": {"v": given}})
    assert await town.outputs(run) == [text]
    assert (await town.task_run(run, 1)).input_variables[0].value == text


async def test_b9_json_objects_do_not_become_text(town: Town) -> None:
    @task
    async def say(text: str) -> str:
        return text

    await town.work(say)
    await town.deploy(lambda wf: wf.execute(say, wf.declare_json_obj("json")["v"]))
    for given in ({"a": 1}, [1]):
        run = await town.run({"json": {"v": given}})
        assert run.status is ERROR
        assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


# Variables


async def test_b11_assign_null(town: Town) -> None:
    await town.deploy(lambda wf: wf.declare_json_obj("o").assign(None))
    run = await town.run({"o": {"a": 1}})
    assert run.status is COMPLETED
    assert await town.variable(run, "o") is None


@pytest.mark.parametrize("kind", list(VariableType))
async def test_b11_any_type_may_be_null(town: Town, kind: VariableType) -> None:
    await town.deploy(lambda wf: wf.add_variable("v", kind).assign(None))
    assert (await town.run()).status is COMPLETED


@pytest.mark.parametrize(("a", "b"), [("INT", "INT"), ("DOUBLE", "DOUBLE"), ("DOUBLE", "INT")])
async def test_b13_divide_by_zero_on_entry_edge(town: Town, a: str, b: str) -> None:
    def story(wf: WorkflowThread) -> None:
        dividend, divisor = (wf.add_variable(name, VariableType[kind]) for name, kind in (("a", a), ("b", b)))
        dividend /= divisor

    await town.deploy(story)
    of = {"INT": int, "DOUBLE": float}
    run = await town.run({"a": of[a](9), "b": of[b](0)})
    assert run.status is ERROR
    failure = await town.failure(run, 0, 0)
    assert failure.failure_name == "VAR_SUB_ERROR" and "Cannot divide by zero" in failure.message
    assert await town.variable(run, "a") == 9
    assert (await town.run({"a": of[a](9), "b": of[b](2)})).status is COMPLETED


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "default-id"), ({"id": WfRunId("input-id")}, "input-id"), ({"id": WfRunId("a_b")}, "a_b")],
)
async def test_b14_wf_run_id_default_input_output(town: Town, given: dict[str, Any], expected: str) -> None:
    await town.work(pass_on)

    def story(wf: WorkflowThread) -> None:
        first = wf.execute(pass_on, wf.declare_wf_run_id("id", WfRunId("default-id")))
        wf.execute(pass_on, first)

    await town.deploy(story)
    run = await town.play(given)
    assert run.status is COMPLETED
    for position in (1, 2):
        task_run = await town.task_run(run, position)
        for value in (task_run.input_variables[0].value, task_run.attempts[0].output):
            assert type(value) is WfRunId and value == expected


VALUES = [
    (VariableType.BOOL, False),
    (VariableType.INT, -(2**63)),
    (VariableType.INT, 2**53 + 1),
    (VariableType.DOUBLE, 0.1),
    (VariableType.STR, "ä\x00\U0001f600"),
    (VariableType.JSON_OBJ, {"$bytes": "no tag", "": None, "n": 2**63 - 1, "d": 1.0}),
    (VariableType.JSON_OBJ, {"$bytes": "a single key"}),
    (VariableType.JSON_OBJ, {}),
    (VariableType.JSON_ARR, [[], {}, None, 1, 1.0, "1"]),
    (VariableType.BYTES, bytes(range(256))),
    (VariableType.TIMESTAMP, datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)),
    (VariableType.WF_RUN_ID, WfRunId("parent_child")),
]
PASSING = {
    kind: (kind.name.lower().replace("_", "-"), hint)
    for kind, hint in (
        (VariableType.BOOL, bool),
        (VariableType.INT, int),
        (VariableType.DOUBLE, float),
        (VariableType.STR, str),
        (VariableType.JSON_OBJ, dict),
        (VariableType.JSON_ARR, list),
        (VariableType.BYTES, bytes),
        (VariableType.TIMESTAMP, datetime),
        (VariableType.WF_RUN_ID, WfRunId),
    )
}


def passing(kind: VariableType) -> TaskFunction:
    """A task that returns what it is given."""
    name, hint = PASSING[kind]

    async def function(value: Any) -> Any:
        return value

    function.__annotations__ = {"value": hint, "return": hint}
    return TaskFunction(function, f"pass-{name}")


@pytest.mark.parametrize(("kind", "value"), VALUES)
async def test_b15_every_value_comes_back_as_it_was(town: Town, kind: VariableType, value: Any) -> None:
    function = passing(kind)
    await town.work(function)

    def story(wf: WorkflowThread) -> None:
        given, result = wf.add_variable("given", kind), wf.add_variable("result", kind)
        result.assign(wf.execute(function, given))
        wf.complete(result)

    await town.deploy(story)
    run = await town.play({"given": value})
    assert run.status is COMPLETED
    task_run = await town.task_run(run, 1)
    for found in (
        await town.variable(run, "given"),
        await town.variable(run, "result"),
        run.thread_runs[0].output,
        task_run.input_variables[0].value,
        task_run.attempts[0].output,
    ):
        assert found == value and type(found) is type(value)


async def test_b17_out_of_scope_write(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        stand_in = wf.declare_bool("stand-in")

        def child(thread: WorkflowThread) -> None:
            thread.declare_bool("b")
            thread.fail("my-exception", "sad")

        def handler(thread: WorkflowThread) -> None:
            stand_in.assign(True)

        waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
        wf.handle_exception(waited, handler)

    def write_out_of_scope(form: Any) -> None:
        (handler,) = (spec for name, spec in form["thread_specs"].items() if "exn-handler" in name)
        for node in handler["nodes"].values():
            for edge in node.get("outgoing_edges", ()):
                for mutation in edge.get("variable_mutations", ()):
                    assert mutation["lhs_name"] == "stand-in"
                    mutation["lhs_name"] = "b"

    await town.deploy_changed(story, write_out_of_scope)
    run = await town.run()
    assert run.status is ERROR
    assert [thread.status for thread in run.thread_runs] == [ERROR, EXCEPTION, ERROR]
    assert "'b'" in (run.thread_runs[2].error_message or "")
    assert await town.variable(run, "b", thread=1) is None


# What workers report


async def reported(town: Town, returns: VariableType, output: Any) -> TaskStatus:
    """What becomes of a task of this type when a worker of its own kind reports this."""
    await town.client.put_task_def(PutTaskDefRequest(name="raw", return_type=returns))
    await town.deploy(lambda wf: wf.execute("raw"))
    run = await town.run()
    (claimed,) = await town.hand.claim("raw")
    await town.hand.report(claimed, output=output)
    run = await town.ended(run)
    status = (await town.task_run(run, 1)).status
    assert (run.status is COMPLETED) is (status is TaskStatus.TASK_SUCCESS)
    if status is TaskStatus.TASK_OUTPUT_SERDE_ERROR:
        assert run.status is ERROR
        assert (await town.failure(run, 0, 1)).failure_name == "VAR_MUTATION_ERROR"
    return status


@pytest.mark.parametrize("kind", [VariableType.JSON_OBJ, VariableType.JSON_ARR])
@pytest.mark.parametrize("output", ["not-a-json", "{}", 7, True])
async def test_b19_malformed_json_output(town: Town, kind: VariableType, output: Any) -> None:
    assert await reported(town, kind, output) is TaskStatus.TASK_OUTPUT_SERDE_ERROR


@pytest.mark.parametrize(
    ("kind", "output", "succeeds"),
    [
        (VariableType.JSON_OBJ, {"a": [1]}, True),
        (VariableType.JSON_OBJ, [], False),
        (VariableType.JSON_ARR, [], True),
        (VariableType.JSON_ARR, {}, False),
        (VariableType.INT, None, True),
        (VariableType.INT, "7", False),
        (VariableType.INT, 7.5, False),
        (VariableType.TIMESTAMP, {"$timestamp": "2026-01-02T03:04:05Z"}, True),
        (VariableType.TIMESTAMP, {"$timestamp": "yesterday"}, False),
        (VariableType.WF_RUN_ID, {"$wf_run_id": "a_b"}, True),
        (VariableType.WF_RUN_ID, {"$wf_run_id": "a/b"}, False),
    ],
)
async def test_b19_output_of_each_type(town: Town, kind: VariableType, output: Any, succeeds: bool) -> None:
    status = await reported(town, kind, output)
    assert status is (TaskStatus.TASK_SUCCESS if succeeds else TaskStatus.TASK_OUTPUT_SERDE_ERROR)


async def test_b19_a_timestamp_from_a_worker(town: Town) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    @task
    async def tell_time() -> datetime:
        return moment

    await town.work(tell_time)
    await town.deploy(lambda wf: wf.execute(tell_time))
    assert await town.outputs(await town.play()) == [moment]


async def test_b20_output_too_large(town: Town) -> None:
    @task
    async def too_much() -> str:
        return "x" * 2 * 1024 * 1024

    await town.work(too_much)
    await town.deploy(lambda wf: wf.execute(too_much, retries=3))
    run = await town.play()
    assert run.status is ERROR
    task_run = await town.task_run(run, 1)
    assert task_run.status is TaskStatus.TASK_OUTPUT_SERDE_ERROR
    (attempt,) = task_run.attempts
    assert attempt.output is None
    assert attempt.error is not None and "RESOURCE_EXHAUSTED" in attempt.error.message
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_MUTATION_ERROR"


async def test_b20_an_input_too_large_is_refused(town: Town) -> None:
    await town.deploy(lambda wf: wf.declare_str("text"))
    with pytest.raises(ResourceExhausted, match="'text'"):
        await town.run({"text": "x" * (PAYLOAD_BYTES_MAX + 1)}, id="large")
    with pytest.raises(NotFound):
        await town.client.get_wf_run("large")

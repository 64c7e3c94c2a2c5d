"""Workflows of LittleHorse's DSL about data: tasks, conditions, loops, mutations, JSON, casts, structs."""

from __future__ import annotations

import grpc
import pytest
from littlehorse.lh_struct import lh_struct_def, serialize_to_struct
from littlehorse.model import (
    Comparator,
    GetLatestWfSpecRequest,
    LHStatus,
    RunWfRequest,
    TaskRunId,
    TaskStatus,
    VariableId,
    VariableMutationType,
    VariableValue,
)
from littlehorse.utils import extract_value, to_variable_value
from littlehorse.workflow import WorkflowThread

from tests.grpc.stage import Stage, statuses

COMPLETED = LHStatus.COMPLETED


async def greet(name: str) -> str:
    return f"Hello, {name}!"


async def double(n: int) -> int:
    return 2 * n


async def echo(text: str) -> str:
    return text


async def test_basic(stage: Stage) -> None:
    """A task, its output in a variable, and everything that can be read of the run."""

    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("input-name").required()
        greeting = wf.declare_str("greeting")
        greeting.assign(wf.execute("greet", name))

    await stage.work(greet)
    await stage.deploy(story)
    spec = await stage.stub.GetLatestWfSpec(GetLatestWfSpecRequest(name="flow"))
    started = await stage.run({"input-name": "Obi-Wan"}, id="my-run")
    assert (started.id.id, started.wf_spec_id, started.status) == ("my-run", spec.id, LHStatus.RUNNING)
    assert not started.HasField("end_time")

    run = await stage.ended(started)
    assert run.status == COMPLETED
    assert (statuses(run), run.greatest_threadrun_number) == (["COMPLETED"], 0)
    assert run.start_time.ToMilliseconds() <= run.end_time.ToMilliseconds()
    (thread,) = run.thread_runs
    assert (thread.number, thread.thread_spec_name, thread.current_node_position) == (0, "entrypoint", 2)
    assert thread.wf_spec_id == spec.id and not thread.HasField("parent_thread_id")
    assert await stage.variables(run) == {"input-name": "Obi-Wan", "greeting": "Hello, Obi-Wan!"}

    first, called, last = await stage.nodes(run)
    kinds = [node.WhichOneof("node_type") for node in (first, called, last)]
    assert kinds == ["entrypoint", "task", "exit"]
    assert {node.status for node in (first, called, last)} == {COMPLETED}
    assert called.node_name == "1-greet-TASK" and called.thread_spec_name == "entrypoint"
    assert called.id.wf_run_id == run.id and called.HasField("end_time")

    found = await stage.stub.GetTaskRun(called.task.task_run_id)
    assert (found.task_def_id.name, found.status) == ("greet", TaskStatus.TASK_SUCCESS)
    assert found.source.task_node.node_run_id == called.id and found.source.wf_spec_id == spec.id
    assert [(one.var_name, one.value.str) for one in found.input_variables] == [("name", "Obi-Wan")]
    (attempt,) = found.attempts
    assert (attempt.WhichOneof("result"), attempt.output.str) == ("output", "Hello, Obi-Wan!")
    assert attempt.task_worker_id and attempt.HasField("start_time") and attempt.HasField("end_time")
    assert (found.timeout_seconds, found.total_attempts) == (60, 1)

    variable = await stage.stub.GetVariable(
        VariableId(wf_run_id=run.id, thread_run_number=0, name="greeting")
    )
    assert (variable.value.str, variable.wf_spec_id) == ("Hello, Obi-Wan!", spec.id)
    assert variable.created_at == run.start_time


@pytest.mark.parametrize(
    ("donuts", "outputs"), [(5, ["few"]), (15, ["many"]), (25, ["lots"])], ids=["few", "many", "lots"]
)
async def test_conditionals(stage: Stage, donuts: int, outputs: list[str]) -> None:
    def story(wf: WorkflowThread) -> None:
        count = wf.declare_int("donuts").required()
        wf.do_if(
            wf.condition(count, Comparator.LESS_THAN, 10), lambda wf: wf.execute("echo", "few")
        ).do_else_if(count.is_less_than(20), lambda wf: wf.execute("echo", "many")).do_else(
            lambda wf: wf.execute("echo", "lots")
        )

    await stage.work(echo)
    await stage.deploy(story)
    run = await stage.play({"donuts": donuts})
    assert run.status == COMPLETED
    assert await stage.outputs(run) == outputs
    nops = [node for node in await stage.nodes(run) if node.node_name.endswith("NOP")]
    assert [node.WhichOneof("node_type") for node in nops] == ["entrypoint", "entrypoint"]


async def test_while(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        left = wf.declare_int("left", 3)

        def eat(wf: WorkflowThread) -> None:
            wf.execute("double", left)
            wf.mutate(left, VariableMutationType.SUBTRACT, 1)

        wf.do_while(left.is_greater_than(0), eat)

    await stage.work(double)
    await stage.deploy(story)
    run = await stage.play()
    assert (run.status, await stage.outputs(run)) == (COMPLETED, [6, 4, 2])
    assert await stage.variables(run) == {"left": 0}
    none_left = await stage.run({"left": 0})
    assert (none_left.status, await stage.task_runs(none_left)) == (COMPLETED, [])


async def test_mutations(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        n, text = wf.declare_int("n", 10), wf.declare_str("text", "a")
        ratio, yes = wf.declare_double("ratio", 5.0), wf.declare_bool("yes", False)
        words, things = wf.declare_json_arr("words", ["x"]), wf.declare_json_obj("things", {"a": 1, "b": 2})
        wf.mutate(n, VariableMutationType.ADD, 5)
        wf.mutate(n, VariableMutationType.MULTIPLY, 2)
        wf.mutate(text, VariableMutationType.EXTEND, "-suffix")
        wf.mutate(ratio, VariableMutationType.DIVIDE, 2)
        wf.mutate(yes, VariableMutationType.ASSIGN, True)
        wf.mutate(words, VariableMutationType.EXTEND, "y")
        wf.mutate(words, VariableMutationType.REMOVE_INDEX, 0)
        wf.mutate(things, VariableMutationType.REMOVE_KEY, "a")

    await stage.deploy(story)
    run = await stage.run()
    assert run.status == COMPLETED
    assert await stage.variables(run) == {
        "n": 30,
        "text": "a-suffix",
        "ratio": 2.5,
        "yes": True,
        "words": ["y"],
        "things": {"b": 2},
    }


async def test_mutations_that_fail_are_undone(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        n, zero = wf.declare_int("n", 7), wf.declare_int("zero", 0)
        wf.mutate(n, VariableMutationType.ADD, 1)
        wf.mutate(n, VariableMutationType.DIVIDE, zero)

    await stage.deploy(story)
    run = await stage.run()
    assert (run.status, statuses(run)) == (LHStatus.ERROR, ["ERROR"])
    assert "Cannot divide by zero" in run.thread_runs[0].error_message
    (failure,) = (await stage.node(run, 0, 0)).failures
    assert (failure.failure_name, failure.was_properly_handled) == ("VAR_SUB_ERROR", False)
    assert await stage.variables(run) == {"n": 7, "zero": 0}


async def test_json(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        person = wf.declare_json_obj("person")
        wf.execute("greet", person.with_json_path("$.name"))
        wf.mutate(person.with_json_path("$.car.wheels"), VariableMutationType.ADD, 1)
        wf.execute("double", person.with_json_path("$.car.wheels"))

    await stage.work(greet, double)
    await stage.deploy(story)
    run = await stage.play({"person": {"name": "Leia", "car": {"wheels": 3, "id": 2**53 + 1}}})
    assert (run.status, await stage.outputs(run)) == (COMPLETED, ["Hello, Leia!", 8])
    assert await stage.variables(run) == {"person": {"name": "Leia", "car": {"wheels": 4, "id": 2**53 + 1}}}


async def test_a_json_value_of_the_wrong_type(stage: Stage) -> None:
    await stage.work(double)
    await stage.deploy(lambda wf: wf.execute("double", wf.declare_json_obj("j").with_json_path("$.int")))
    run = await stage.play({"j": {"int": 12.3}})
    assert run.status == LHStatus.ERROR
    node = await stage.node(run, 0, 1)
    (failure,) = node.failures
    assert failure.failure_name == "VAR_SUB_ERROR" and "DOUBLE" in failure.message
    assert (node.WhichOneof("node_type"), node.task.HasField("task_run_id")) == ("task", False)
    assert node.error_message == failure.message


async def test_casting(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        text, ratio = wf.declare_str("text", "123"), wf.declare_double("ratio", 4.4)
        wf.execute("double", text.cast_to_int())
        wf.execute("double", ratio.cast_to_int())
        wf.execute("echo", wf.declare_int("n", 42))

    await stage.work(double, echo)
    await stage.deploy(story)
    run = await stage.play()
    assert (run.status, await stage.outputs(run)) == (COMPLETED, [246, 8, "42"])
    failed = await stage.play({"text": "many"})
    assert failed.status == LHStatus.ERROR
    (failure,) = (await stage.node(failed, 0, 1)).failures
    assert failure.failure_name == "VAR_SUB_ERROR" and "Cannot parse" in failure.message


async def test_casts_that_cannot_be_are_refused(stage: Stage) -> None:
    await stage.work(double)
    with pytest.raises(grpc.RpcError) as caught:
        await stage.deploy(lambda wf: wf.execute("double", wf.declare_str("text")))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "without explicit casting" in caught.value.details()


async def test_values_of_every_type_come_back_as_they_went(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_bytes("bytes")
        wf.declare_int("int")
        wf.declare_double("double")
        wf.declare_json_obj("obj")
        wf.declare_json_arr("arr")
        wf.declare_timestamp("time")
        wf.declare_wf_run_id("run")
        wf.declare_str("null")

    given = {
        "bytes": VariableValue(bytes=b"\x00\xff"),
        "int": VariableValue(int=-(2**63)),
        "double": VariableValue(double=3.0),
        "obj": to_variable_value({"$bytes": "no bytes", "n": [1, 2.0, None]}),
        "arr": to_variable_value([]),
        "time": VariableValue(),
        "run": VariableValue(),
    }
    given["time"].utc_timestamp.FromJsonString("2026-01-02T03:04:05.678901Z")
    given["run"].wf_run_id.id = "child"
    given["run"].wf_run_id.parent_wf_run_id.id = "parent"
    await stage.deploy(story)
    run = await stage.stub.RunWf(RunWfRequest(wf_spec_name="flow", variables=given))
    for name, value in given.items():
        found = await stage.stub.GetVariable(VariableId(wf_run_id=run.id, thread_run_number=0, name=name))
        if name in ("obj", "arr"):
            assert extract_value(found.value) == extract_value(value)
        else:
            assert found.value == value
    null = await stage.stub.GetVariable(VariableId(wf_run_id=run.id, thread_run_number=0, name="null"))
    assert null.HasField("value") and null.value.WhichOneof("value") is None


@lh_struct_def(name="car")
class Car:
    brand: str
    wheels: int = 4


async def test_structs(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        car = wf.declare_struct("car", Car).required()
        wf.execute("greet", car.get("brand"))
        wf.execute("double", car.get("wheels"))

    await stage.work(greet, double)
    await stage.struct_defs(Car)
    await stage.deploy(story)
    ford = VariableValue(struct=serialize_to_struct(Car(brand="Ford", wheels=3)))
    run = await stage.ended(
        await stage.stub.RunWf(RunWfRequest(wf_spec_name="flow", variables={"car": ford}))
    )
    assert (run.status, await stage.outputs(run)) == (COMPLETED, ["Hello, Ford!", 6])
    found = await stage.stub.GetVariable(VariableId(wf_run_id=run.id, thread_run_number=0, name="car"))
    assert (found.value.struct.struct_def_id.name, found.value.struct.struct_def_id.version) == ("car", 0)
    assert await stage.variables(run) == {"car": {"brand": "Ford", "wheels": 3}}
    wrong = VariableValue(struct=serialize_to_struct(Car(brand="Ford")))
    wrong.struct.struct.fields["wheels"].value.str = "four"
    call = stage.stub.RunWf(RunWfRequest(wf_spec_name="flow", variables={"car": wrong}))
    await stage.lh.refusal(grpc.StatusCode.INVALID_ARGUMENT, "wheels", call=call)


async def test_a_return_value(stage: Stage) -> None:
    await stage.deploy(lambda wf: wf.complete(wf.declare_str("name").required()))
    run = await stage.run({"name": "asdf"})
    assert (run.status, run.thread_runs[0].output.str) == (COMPLETED, "asdf")


async def test_masked_values_are_never_shown(stage: Stage) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.execute("greet", wf.declare_str("secret").masked())

    await stage.work(greet)
    await stage.deploy(story)
    run = await stage.play({"secret": "4242-4242"})
    assert run.status == COMPLETED
    assert await stage.variables(run) == {"secret": "*****"}
    (found,) = await stage.task_runs(run)
    (given,) = found.input_variables
    assert (given.value.str, given.masked) == ("*****", True)
    assert "4242" not in str(found.input_variables)
    assert (await stage.stub.GetTaskRun(TaskRunId(wf_run_id=run.id, task_guid="0-1"))) == found

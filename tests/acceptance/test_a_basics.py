"""A: straight lines, outputs, returns, loops, and tasks whose name is computed."""

from __future__ import annotations

import pytest

from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus, VariableType
from lhredis.model.limits import ADVANCES_PER_STEP_MAX
from lhredis.worker import WorkerContext, task
from lhredis.workflow import WorkflowThread
from tests.acceptance.processes import five, one, seven, three, two, worker_processes
from tests.acceptance.town import Town
from tests.support import wait_until

COMPLETED = LHStatus.COMPLETED


@task
async def greet() -> str:
    return "something"


@task
async def nothing() -> None: ...


@task
async def tell_position(ctx: WorkerContext) -> str:
    return f"{ctx.task_run_id} is on nodeRun {ctx.node_run_position}"


@task
async def echo(number: int) -> int:
    return number


@task
async def negate(number: int) -> int:
    return -number


# Straight lines and outputs


async def test_a1_straight_line(town: Town) -> None:
    line = (one, two, three, five, seven)

    async def registered() -> bool:
        return len((await town.client.list_task_defs()).items) == len(line)

    with worker_processes(town):
        await wait_until(registered)
        await town.deploy(lambda wf: [wf.execute(step) for step in line])
        run = await town.play()
        assert run.status is COMPLETED

        node_runs = await town.client.list_node_runs(run.id)
        assert [node_run.id.position for node_run in node_runs] == list(range(7))
        assert all(node_run.status is COMPLETED for node_run in node_runs)
        assert node_runs[0].entrypoint is not None
        assert all(node_run.task is not None for node_run in node_runs[1:6])
        assert node_runs[6].exit is not None
        task_runs = await town.task_runs(run)
        assert [task_run.task_def_id.name for task_run in task_runs] == [step.task_def_name for step in line]
        assert len({task_run.attempts[0].task_worker_id for task_run in task_runs}) == 3


async def test_a2_task_output_into_variable(town: Town) -> None:
    await town.work(greet)

    def story(wf: WorkflowThread) -> None:
        wf.declare_str("output").assign(wf.execute(greet))

    await town.deploy(story)
    for _ in range(2):
        run = await town.play()
        assert run.status is COMPLETED
        assert await town.variable(run, "output") == "something"


async def test_a4_read_your_own_writes(town: Town) -> None:
    await town.work(greet)
    await town.deploy(lambda wf: wf.execute(greet))
    for _ in range(10):
        run = await town.run()
        node_run = await town.node(run, 0, 1)
        assert node_run.task is not None and node_run.task.task_run_id is not None
        assert await town.client.get_task_run(run.id, node_run.task.task_run_id.task_guid)


async def test_a5_worker_context(town: Town) -> None:
    await town.work(tell_position)

    def story(wf: WorkflowThread) -> None:
        wf.execute(tell_position)
        wf.execute(tell_position)

    await town.deploy(story)
    first, second = await town.outputs(await town.play())
    assert first.endswith("on nodeRun 1") and second.endswith("on nodeRun 2")
    assert first.split()[0] != second.split()[0]


async def test_a6_what_a_task_logs_is_kept_with_its_attempt(town: Town) -> None:
    @task
    async def talk(ctx: WorkerContext) -> None:
        ctx.log("hello")
        ctx.log(7)

    await town.work(talk)
    await town.deploy(lambda wf: wf.execute(talk))
    run = await town.play()
    assert (await town.task_run(run, 1)).attempts[0].log_output == "hello\n7"


# Return values


async def test_a7_return_value(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_str("name").required()))
    run = await town.run({"name": "asdf"})
    assert run.status is COMPLETED
    assert run.thread_runs[0].output == "asdf"


async def test_a7_a_return_value_may_be_null_or_none_at_all(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_str("name")))
    assert (await town.run()).thread_runs[0].output is None
    await town.deploy(lambda wf: wf.complete(), "void")
    run = await town.run(name="void")
    assert run.status is COMPLETED and run.thread_runs[0].output is None


def returns_of_two_types(wf: WorkflowThread) -> None:
    with wf.if_(wf.declare_bool("whole")):
        wf.complete(wf.declare_int("int"))
    with wf.else_():
        wf.complete(wf.declare_double("double"))


def returns_or_not(wf: WorkflowThread) -> None:
    with wf.if_(wf.declare_bool("whole")):
        wf.complete(wf.declare_int("int"))
    with wf.else_():
        wf.complete()


@pytest.mark.parametrize("story", [returns_of_two_types, returns_or_not])
async def test_a8_mixed_return_types_refused(town: Town, story) -> None:
    with pytest.raises(InvalidArgument, match="different output types"):
        await town.deploy(story)
    with pytest.raises(NotFound):
        await town.client.get_wf_spec("flow")


async def test_a8_a_branch_may_fail_where_another_one_returns(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("fails")):
            wf.fail("sad", "it had to be")
        wf.complete(7)

    await town.deploy(story)
    assert (await town.run({"fails": False})).thread_runs[0].output == 7
    assert (await town.run({"fails": True})).status is LHStatus.EXCEPTION


async def test_a10_return_type_is_api(town: Town) -> None:
    def unused(kind: VariableType, returns: bool):
        def story(wf: WorkflowThread) -> None:
            wf.add_variable("unused", kind)
            if returns:
                wf.complete("x")

        return story

    versions = [
        (await town.deploy(unused(kind, returns))).id
        for kind, returns in ((VariableType.STR, False), (VariableType.INT, False), (VariableType.INT, True))
    ]
    assert [(one.major_version, one.revision) for one in versions] == [(0, 0), (0, 1), (1, 0)]


# Loops


def count_down(wf: WorkflowThread) -> None:
    counter = wf.declare_int("counter", 3)
    with wf.while_(counter > 0):
        wf.execute(nothing)
        counter -= 1


async def test_a11_while_loop_zero_passes(town: Town) -> None:
    await town.work(nothing)
    await town.deploy(count_down)
    run = await town.run({"counter": -1})
    assert run.status is COMPLETED
    assert await town.task_runs(run) == []


@pytest.mark.parametrize(("given", "passes"), [({}, 3), ({"counter": 1}, 1), ({"counter": 0}, 0)])
async def test_a11_while_loop_with_passes(town: Town, given: dict[str, int], passes: int) -> None:
    await town.work(nothing)
    await town.deploy(count_down)
    run = await town.play(given)
    assert run.status is COMPLETED
    assert len(await town.task_runs(run)) == passes
    assert await town.variable(run, "counter") == 0


async def test_a13_infinite_loop_without_work(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        with wf.while_(True):
            pass

    await town.deploy(story)
    run = await town.run()
    assert run.status is LHStatus.ERROR
    assert "stack overflow" in (run.thread_runs[0].error_message or "")
    assert run.thread_runs[0].current_node_position == ADVANCES_PER_STEP_MAX == 512
    (failure,) = (await town.node(run, 0, 512)).failures
    assert failure.failure_name == "INTERNAL_ERROR"


def loop_for_ever(thread: WorkflowThread) -> None:
    with thread.while_(True):
        pass


async def test_a13_an_infinite_loop_in_a_child(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        waited = wf.wait_for_threads(wf.spawn_thread(loop_for_ever, "child"))
        wf.handle_any_failure(waited, lambda handler: None)

    await town.deploy(story)
    run = await town.run()
    assert run.status is LHStatus.ERROR
    assert "stack overflow" in (run.thread_runs[0].error_message or "")
    failure = await town.failure(run, 0, run.thread_runs[0].current_node_position)
    assert failure.failure_name == "INTERNAL_ERROR"
    assert len(run.thread_runs) == 2, "no handler is asked"


async def test_a13_an_infinite_loop_with_work_goes_on(town: Town) -> None:
    await town.work(nothing)

    def story(wf: WorkflowThread) -> None:
        with wf.while_(True):
            wf.execute(nothing)

    await town.deploy(story)
    run = await town.run()

    async def beyond_the_limit() -> bool:
        now = await town.again(run)
        return now.thread_runs[0].current_node_position > ADVANCES_PER_STEP_MAX

    await wait_until(beyond_the_limit)
    assert (await town.client.stop_wf_run(run.id)).status in (LHStatus.HALTING, LHStatus.HALTED)


async def test_a14_latest_node_output_in_a_loop(town: Town) -> None:
    await town.work(echo, negate)

    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 3)
        with wf.while_(n > 0):
            a = wf.execute(echo, n)
            wf.execute(negate, a)
            n -= 1

    await town.deploy(story)
    run = await town.play()
    assert run.status is COMPLETED
    negations = [task_run for task_run in await town.task_runs(run) if task_run.task_def_id.name == "negate"]
    assert [one.source.task_node.position for one in negations] == [3, 7, 11]
    assert [one.attempts[0].output for one in negations] == [-3, -2, -1]


# Tasks whose name is computed


def call_by_name(wf: WorkflowThread) -> None:
    wf.complete(wf.execute(wf.declare_str("c")))


async def test_a16_dynamic_task_missing(town: Town) -> None:
    await town.deploy(call_by_name)
    run = await town.run({"c": "not-a-real-cluster"})
    assert run.status is LHStatus.ERROR
    assert (await town.node(run, 0, 1)).status is LHStatus.ERROR
    failure = await town.failure(run, 0, 1)
    assert failure.failure_name == "VAR_SUB_ERROR"
    assert "not-a-real-cluster" in failure.message
    assert await town.task_runs(run) == []


async def test_a16_dynamic_task_null(town: Town) -> None:
    await town.deploy(call_by_name)
    run = await town.run()
    assert run.status is LHStatus.ERROR
    assert (await town.failure(run, 0, 1)).failure_name == "VAR_SUB_ERROR"


async def test_a16_dynamic_task_found(town: Town) -> None:
    await town.work(greet, tell_position)
    await town.deploy(call_by_name)
    run = await town.play({"c": "greet"})
    assert run.status is COMPLETED and run.thread_runs[0].output == "something"
    run = await town.play({"c": "tell-position"})
    assert run.status is COMPLETED and run.thread_runs[0].output.endswith("on nodeRun 1")


async def test_a16_the_name_of_a_dynamic_task_is_put_together(town: Town) -> None:
    await town.work(greet)
    await town.deploy(lambda wf: wf.complete(wf.execute(wf.format("gr{0}", wf.declare_str("c")))))
    assert (await town.play({"c": "eet"})).thread_runs[0].output == "something"


@pytest.mark.parametrize("given", [(), (1, 2)])
async def test_a17_a_task_gets_as_many_inputs_as_it_takes(town: Town, given: tuple[int, ...]) -> None:
    await town.work(echo)
    with pytest.raises(InvalidArgument, match="echo"):
        await town.deploy(lambda wf: wf.execute(echo, *given))


async def test_a17_an_unknown_task_is_refused(town: Town) -> None:
    with pytest.raises(InvalidArgument, match="nobodys-task"):
        await town.deploy(lambda wf: wf.execute("nobodys-task"))

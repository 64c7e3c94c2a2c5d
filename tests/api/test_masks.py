"""What is declared masked is `*****` wherever people look, and clear to workers and the engine."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import pytest

from lhredis.client import Client
from lhredis.model.enums import LHStatus, TaskStatus, VariableType
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.model.types import ReturnType, TypeDefinition
from lhredis.model.values import MASK
from lhredis.worker import LHTaskException, LHType, TaskFunction, WorkerContext, task
from lhredis.workflow import WorkflowThread
from tests.api.conftest import StartWorker
from tests.api.specs import compiled

CARD = "4242-4242"
Secret = Annotated[str, LHType(masked=True)]

pytestmark = pytest.mark.usefixtures("scheduling")


async def ran(client: Client, work: StartWorker, story: Any, *functions: TaskFunction, **inputs: Any) -> str:
    """Run a workflow with these tasks to its end; its id."""
    for function in functions:
        await client.put_task_def(function.task_def)
    await client.put_wf_spec(compiled("flow", story))
    if functions:
        await work(*functions)
    run = await client.run_wf("flow", inputs, wait_ms=10_000)
    assert run.status is not LHStatus.RUNNING
    return run.id


async def everything(client: Client, run_id: str) -> str:
    """All that can be read about a run, as text."""
    run = await client.get_wf_run(run_id)
    shown: list[Any] = [run, *(await client.list_wf_runs()).items]
    for task_run in await client.list_task_runs(run_id):
        shown += [task_run, await client.get_task_run(run_id, task_run.id.task_guid)]
        shown += await client.list_checkpoints(run_id, task_run.id.task_guid)
    for node_run in await client.list_node_runs(run_id):
        position = node_run.id.position
        shown += [node_run, await client.get_node_run(run_id, node_run.id.thread_run_number, position)]
    for variable in await client.list_variables(run_id):
        shown += [
            variable,
            await client.get_variable(run_id, variable.id.thread_run_number, variable.id.name),
        ]
    return orjson.dumps([one.model_dump(mode="json") for one in shown]).decode()


async def test_a_masked_variable_is_clear_to_the_worker_and_masked_to_people(
    client: Client, work: StartWorker
) -> None:
    seen: list[str] = []

    @task
    async def use(text: str) -> None:
        seen.append(text)

    def story(wf: WorkflowThread) -> None:
        card = wf.declare_str("card").masked().required()
        wf.execute("use", wf.format("card {0}", card))
        wf.complete(card)

    run = await ran(client, work, story, use, card=CARD)
    assert seen == [f"card {CARD}"]
    assert (await client.get_wf_run(run)).thread_runs[0].output == MASK
    (found,) = await client.list_task_runs(run)
    assert [(one.value, one.masked) for one in found.input_variables] == [(MASK, True)]
    assert CARD not in await everything(client, run)


async def test_what_a_worker_says_of_a_masked_variable_is_masked(client: Client, work: StartWorker) -> None:
    """The TaskDef masks nothing: so the worker cannot know."""

    @task
    async def refuse(text: str, ctx: WorkerContext) -> None:
        ctx.log(f"looking at {text}")
        await ctx.execute_and_checkpoint(ctx.log, f"checked {text}")
        raise ValueError(f"{text} is refused")

    def story(wf: WorkflowThread) -> None:
        wf.execute("refuse", wf.declare_str("card").masked().required())

    run = await ran(client, work, story, refuse, card=CARD)
    (attempt,) = (await client.get_task_run(run, "0-1")).attempts
    assert attempt.error is not None and attempt.error.message == f"ValueError: {MASK} is refused"
    assert attempt.log_output is not None and attempt.log_output.startswith(f"looking at {MASK}\n")
    assert (await client.get_wf_run(run)).thread_runs[0].error_message == f"ValueError: {MASK} is refused"
    assert CARD not in await everything(client, run)


async def test_what_the_engine_says_of_a_masked_variable_is_masked(client: Client, work: StartWorker) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("n").assign(wf.declare_str("card").masked().required().cast_to_int())

    run = await ran(client, work, story, card=CARD)
    (node,) = await client.list_node_runs(run)
    assert node.error_message == f"Cannot parse '{MASK}' as INT"
    assert CARD not in await everything(client, run)


async def test_a_masked_input_of_a_task_is_masked_in_all_that_its_worker_says(
    client: Client, work: StartWorker
) -> None:
    @task
    async def charge(card: Secret, ctx: WorkerContext) -> str:
        ctx.log(f"charging {card}")
        if ctx.attempt_number == 0:
            raise ValueError(f"{card} is busy")
        raise LHTaskException("declined", f"{card} is declined")

    run = await ran(client, work, lambda wf: wf.execute("charge", CARD, retries=1), charge)
    first, second = (await client.get_task_run(run, "0-1")).attempts
    assert first.error is not None and first.error.message == f"ValueError: {MASK} is busy"
    assert second.exception is not None and second.exception.message == f"{MASK} is declined"
    assert first.log_output is not None and f"charging {MASK}\n" in first.log_output
    assert CARD not in await everything(client, run)


async def test_a_masked_input_that_does_not_fit_is_not_shown(client: Client, work: StartWorker) -> None:
    @task("charge")
    async def as_declared(card: Secret) -> None: ...

    @task("charge")
    async def as_served(card: Annotated[int, LHType(masked=True)]) -> None: ...

    await client.put_task_def(as_declared.task_def)
    await client.put_wf_spec(compiled("flow", lambda wf: wf.execute("charge", CARD)))
    await work(as_served)
    run = await client.run_wf("flow", wait_ms=10_000)
    (attempt,) = (await client.get_task_run(run.id, "0-1")).attempts
    assert attempt.status is TaskStatus.TASK_INPUT_VAR_SUB_ERROR
    assert (
        attempt.error is not None
        and attempt.error.message == f"input 'card': {MASK} does not fit the type hint"
    )


async def test_a_masked_output_is_masked_in_the_attempt_and_where_it_is_returned(
    client: Client, work: StartWorker
) -> None:
    @task
    async def issue() -> Secret:
        return CARD

    seen: list[str] = []

    @task
    async def use(card: str) -> None:
        seen.append(card)

    def story(wf: WorkflowThread) -> None:
        card = wf.execute("issue")
        wf.execute("use", card)
        wf.complete(card)

    run = await ran(client, work, story, issue, use)
    issued, used = await client.list_task_runs(run)
    assert (issued.attempts[0].output, issued.attempts[0].masked_value) == (MASK, True)
    assert [(one.value, one.masked) for one in used.input_variables] == [(MASK, True)]
    assert (await client.get_wf_run(run)).thread_runs[0].output == MASK
    assert seen == [CARD]
    assert CARD not in await everything(client, run)


async def test_what_a_task_with_a_masked_output_throws_is_masked_on_its_whole_way(
    client: Client, work: StartWorker
) -> None:
    """The attempt, the failure, the handler's INPUT, and the failure that the handler makes of it."""

    @task
    async def issue() -> Secret:
        raise LHTaskException("stolen", "no", CARD)

    def handler(wf: WorkflowThread) -> None:
        wf.fail("again", "still no", wf.declare_str("INPUT"))

    def story(wf: WorkflowThread) -> None:
        wf.handle_exception(wf.execute("issue"), handler)

    run = await ran(client, work, story, issue)
    (attempt,) = (await client.get_task_run(run, "0-1")).attempts
    assert attempt.exception is not None
    assert (attempt.exception.name, attempt.exception.content) == ("stolen", MASK)
    node = await client.get_node_run(run, 0, 1)
    assert [(one.failure_name, one.content) for one in node.failures] == [("stolen", MASK), ("again", MASK)]
    variable = await client.get_variable(run, 1, "INPUT")
    assert (variable.value, variable.masked) == (MASK, True)
    assert CARD not in await everything(client, run)


async def test_a_failure_that_carries_a_masked_variable_is_masked(client: Client, work: StartWorker) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.fail("refused", "no", wf.declare_str("card").masked().required())

    run = await ran(client, work, story, card=CARD)
    (_, node) = await client.list_node_runs(run)
    assert [one.content for one in node.failures] == [MASK]
    assert CARD not in await everything(client, run)


async def test_an_item_of_a_masked_array_is_masked_in_the_thread_that_gets_it(
    client: Client, work: StartWorker
) -> None:
    def story(wf: WorkflowThread) -> None:
        cards = wf.declare_json_arr("cards").masked().required()
        each = wf.spawn_thread_for_each(cards, lambda wf: wf.declare_str("INPUT"), "child")
        wf.wait_for_threads(each)

    run = await ran(client, work, story, cards=[CARD, "9999-9999"])
    assert (await client.get_wf_run(run)).status is LHStatus.COMPLETED
    assert (await client.get_variable(run, 2, "INPUT")).value == MASK
    shown = await everything(client, run)
    assert CARD not in shown and "9999-9999" not in shown


async def test_a_handlers_input_is_shown_when_nothing_masked_can_be_in_it(
    client: Client, work: StartWorker
) -> None:
    @task
    async def buy() -> None:
        raise LHTaskException("out-of-stock", "none left", "shoes")

    def story(wf: WorkflowThread) -> None:
        wf.handle_exception(wf.execute("buy"), lambda wf: wf.declare_str("INPUT"))

    run = await ran(client, work, story, buy)
    variable = await client.get_variable(run, 1, "INPUT")
    assert (variable.value, variable.masked) == ("shoes", False)


async def test_a_null_shows_no_secret(client: Client, work: StartWorker) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.declare_str("card").masked()

    run = await ran(client, work, story)
    variable = await client.get_variable(run, 0, "card")
    assert (variable.value, variable.masked) == (None, True)


async def test_the_content_of_a_masked_event_is_masked_wherever_it_gets(
    client: Client, work: StartWorker
) -> None:
    masked = ReturnType(return_type=TypeDefinition(primitive_type=VariableType.STR, masked=True))
    for name in ("card", "stolen"):
        await client.put_external_event_def(PutExternalEventDefRequest(name=name, content_type=masked))

    def story(wf: WorkflowThread) -> None:
        def on_theft(wf: WorkflowThread) -> None:
            wf.declare_str("INPUT")
            wf.sleep(0)

        wf.add_interrupt_handler("stolen", on_theft)
        wf.complete(wf.wait_for_event("card", auto_register=False))

    await client.put_wf_spec(compiled("flow", story))
    run = await client.run_wf("flow")
    await client.post_event(run.id, "stolen", CARD)
    shown = await client.post_event(run.id, "card", CARD)
    assert shown.content == MASK
    assert (await client.get_wf_run(run.id, wait_ms=10_000)).status is LHStatus.COMPLETED
    events = [one.model_dump(mode="json") for one in await client.list_external_events(run.id)]
    assert CARD not in orjson.dumps(events).decode()
    assert CARD not in await everything(client, run.id)
    assert (await client.get_variable(run.id, 1, "INPUT")).value == MASK

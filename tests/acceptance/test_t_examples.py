"""T: LittleHorse's Python examples, as stories of our builder and workers: each ends COMPLETED on its happy
path."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from lhredis.model.enums import LHStatus, TaskStatus, VariableMutationType
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskField
from lhredis.model.values import Value
from lhredis.model.wf_run import WfRun
from lhredis.worker import LHType, WorkerContext, lh_struct_def, task
from lhredis.workflow import (
    CorrelatedEventConfig,
    ExponentialBackoffRetryPolicy,
    LHErrorType,
    VariableType,
    Workflow,
    WorkflowThread,
)
from tests.acceptance.town import Town

COMPLETED, EXCEPTION = LHStatus.COMPLETED, LHStatus.EXCEPTION


@task
async def greet(name: str) -> str:
    return f"hello {name}"


@task
async def donut(left: int) -> int:
    return left - 1


@task
async def flaky(context: WorkerContext) -> str:
    if context.attempt_number < 2:
        raise ConnectionError("not yet")
    return "there"


async def completed(town: Town, run: WfRun) -> WfRun:
    ended = await town.ended(run)
    assert ended.status is COMPLETED, ended.thread_runs[0].error_message
    return ended


async def output(town: Town, run: WfRun) -> Value:
    return (await completed(town, run)).thread_runs[0].output


async def test_t1_basic(town: Town) -> None:
    await town.work(greet)
    await town.deploy(lambda wf: wf.complete(wf.execute(greet, wf.declare_str("name"))))
    assert await output(town, await town.run({"name": "Ada"})) == "hello Ada"


@task
async def verify_identity(
    full_name: str, email: str, ssn: Annotated[int, LHType(masked=True)], context: WorkerContext
) -> str:
    if context.attempt_number < 2:
        raise ConnectionError("nobody there")
    return f"asked for {full_name}"


@task
async def notify_verified(full_name: str, email: str) -> str:
    return f"{full_name} is verified"


@task
async def notify_not_verified(full_name: str, email: str) -> str:
    return f"{full_name} is not verified"


def quickstart(wf: WorkflowThread) -> None:
    name = wf.declare_str("full-name").searchable().required()
    email = wf.declare_str("email").searchable().required()
    ssn = wf.declare_int("ssn").masked().required()
    verified = wf.declare_bool("identity-verified").searchable()
    wf.execute(verify_identity, name, email, ssn, retries=3)
    answer = wf.wait_for_event(
        "identity-verified",
        timeout=wf.declare_int("patience", default_value=300),
        correlation_id=email,
        return_type=bool,
        correlated_event_config=CorrelatedEventConfig(delete_after_first_correlation=True),
    )

    def too_late(handler: WorkflowThread) -> None:
        handler.execute(notify_not_verified, name, email)
        handler.fail("customer-not-verified", "unable to verify the customer's identity in time")

    wf.handle_error(answer, too_late, LHErrorType.TIMEOUT)
    verified.assign(answer)
    wf.do_if(verified, lambda body: body.execute(notify_verified, name, email)).do_else(
        lambda body: body.execute(notify_not_verified, name, email)
    )


ADA: dict[str, Any] = {"full-name": "Ada", "email": "ada@example.com", "ssn": 1815}


async def quickstart_begun(town: Town, **more: Any) -> WfRun:
    await town.work(verify_identity, notify_verified, notify_not_verified)
    await town.deploy(quickstart)
    return await town.run(ADA | more)


@pytest.mark.parametrize(("answer", "told"), [(True, "Ada is verified"), (False, "Ada is not verified")])
async def test_t2_quickstart(town: Town, answer: bool, told: str) -> None:
    run = await quickstart_begun(town)
    await town.client.put_correlated_event("identity-verified", "ada@example.com", answer)
    await completed(town, run)
    verify, *_, notify = await town.task_runs(run)
    assert [attempt.status for attempt in verify.attempts] == [TaskStatus.TASK_FAILED] * 2 + [
        TaskStatus.TASK_SUCCESS
    ]
    assert (notify.attempts[-1].output, verify.input_variables[2].value) == (told, "*****")
    assert await town.variables(run) | {"patience": 0} == ADA | {
        "ssn": "*****",
        "identity-verified": answer,
        "patience": 0,
    }


async def test_t2_quickstart_without_an_answer(town: Town) -> None:
    run = await town.ended(await quickstart_begun(town, patience=1))
    assert run.status is EXCEPTION
    failures = (await town.node(run, 0, 2)).failures
    assert [failure.failure_name for failure in failures] == ["TIMEOUT", "customer-not-verified"]
    assert (await town.task_run(run, 1, thread=1)).attempts[-1].output == "Ada is not verified"


@pytest.mark.parametrize(("weight", "by"), [(3, "bike"), (30, "van"), (300, "truck")])
async def test_t3_conditionals(town: Town, weight: int, by: str) -> None:
    def story(wf: WorkflowThread) -> None:
        kg = wf.declare_int("kg")
        wf.do_if(kg < 10, lambda body: body.complete("bike")).do_else_if(
            kg < 100, lambda body: body.complete("van")
        ).do_else(lambda body: body.complete("truck"))

    await town.deploy(story)
    assert await output(town, await town.run({"kg": weight})) == by


async def test_t4_conditionals_while(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        left = wf.declare_int("donuts")
        wf.do_while(left > 0, lambda body: left.assign(body.execute(donut, left)))

    await town.work(donut)
    await town.deploy(story)
    run = await town.play({"donuts": 3})
    assert run.status is COMPLETED
    assert (await town.outputs(run), await town.variable(run, "donuts")) == ([2, 1, 0], 0)


async def test_t5_mutation(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        spied = wf.execute(greet, name)
        wf.mutate(name, VariableMutationType.ASSIGN, spied)
        wf.mutate(name, VariableMutationType.EXTEND, "!")
        wf.execute(greet, name)

    await town.work(greet)
    await town.deploy(story)
    run = await town.play({"name": "Ada"})
    assert (run.status, await town.output(run, 2)) == (COMPLETED, "hello hello Ada!")


async def test_t6_json(town: Town) -> None:
    @task
    async def describe(car: dict[str, Any], brand: str) -> str:
        return f"{brand} {car['model']}"

    def story(wf: WorkflowThread) -> None:
        car = wf.declare_json_obj("car")
        wf.complete(wf.execute(describe, car, car.with_json_path("$.brand.name")))

    await town.work(describe)
    await town.deploy(story)
    run = await town.run({"car": {"brand": {"name": "Ford"}, "model": "Escape"}})
    assert await output(town, run) == "Ford Escape"


async def test_t7_casting(town: Town) -> None:
    @task
    async def double(x: int) -> float:
        return x * 2.5

    def story(wf: WorkflowThread) -> None:
        text = wf.declare_str("text")
        wf.complete(wf.execute(double, text.cast_to_int()).cast_to_int())

    await town.work(double)
    await town.deploy(story)
    assert await output(town, await town.run({"text": "5"})) == 12


async def test_t8_child_threads(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        child = wf.spawn_thread(lambda thread: thread.execute(greet, name), "child")
        wf.execute(greet, name)
        wf.wait_for_threads(child)

    await town.work(greet)
    await town.deploy(story)
    run = await town.play({"name": "Ada"})
    assert (run.status, await town.outputs(run)) == (COMPLETED, ["hello Ada"] * 2)


async def test_t9_parallel_approvals(town: Town) -> None:
    people = ("one", "two", "three")

    def story(wf: WorkflowThread) -> None:
        approved = wf.declare_bool("approved", default_value=False)

        def remind(thread: WorkflowThread) -> None:
            done = thread.declare_bool("done", default_value=False)
            with thread.while_(~done):
                thread.sleep(3600)

        def approval(person: str) -> Any:
            def asks(thread: WorkflowThread) -> None:
                thread.wait_for_event(f"{person}-approves")

            return asks

        reminders = wf.spawn_thread(remind, "remind")
        asked = wf.wait_for_threads(*(wf.spawn_thread(approval(one), one) for one in people))
        wf.handle_any_failure(asked, lambda handler: handler.fail("denied", "somebody said no"))
        approved.assign(True)
        wf.throw_event("approved", return_type=type(None))
        wf.wait_for_first_of(wf.spawn_thread(lambda thread: None, "done"), reminders)

    await town.events(*(f"{person}-approves" for person in people))
    await town.deploy(story)
    run = await town.run()
    for person in people:
        assert (await town.again(run)).status is LHStatus.RUNNING
        await town.post(run, f"{person}-approves")
    await completed(town, run)
    assert await town.variable(run, "approved") is True


async def test_t10_error_handling(town: Town) -> None:
    @task
    async def breaks() -> None:
        raise RuntimeError("broken")

    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute(breaks), lambda handler: handler.execute(greet, "handler"))
        wf.execute(greet, "rest")

    await town.work(breaks, greet)
    await town.deploy(story)
    run = await town.play()
    assert (run.status, await town.output(run, 1, thread=1)) == (COMPLETED, "hello handler")
    assert await town.output(run, 2) == "hello rest"


async def test_t11_interruption(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        with wf.on_interrupt("interruption", event_type=str) as handler:
            handler.execute(greet, handler.declare_str("INPUT"))
        wf.wait_for_event("go-on", auto_register=True)

    await town.work(greet)
    await town.deploy(story)
    run = await town.run()
    await town.post(run, "interruption", "Ada")
    await town.until(run, lambda found: found.thread_runs[-1].status is COMPLETED)
    await town.post(run, "go-on")
    await completed(town, run)
    assert await town.output(run, 1, thread=1) == "hello Ada"


async def test_t12_external_event(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        name.assign(wf.wait_for_event("name-event"))
        wf.complete(wf.execute(greet, name))

    await town.work(greet)
    await town.events("name-event")
    await town.deploy(story)
    run = await town.run()
    await town.post(run, "name-event", "Obi-Wan")
    assert await output(town, run) == "hello Obi-Wan"


async def test_t13_correlated_event(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        document = wf.declare_str("document-id")
        config = CorrelatedEventConfig()
        wf.complete(
            wf.wait_for_event(
                "signed", correlation_id=document, return_type=str, correlated_event_config=config
            )
        )

    await town.deploy(story)
    run = await town.run({"document-id": "d1"})
    posted = await town.client.put_correlated_event("signed", "d1", "by Ada")
    assert [event.wf_run_id for event in posted.external_events] == [run.id]
    assert await output(town, run) == "by Ada"


async def test_t14_event_registration(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        name = wf.wait_for_event("name-event").registered_as(str)
        wf.throw_event("greeted", wf.execute(greet, name)).registered_as(str)

    await town.work(greet)
    workflow = Workflow("flow", story)
    await town.deploy(workflow)
    assert (await town.client.get_external_event_def("name-event")).id.name == "name-event"
    run = await town.run()
    await town.post(run, "name-event", "Ada")
    assert (await town.client.await_workflow_event(run.id, "greeted")).content == "hello Ada"
    await completed(town, run)


async def test_t15_hierarchical_workflow(town: Town) -> None:
    def parent(wf: WorkflowThread) -> None:
        money = wf.declare_int("money", default_value=10).as_public()
        wf.wait_for_condition(money <= 0)

    def child(wf: WorkflowThread) -> None:
        money = wf.declare_int("money").as_inherited()
        price = wf.declare_int("price")
        money.assign(money - price)

    await town.deploy(parent, "parent")
    await town.deploy(Workflow("child", child, parent_wf="parent"))
    run = await town.run(name="parent")
    for price in (4, 6):
        await town.play({"price": price}, "child", parent_wf_run_id=run.id)
    await completed(town, run)
    assert await town.variable(run, "money") == 0


async def test_t16_run_child_wf(town: Town) -> None:
    def child(wf: WorkflowThread) -> None:
        wf.complete(wf.execute(greet, wf.declare_str("name").required()))

    await town.work(greet)
    await town.deploy(child, "child")
    await town.deploy(lambda wf: wf.complete(wf.wait_for_child_wf(wf.run_wf("child", {"name": "Ada"}))))
    assert await output(town, await town.run()) == "hello Ada"


async def test_t17_user_tasks(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        request = wf.declare_json_obj("request")
        request.assign(wf.assign_user_task("it-request", wf.declare_str("user")))
        approval = wf.assign_user_task("approve", user_group="finance").with_notes(
            wf.format("{0} wants {1}", wf.find_variable("user"), request["item"])
        )
        wf.complete(approval["isApproved"])

    form = {"name": "it-request", "fields": [{"name": "item", "type": "STR", "required": True}]}
    await town.client.put_user_task_def(PutUserTaskDefRequest.model_validate(form))
    yes = UserTaskField(name="isApproved", type=VariableType.BOOL, required=True)
    await town.client.put_user_task_def(PutUserTaskDefRequest(name="approve", fields=(yes,)))
    await town.deploy(story)
    run = await town.run({"user": "anakin"})
    await town.client.complete_user_task_run(run.id, "0-1", "anakin", {"item": "a lightsaber"})
    asked = await town.client.get_user_task_run(run.id, "0-2")
    assert (asked.user_group, asked.notes) == ("finance", "anakin wants a lightsaber")
    await town.client.complete_user_task_run(run.id, "0-2", "padme", {"isApproved": True})
    assert await output(town, run) is True


async def test_t18_wait_for_condition(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        left = wf.declare_int("left", default_value=2)
        with wf.on_interrupt("subtract"):
            left.assign(left - 1)
        wf.wait_for_condition(left == 0)

    await town.events("subtract")
    await town.deploy(story)
    run = await town.run()
    assert (await town.post(run, "subtract")).status is LHStatus.RUNNING
    await town.post(run, "subtract")
    await completed(town, run)


async def test_t19_retries(town: Town) -> None:
    backoff = ExponentialBackoffRetryPolicy(base_interval_ms=50, max_delay_ms=100, multiplier=2)
    await town.work(flaky)
    await town.deploy(lambda wf: wf.complete(wf.execute(flaky, retries=3, exponential_backoff=backoff)))
    run = await town.run()
    assert await output(town, run) == "there"
    assert len((await town.task_run(run, 1)).attempts) == 3


async def test_t20_checkpoint_tasks(town: Town) -> None:
    called: list[str] = []

    @task
    async def books(context: WorkerContext) -> str:
        def flight() -> str:
            called.append("flight")
            return "flight"

        booked = await context.execute_and_checkpoint(flight)
        if context.attempt_number == 0:
            raise ConnectionError("the hotel does not answer")
        return f"{booked} and hotel"

    await town.work(books)
    await town.deploy(lambda wf: wf.complete(wf.execute("books", retries=1)))
    assert await output(town, await town.run()) == "flight and hotel"
    assert called == ["flight"]


@lh_struct_def("person")
class Person:
    name: str
    age: int = 0


@task
async def birthday(person: Person) -> Person:
    person.age += 1
    return person


async def test_t21_structdef(town: Town) -> None:
    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.execute(birthday, wf.declare_struct("person", Person))["age"])

    await town.struct_defs(Person)
    await town.work(birthday)
    await town.deploy(story)
    assert await output(town, await town.run({"person": {"name": "Ada", "age": 36}})) == 37

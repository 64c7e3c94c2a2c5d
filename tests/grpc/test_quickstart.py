"""LittleHorse's quickstart by its own client from end to end: the identity of a customer is checked."""

from __future__ import annotations

from typing import Annotated

from littlehorse.model import (
    CorrelatedEventConfig,
    ExternalEventDefId,
    LHErrorType,
    LHStatus,
    PutCorrelatedEventRequest,
    TaskStatus,
)
from littlehorse.utils import to_variable_value
from littlehorse.worker import LHType, WorkerContext
from littlehorse.workflow import Workflow, WorkflowThread

from tests.grpc.stage import Stage, statuses


async def verify_identity(
    full_name: str, email: str, ssn: Annotated[int, LHType("ssn", masked=True)], ctx: WorkerContext
) -> str:
    """Cannot reach who would verify it when it tries for the first time."""
    if ctx.attempt_number == 0:
        raise ConnectionError("nobody there")
    return f"asked for {full_name}"


async def notify_verified(full_name: str, email: str) -> str:
    return f"{full_name} is verified"


async def notify_not_verified(full_name: str, email: str) -> str:
    return f"{full_name} is not verified"


def quickstart(timeout_s: int):  # type: ignore[no-untyped-def]
    def story(wf: WorkflowThread) -> None:
        full_name = wf.declare_str("full-name").searchable().required()
        email = wf.declare_str("email").searchable().required()
        ssn = wf.declare_int("ssn").masked().required()
        verified = wf.declare_bool("identity-verified").searchable()

        wf.execute("verify-identity", full_name, email, ssn, retries=3)
        result = wf.wait_for_event(
            "identity-verified",
            timeout=timeout_s,
            correlation_id=email,
            return_type=bool,
            correlated_event_config=CorrelatedEventConfig(),
        )

        def give_up(wf: WorkflowThread) -> None:
            wf.execute("notify-not-verified", full_name, email)
            wf.fail("customer-not-verified", "nobody verified the customer in time")

        wf.handle_error(result, give_up, LHErrorType.TIMEOUT)
        verified.assign(result)
        wf.do_if(
            verified.is_equal_to(True),
            lambda wf: wf.execute("notify-verified", full_name, email),
            lambda wf: wf.execute("notify-not-verified", full_name, email),
        )

    return Workflow("quickstart", story)


async def begun(stage: Stage, timeout_s: int = 300):  # type: ignore[no-untyped-def]
    await stage.work(verify_identity, notify_verified, notify_not_verified)
    await stage.deploy(quickstart(timeout_s))
    inputs = {"full-name": "Ada Lovelace", "email": "ada@example.com", "ssn": 123456789}
    run = await stage.run(inputs, "quickstart")
    return await stage.until(
        run, lambda seen: seen.thread_runs[0].current_node_position == 2 or seen.HasField("end_time")
    )


async def told(stage: Stage, verified: bool) -> None:
    name = ExternalEventDefId(name="identity-verified")
    await stage.stub.PutCorrelatedEvent(
        PutCorrelatedEventRequest(
            key="ada@example.com", external_event_def_id=name, content=to_variable_value(verified)
        )
    )


async def test_a_customer_who_is_verified(stage: Stage) -> None:
    run = await begun(stage)
    await told(stage, verified=True)
    run = await stage.ended(run)
    assert run.status == LHStatus.COMPLETED
    assert await stage.variables(run) == {
        "full-name": "Ada Lovelace",
        "email": "ada@example.com",
        "ssn": "*****",
        "identity-verified": True,
    }
    asked, notified = await stage.task_runs(run)
    assert [one.status for one in asked.attempts] == [TaskStatus.TASK_FAILED, TaskStatus.TASK_SUCCESS]
    assert "nobody there" in asked.attempts[0].error.message
    assert [(one.var_name, one.masked) for one in asked.input_variables] == [
        ("full_name", False),
        ("email", False),
        ("ssn", True),
    ]
    assert "123456789" not in str(asked)
    assert notified.attempts[0].output.str == "Ada Lovelace is verified"


async def test_a_customer_who_is_not(stage: Stage) -> None:
    run = await begun(stage)
    await told(stage, verified=False)
    run = await stage.ended(run)
    _, notified = await stage.task_runs(run)
    assert run.status == LHStatus.COMPLETED
    assert notified.attempts[0].output.str == "Ada Lovelace is not verified"
    assert (await stage.variables(run))["identity-verified"] is False


async def test_a_customer_whom_nobody_verifies(stage: Stage) -> None:
    run = await stage.ended(await begun(stage, timeout_s=1))
    assert (run.status, statuses(run)) == (LHStatus.EXCEPTION, ["EXCEPTION", "EXCEPTION"])
    assert run.thread_runs[0].error_message == "nobody verified the customer in time"
    (failure, *_) = (await stage.node(run, 0, 2)).failures
    assert (failure.failure_name, failure.failure_handler_threadrun_id) == ("TIMEOUT", 1)
    assert not failure.was_properly_handled
    assert (await stage.variables(run))["identity-verified"] is None

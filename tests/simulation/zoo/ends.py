"""ends: workflows whose runs are deleted, in the middle or at the end, and leave nothing."""

from __future__ import annotations

from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.workflow import LHErrorType, WorkflowThread


def is_deleted(wf: WorkflowThread) -> None:
    """Whatever may wait is there when it goes."""
    n = wf.declare_int("n").searchable()
    key = wf.declare_str("key")
    with wf.on_interrupt("bump", event_type=int) as handler:
        handler.declare_int("INPUT")
        handler.execute("say", n)

    def asks(thread: WorkflowThread) -> None:
        form = thread.assign_user_task("form", "ann")
        thread.schedule_reminder_task(form, 1, "say", n)
        thread.cancel_user_task_run_after(form, 300)

    def waits(thread: WorkflowThread) -> None:
        thread.declare_str("mood", "bad").searchable()
        thread.wait_for_event(
            "payment",
            correlation_id=key,
            timeout=300,
            return_type=int,
            correlated_event_config=CorrelatedEventConfig(),
        )

    def works(thread: WorkflowThread) -> None:
        item = thread.declare_int("INPUT")
        thread.with_retention_policy(1)
        thread.execute("flaky", item)
        thread.throw_event("progress", item, return_type=int)
        thread.execute("keeps", item)
        thread.sleep(300)

    wf.spawn_thread(asks, "asks")
    wf.spawn_thread(waits, "waits")
    wf.spawn_thread_for_each(wf.declare_json_arr("items", [1, 2, 3]), works, "works")
    wf.wait_for_event("answer", timeout=300, return_type=int)


def is_deleted_at_its_end(wf: WorkflowThread) -> None:
    n = wf.declare_int("n").searchable()
    wf.throw_event("progress", n, return_type=int)
    n.assign(wf.execute("keeps", n))
    wf.wait_for_event("answer", return_type=int)


def is_forgotten(wf: WorkflowThread) -> None:
    n = wf.declare_int("n").searchable()
    n.assign(wf.execute("keeps", n))
    wf.throw_event("progress", n, return_type=int)


def fails_and_is_forgotten(wf: WorkflowThread) -> None:
    n = wf.declare_int("n").searchable()

    def child(thread: WorkflowThread) -> None:
        thread.wait_for_event(
            "payment",
            correlation_id=wf_key,
            timeout=300,
            return_type=int,
            correlated_event_config=CorrelatedEventConfig(),
        )

    wf_key = wf.declare_str("key")
    wf.spawn_thread(child, "child")
    wf.execute("mends", n, retries=0, timeout_seconds=60)
    wf.fail("on-purpose", "it is over", n)


def waiting_child(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    wf.wait_for_event("never", return_type=int)


def loses_its_child_run(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    waited = wf.wait_for_child_wf(wf.run_wf("waiting-child", {"n": n}))
    wf.handle_error(waited, lambda handler: handler.execute("note", "gone"), LHErrorType.CHILD_FAILURE)
    wf.execute("say", n)

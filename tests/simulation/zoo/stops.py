"""stops: workflows that are stopped and resumed wherever they are."""

from __future__ import annotations

from lhredis.model.enums import Comparator
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.workflow import LHErrorType, VariableMutationType, WorkflowThread


def stops_at_events(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.wait_for_event("answer", return_type=int))
    wf.execute("plus", n, 1)
    late = wf.wait_for_event("never", timeout=2, return_type=int)
    wf.handle_error(late, lambda handler: handler.execute("note", "late"), LHErrorType.TIMEOUT)
    n.assign(wf.wait_for_event("answer"))
    wf.execute("say", n)


def stops_its_children(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")

    def grandchild(thread: WorkflowThread) -> None:
        thread.sleep(1)
        thread.execute("flaky", n)

    def child(thread: WorkflowThread) -> None:
        spawned = thread.spawn_thread(grandchild, "grandchild")
        thread.execute("plus", n, 1)
        thread.wait_for_threads(spawned)

    children = wf.spawn_thread(child, "one"), wf.spawn_thread(grandchild, "other")
    wf.wait_for_threads(*children)
    wf.execute("say", n)


def stops_in_handlers(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)
    with wf.on_interrupt("bump", event_type=int) as handler:
        by = handler.declare_int("INPUT")
        handler.sleep(1)
        count.assign(handler.execute("plus", count, by))

    def when_denied(handler: WorkflowThread) -> None:
        handler.sleep(1)
        n.assign(handler.execute("plus", n, 100))

    wf.handle_exception(wf.execute("denied", n), when_denied, "denied")
    wf.wait_for_condition(wf.condition(count, Comparator.GREATER_THAN_EQ, 30))
    wf.execute("say", count)


def stops_child_runs(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    first = wf.run_wf("worker-child", {"n": n})
    n.assign(wf.execute("plus", n, 1))
    n.assign(wf.wait_for_child_wf(first))
    wf.execute("say", n)


def stays_stopped(wf: WorkflowThread) -> None:
    """EXIT does not wait for a child that somebody stopped, and nothing of it stays behind."""
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)

    def child(thread: WorkflowThread) -> None:
        key = thread.declare_str("INPUT")
        thread.mutate(count, VariableMutationType.ADD, 1)
        thread.wait_for_event(
            "payment", correlation_id=key, return_type=int, correlated_event_config=CorrelatedEventConfig()
        )

    wf.spawn_thread(child, "child", {"INPUT": wf.declare_str("key")})
    wf.wait_for_event("answer", return_type=int)
    wf.execute("say", n)

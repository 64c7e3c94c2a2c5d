"""events: workflows that wait for ExternalEvents, are interrupted by them, and throw WorkflowEvents."""

from __future__ import annotations

from lhredis.model.enums import Comparator
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.workflow import LHErrorType, VariableMutationType, WorkflowThread


def waits_for_answers(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.wait_for_event("answer", return_type=int))
    wf.execute("plus", n, 1)
    n.assign(wf.wait_for_event("answer"))
    wf.execute("plus", n, 1)


def gives_up_waiting(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    event = wf.wait_for_event("never", timeout=2, return_type=int)
    wf.handle_error(event, lambda handler: handler.execute("note", "late"), LHErrorType.TIMEOUT)
    wf.execute("say", n)


def gives_up_on_others(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    with wf.spawn("slow") as slow:
        slow.sleep(4)
        slow.execute("plus", n, 1)
    waited = wf.wait_for_threads(slow, timeout=1)
    wf.handle_error(waited, lambda handler: handler.execute("note", "late"), LHErrorType.TIMEOUT)
    held = wf.wait_for_condition(wf.condition(n, Comparator.NOT_EQUALS, n), timeout=2)
    wf.handle_error(held, lambda handler: handler.execute("note", "never"), LHErrorType.TIMEOUT)
    wf.wait_for_threads(slow, timeout=3600)
    wf.execute("say", n)


def is_interrupted(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)
    with wf.on_interrupt("bump", event_type=int) as handler:
        by = handler.declare_int("INPUT")
        count.assign(handler.execute("plus", count, by))
    wf.execute("plus", n, 1)
    wf.sleep(1)
    wf.execute("plus", n, 2)
    wf.wait_for_condition(wf.condition(count, Comparator.GREATER_THAN_EQ, 30))
    wf.execute("say", count)


def interrupts_children(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)
    with wf.on_interrupt("poke", event_type=int) as handler:
        handler.sleep(1)
        handler.mutate(count, VariableMutationType.ADD, 1)

    def child(thread: WorkflowThread) -> None:
        thread.execute("flaky", n)
        thread.wait_for_condition(thread.condition(count, Comparator.GREATER_THAN_EQ, 2))
        thread.execute("say", count)

    wf.wait_for_threads(wf.spawn_thread(child, "child"))


def throws_events(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.throw_event("progress", n, return_type=int)
    n.assign(wf.execute("plus", n, 1))
    wf.throw_event("progress", n)
    wf.sleep(1)
    wf.throw_event("progress", 7)


def waits_by_key(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    key = wf.declare_str("key")
    payment = wf.wait_for_event(
        "payment", correlation_id=key, return_type=int, correlated_event_config=CorrelatedEventConfig()
    )
    n.assign(payment)
    wf.execute("plus", n, 1)
    n.assign(wf.wait_for_event("payment", correlation_id=key))
    wf.execute("plus", n, 2)


def pays_once(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    key = wf.declare_str("key")
    config = CorrelatedEventConfig(delete_after_first_correlation=True)
    n.assign(
        wf.wait_for_event("voucher", correlation_id=key, return_type=int, correlated_event_config=config)
    )
    wf.execute("plus", n, 1)

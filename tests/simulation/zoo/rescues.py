"""rescues: workflows that fail until somebody repairs what is broken, and lets them go on."""

from __future__ import annotations

from lhredis.model.enums import Comparator
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.workflow import VariableMutationType, WorkflowThread


def _mends(wf: WorkflowThread, n: object) -> object:
    return wf.execute("mends", n, retries=0, timeout_seconds=60)


def is_rescued(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.execute("plus", n, 1))
    n.assign(_mends(wf, n))
    wf.execute("say", n)


def is_rescued_behind(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.execute("plus", n, 1))
    wf.execute("broken", retries=0, timeout_seconds=60)
    wf.execute("say", n)


def a_child_is_rescued(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")

    def child(thread: WorkflowThread) -> None:
        n.assign(_mends(thread, n))
        thread.sleep(1)
        thread.execute("say", n)

    wf.wait_for_threads(wf.spawn_thread(child, "child"))
    wf.execute("plus", n, 5)


def fails_beside_its_children(wf: WorkflowThread) -> None:
    """The children halt with their parent wherever they are, and go on with it."""
    n = wf.declare_int("n")
    total = wf.declare_int("total", 0)

    def works(thread: WorkflowThread) -> None:
        thread.execute("flaky", n)
        thread.sleep(1)
        thread.mutate(total, VariableMutationType.ADD, 1)

    def waits(thread: WorkflowThread) -> None:
        thread.mutate(total, VariableMutationType.ADD, thread.wait_for_event("answer", return_type=int))

    children = wf.spawn_thread(works, "works"), wf.spawn_thread(waits, "waits")
    _mends(wf, n)
    wf.wait_for_threads(*children)
    wf.execute("say", total)


def a_handler_is_rescued(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")

    def when_denied(handler: WorkflowThread) -> None:
        n.assign(_mends(handler, n))

    wf.handle_exception(wf.execute("denied", n), when_denied, "denied")
    wf.execute("say", n)


def an_interrupt_is_rescued(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)
    with wf.on_interrupt("bump", event_type=int) as handler:
        by = handler.declare_int("INPUT")
        count.assign(_mends(handler, by))
    wf.execute("plus", n, 1)
    wf.wait_for_condition(wf.condition(count, Comparator.GREATER_THAN_EQ, 10))
    wf.execute("say", count)


def mending_child(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.complete(_mends(wf, n))


def a_child_run_is_rescued(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.wait_for_child_wf(wf.run_wf("mending-child", {"n": n})))
    wf.execute("say", n)


def waits_by_key_while_it_is_rescued(wf: WorkflowThread) -> None:
    """A thread that dies gives up its key, and takes it again."""
    n = wf.declare_int("n")
    key = wf.declare_str("key")
    with wf.on_interrupt("bump", event_type=int) as handler:
        _mends(handler, handler.declare_int("INPUT"))
    config = CorrelatedEventConfig()
    n.assign(
        wf.wait_for_event("payment", correlation_id=key, return_type=int, correlated_event_config=config)
    )
    wf.execute("say", n)

"""steps: workflows of one thread and its failure handlers: tasks, sleeps, branches, loops."""

from __future__ import annotations

from lhredis.model.enums import Comparator
from lhredis.workflow import (
    ExponentialBackoffRetryPolicy,
    LHErrorType,
    VariableMutationType,
    WorkflowThread,
)


def three_tasks(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    total = wf.declare_int("total")
    total.assign(wf.execute("plus", n, 1))
    total.assign(wf.execute("plus", total, 10))
    wf.execute("note", wf.execute("say", total))


def naps(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.sleep(1)
    n.assign(wf.execute("plus", n, 1))
    wf.sleep(n)
    wf.execute("say", n)


def branches_and_loops(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    path = wf.declare_str("path", "")
    with wf.while_(wf.condition(n, Comparator.LESS_THAN, 8)):
        with wf.if_(wf.condition(n, Comparator.LESS_THAN, 4)):
            n.assign(wf.execute("plus", n, 3))
            wf.mutate(path, VariableMutationType.EXTEND, "s")
        with wf.else_():
            n.assign(wf.execute("flaky", n))
            wf.mutate(path, VariableMutationType.EXTEND, "f")
    wf.execute("note", path)


def backs_off(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=300, multiplier=1.5, max_delay_ms=900)
    n.assign(wf.execute("flaky", n, exponential_backoff=policy))
    n.assign(wf.execute("plus", n, n, exponential_backoff=policy))


def handles_failures(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    reason = wf.declare_str("reason")

    def when_denied(handler: WorkflowThread) -> None:
        content = handler.declare_int("INPUT")
        n.assign(handler.execute("plus", content, 100))

    def when_broken(handler: WorkflowThread) -> None:
        handler.sleep(1)
        reason.assign(handler.execute("say", n))

    wf.handle_exception(wf.execute("denied", n), when_denied, "denied")
    wf.handle_any_failure(wf.execute("broken", retries=1, timeout_seconds=60), when_broken)
    wf.handle_error(wf.execute("mistyped"), lambda handler: handler.execute("note", "mistyped"))
    wf.execute("say", n)


def gives_up(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    wf.execute("broken", retries=1, timeout_seconds=60)


def throws(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.sleep(1)
    with wf.if_(wf.condition(n, Comparator.LESS_THAN, 3)):
        wf.fail("too-small", "n is too small", n)
    wf.execute("denied", n)


def times_out(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    hangs = wf.execute("hangs", retries=1, timeout_seconds=1)
    wf.handle_error(hangs, lambda handler: handler.execute("note", "gone"), LHErrorType.TIMEOUT)
    wf.execute("note", "after")


def tries_once(wf: WorkflowThread) -> None:
    """Nothing here may get lost, not even for a while: one time-out, and the run ends otherwise."""
    n = wf.declare_int("n")
    with wf.while_(wf.condition(n, Comparator.LESS_THAN, 60)):
        n.assign(wf.execute("once", n, retries=0, timeout_seconds=60))

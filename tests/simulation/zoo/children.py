"""children: workflows that run others as their children, wait for them, and share variables with them."""

from __future__ import annotations

from lhredis.workflow import WorkflowThread


def worker_child(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.execute("plus", n, 1000))
    wf.sleep(1)
    wf.complete(wf.execute("plus", n, 1))


def failing_child(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.execute("denied", n)


def runs_children(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    total = wf.declare_int("total")
    first = wf.run_wf("worker-child", {"n": n})
    second = wf.run_wf("worker-child", {"n": 5})
    wf.execute("say", n)
    total.assign(wf.wait_for_child_wf(second))
    total.assign(wf.execute("plus", total, wf.wait_for_child_wf(first)))


def a_child_run_fails(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")

    def handler(thread: WorkflowThread) -> None:
        content = thread.declare_int("INPUT")
        n.assign(thread.execute("plus", content, 7))

    waited = wf.wait_for_child_wf(wf.run_wf("failing-child", {"n": n}))
    wf.handle_exception(waited, handler, "denied")
    wf.execute("say", n)


def heir(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    wealth = wf.declare_int("wealth").as_inherited()
    wealth.assign(wf.execute("plus", wealth, 1))
    wealth.assign(wf.execute("plus", wealth, 1))


def shares_with_nobody_yet(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    wf.declare_int("wealth", 10).as_public()


def shares_with_its_child(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wealth = wf.declare_int("wealth", 10).as_public()
    wf.wait_for_child_wf(wf.run_wf("heir", {"n": n}))
    wf.execute("say", wealth)

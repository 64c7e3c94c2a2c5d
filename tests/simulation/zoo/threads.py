"""threads: workflows with child threads: waited for, failing, nested, let go, stopped."""

from __future__ import annotations

from lhredis.model.enums import Comparator
from lhredis.workflow import VariableMutationType, WorkflowThread


def children_at_work(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    first = wf.declare_int("first")
    second = wf.declare_int("second")

    def one(child: WorkflowThread) -> None:
        first.assign(child.execute("plus", n, 1))
        first.assign(child.execute("plus", first, 1))

    def other(child: WorkflowThread) -> None:
        child.sleep(1)
        second.assign(child.execute("plus", n, 100))

    children = wf.spawn_thread(one, "one"), wf.spawn_thread(other, "other")
    wf.execute("say", n)
    wf.wait_for_threads(*children)
    wf.execute("plus", first, second)


def a_child_of_a_child(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    total = wf.declare_int("total", 0)

    def grandchild(thread: WorkflowThread) -> None:
        given = thread.declare_int("given")
        total.assign(thread.execute("plus", given, total))

    def child(thread: WorkflowThread) -> None:
        thread.wait_for_threads(thread.spawn_thread(grandchild, "grandchild", {"given": n}))
        thread.wait_for_threads(thread.spawn_thread(grandchild, "grandchild", {"given": 10}))

    wf.spawn_thread(child, "child")  # nobody waits for it but EXIT


def one_for_each(wf: WorkflowThread) -> None:
    wf.declare_int("n")
    items = wf.declare_json_arr("items", [1, 2, 3, 4])

    def each(child: WorkflowThread) -> None:
        item = child.declare_int("INPUT")
        child.with_retention_policy(1)
        child.execute("plus", item, 1)
        child.execute("say", item)

    wf.wait_for_threads(wf.spawn_thread_for_each(items, each, "each"))
    wf.sleep(2)
    wf.execute("note", "all are through")


def a_child_throws(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    seen = wf.declare_int("seen")

    def child(thread: WorkflowThread) -> None:
        thread.execute("denied", n)

    def handler(thread: WorkflowThread) -> None:
        content = thread.declare_int("INPUT")
        seen.assign(thread.execute("plus", content, 1))

    waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
    wf.handle_exception(waited, handler, "denied")
    wf.execute("say", seen)
    wf.wait_for_threads(wf.spawn_thread(child, "child"))


def the_first_decides(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")

    def quick(child: WorkflowThread) -> None:
        n.assign(child.execute("plus", n, 1))

    def never(child: WorkflowThread) -> None:
        child.wait_for_condition(child_is_over.is_equal_to(1))

    child_is_over = wf.declare_int("over", 0)
    wf.wait_for_first_of(wf.spawn_thread(quick, "quick"), wf.spawn_thread(never, "never"))
    wf.execute("say", n)


def waits_for_its_child(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)

    def child(thread: WorkflowThread) -> None:
        with thread.while_(thread.condition(count, Comparator.LESS_THAN, 4)):
            thread.execute("flaky", n)
            thread.mutate(count, VariableMutationType.ADD, 1)

    wf.spawn_thread(child, "child")
    wf.wait_for_condition(wf.condition(count, Comparator.GREATER_THAN_EQ, 3))
    wf.execute("say", n)


def is_stopped_and_resumed(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")

    def child(thread: WorkflowThread) -> None:
        thread.sleep(1)
        thread.execute("plus", n, 1)
        thread.execute("plus", n, 2)

    spawned = wf.spawn_thread(child, "child")
    wf.execute("flaky", n)
    wf.sleep(2)
    wf.execute("plus", n, 3)
    wf.wait_for_threads(spawned)

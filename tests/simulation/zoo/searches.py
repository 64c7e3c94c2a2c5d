"""searches: workflows whose runs are found by what their variables hold, and that call tasks by name."""

from __future__ import annotations

from lhredis.model.enums import Comparator, VariableType
from lhredis.workflow import VariableMutationType, WorkflowThread


def is_found(wf: WorkflowThread) -> None:
    n = wf.declare_int("n").searchable()
    mood = wf.declare_str("mood", "new").searchable()
    person = wf.declare_json_obj("person", {"name": "ann", "age": 1})
    person.searchable_on("$.name", VariableType.STR).searchable_on("$.age", VariableType.INT)

    def child(thread: WorkflowThread) -> None:
        item = thread.declare_int("INPUT")
        thread.with_retention_policy(1)
        thread.declare_str("colour", "red").searchable()
        thread.declare_int("item", 0).searchable().assign(thread.execute("plus", item, 1))
        mood.assign("childish")

    with wf.while_(wf.condition(n, Comparator.LESS_THAN, 6)):
        n.assign(wf.execute("plus", n, 2))
    wf.wait_for_threads(wf.spawn_thread_for_each(wf.declare_json_arr("items", [1, 2]), child, "each"))
    person["name"] = "bob"
    wf.sleep(2)
    mood.assign("old")
    wf.execute("say", n)


def names_its_tasks(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    names = wf.declare_json_arr("names", ["say", "flaky", "keeps"])

    def each(thread: WorkflowThread) -> None:
        name = thread.declare_str("INPUT")
        thread.execute(name, n)

    wf.wait_for_threads(wf.spawn_thread_for_each(names, each, "each"))
    wf.mutate(n, VariableMutationType.ADD, 1)
    wf.execute(wf.format("{0}", "say"), n)


def keeps_what_it_has(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    n.assign(wf.execute("keeps", n))
    wf.execute("keeps", n)

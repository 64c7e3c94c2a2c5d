"""zoo: the workflows of the simulation.

Every one of them comes to the same end however often its workers die and its messages get lost: what
a task returns is a function of its inputs, and it is tried more often than a seed lets it fail. Each
takes an INT `n`.
"""

from __future__ import annotations

from tests.simulation.zoo import children, events, steps, threads
from tests.simulation.zoo.specimen import Post, PostCorrelated, Resume, Specimen, Stop
from tests.simulation.zoo.tasks import TASKS

__all__ = ["SPECS", "TASKS"]

WORKER = ("worker-child", Specimen(children.worker_child))
FAILING = ("failing-child", Specimen(children.failing_child))
HEIR = ("heir", Specimen(children.heir, parent="shares-with-its-child"))
FIRST_VERSION = ("shares-with-its-child", Specimen(children.shares_with_nobody_yet))

SPECS: dict[str, Specimen] = {
    "three-tasks": Specimen(steps.three_tasks),
    "naps": Specimen(steps.naps),
    "branches-and-loops": Specimen(steps.branches_and_loops),
    "backs-off": Specimen(steps.backs_off),
    "handles-failures": Specimen(steps.handles_failures, strict=True),
    "gives-up": Specimen(steps.gives_up, strict=True),
    "throws": Specimen(steps.throws),
    "times-out": Specimen(steps.times_out),
    "tries-once": Specimen(steps.tries_once, strict=True),
    "children-at-work": Specimen(threads.children_at_work),
    "a-child-of-a-child": Specimen(threads.a_child_of_a_child),
    "one-for-each": Specimen(threads.one_for_each, settle_s=2),
    "a-child-throws": Specimen(threads.a_child_throws),
    "the-first-decides": Specimen(threads.the_first_decides),
    "waits-for-its-child": Specimen(threads.waits_for_its_child),
    "is-stopped-and-resumed": Specimen(
        threads.is_stopped_and_resumed, deeds=(Stop(), Resume(), Stop(), Resume())
    ),
    "waits-for-answers": Specimen(
        events.waits_for_answers, deeds=(Post("answer", 3, early=True), Post("answer", 4))
    ),
    "gives-up-waiting": Specimen(events.gives_up_waiting),
    "is-interrupted": Specimen(events.is_interrupted, deeds=(Post("bump", 10), Post("bump", 20))),
    "interrupts-children": Specimen(events.interrupts_children, deeds=(Post("poke", 1), Post("poke", 2))),
    "throws-events": Specimen(events.throws_events),
    "waits-by-key": Specimen(
        events.waits_by_key, deeds=(PostCorrelated("payment", 40),), variables={"key": "{id}"}
    ),
    "pays-once": Specimen(events.pays_once, deeds=(PostCorrelated("voucher", 9),), variables={"key": "{id}"}),
    "runs-children": Specimen(children.runs_children, needs=(WORKER,)),
    "a-child-run-fails": Specimen(children.a_child_run_fails, needs=(FAILING,)),
    "shares-with-its-child": Specimen(children.shares_with_its_child, needs=(FIRST_VERSION, HEIR)),
}

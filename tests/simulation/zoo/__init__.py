"""zoo: the workflows of the simulation.

Every one of them comes to the same end however often its workers die and its messages get lost: what
a task returns is a function of its inputs, and it is tried more often than a seed lets it fail. Each
takes an INT `n`.
"""

from __future__ import annotations

from functools import partial

from lhredis.model.enums import LHStatus
from tests.simulation.zoo import (
    children,
    ends,
    events,
    forms,
    migrations,
    rescues,
    searches,
    steps,
    stops,
    threads,
)
from tests.simulation.zoo.deeds import (
    Mend,
    Post,
    PostCorrelated,
    Sweep,
    assign,
    cancel,
    comment,
    complete,
    delete,
    migrate,
    rescue,
    resume,
    save,
    stop,
    until_at,
    until_failed,
    until_follows,
    until_gone,
    until_over,
    until_reminded,
    until_started,
    until_status,
    until_unassigned,
)
from tests.simulation.zoo.forms import FILLED
from tests.simulation.zoo.migrations import NEW, migrating
from tests.simulation.zoo.specimen import Begin, Specimen
from tests.simulation.zoo.tasks import TASKS

__all__ = ["SPECS", "TASKS"]

WORKER = ("worker-child", Specimen(children.worker_child))
FAILING = ("failing-child", Specimen(children.failing_child))
MENDING = ("mending-child", Specimen(rescues.mending_child))
WAITING = ("waiting-child", Specimen(ends.waiting_child))
HEIR = ("heir", Specimen(children.heir, parent="shares-with-its-child"))
FIRST_VERSION = ("shares-with-its-child", Specimen(children.shares_with_nobody_yet))

BY_KEY = {"key": "{id}"}
OFTEN = (stop(), resume()) * 2
MENDED = (until_failed(), Mend())
until_completed = partial(until_status, LHStatus.COMPLETED)

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
    "is-stopped-and-resumed": Specimen(threads.is_stopped_and_resumed, deeds=OFTEN),
    "waits-for-answers": Specimen(
        events.waits_for_answers, deeds=(Post("answer", 3, early=True), Post("answer", 4))
    ),
    "gives-up-waiting": Specimen(events.gives_up_waiting),
    "gives-up-on-others": Specimen(events.gives_up_on_others),
    "is-interrupted": Specimen(events.is_interrupted, deeds=(Post("bump", 10), Post("bump", 20))),
    "interrupts-children": Specimen(events.interrupts_children, deeds=(Post("poke", 1), Post("poke", 2))),
    "throws-events": Specimen(events.throws_events),
    "waits-by-key": Specimen(events.waits_by_key, deeds=(PostCorrelated("payment", 40),), variables=BY_KEY),
    "pays-once": Specimen(events.pays_once, deeds=(PostCorrelated("voucher", 9),), variables=BY_KEY),
    "runs-children": Specimen(children.runs_children, needs=(WORKER,)),
    "a-child-run-fails": Specimen(children.a_child_run_fails, needs=(FAILING,)),
    "shares-with-its-child": Specimen(children.shares_with_its_child, needs=(FIRST_VERSION, HEIR)),
    "is-rescued": Specimen(rescues.is_rescued, deeds=(*MENDED, rescue()), strict=True),
    "is-rescued-behind": Specimen(
        rescues.is_rescued_behind, deeds=(until_failed(), rescue(skip=True)), strict=True
    ),
    "a-child-is-rescued": Specimen(
        rescues.a_child_is_rescued, deeds=(*MENDED, rescue(thread=1), *OFTEN), strict=True
    ),
    "fails-beside-its-children": Specimen(
        rescues.fails_beside_its_children, deeds=(*MENDED, Post("answer", 4), rescue()), strict=True
    ),
    "a-handler-is-rescued": Specimen(
        rescues.a_handler_is_rescued, deeds=(*MENDED, rescue(thread=1)), strict=True
    ),
    "an-interrupt-is-rescued": Specimen(
        rescues.an_interrupt_is_rescued,
        deeds=(Post("bump", 7), until_failed(thread=1), Mend(), rescue(thread=1)),
        strict=True,
    ),
    "waits-by-key-while-it-is-rescued": Specimen(
        rescues.waits_by_key_while_it_is_rescued,
        deeds=(
            Post("bump", 7),
            until_failed(),
            Mend(),
            rescue(thread=1),
            PostCorrelated("payment", 40, early=False),
        ),
        strict=True,
        variables=BY_KEY,
    ),
    "a-child-run-is-rescued": Specimen(
        rescues.a_child_run_is_rescued,
        deeds=(*MENDED, rescue(of_child=True)),
        strict=True,
        needs=(MENDING,),
    ),
    "stops-at-events": Specimen(
        stops.stops_at_events,
        deeds=(stop(), Post("answer", 3), resume(), *OFTEN, Post("answer", 4), *OFTEN),
    ),
    "stops-its-children": Specimen(
        stops.stops_its_children,
        deeds=(stop(1), stop(), stop(2), resume(), resume(1), stop(), resume(2), resume()),
    ),
    "stops-in-handlers": Specimen(
        stops.stops_in_handlers,
        deeds=(until_started(1), Post("bump", 10), stop(), Post("bump", 20), resume(), *OFTEN),
    ),
    "stops-child-runs": Specimen(
        stops.stops_child_runs,
        deeds=(stop(), stop(of_child=True), resume(), resume(of_child=True), *OFTEN),
        needs=(WORKER,),
    ),
    "stays-stopped": Specimen(
        stops.stays_stopped, deeds=(until_at(1, thread=1), stop(1), Post("answer", 1)), variables=BY_KEY
    ),
    "fills-a-form": Specimen(
        forms.fills_a_form, deeds=(until_at(1), stop(), complete("ann", FILLED), resume())
    ),
    "changes-hands": Specimen(
        forms.changes_hands,
        deeds=(
            until_at(1),
            assign("ann", "jedi"),
            comment("ann", "mine"),
            save("ann", {"by": 1}),
            *OFTEN,
            assign("bob"),
            complete("bob", FILLED),
        ),
    ),
    "is-cancelled": Specimen(forms.is_cancelled, deeds=(until_at(1), cancel())),
    "has-deadlines": Specimen(forms.has_deadlines),
    "is-released": Specimen(
        forms.is_released, deeds=(until_unassigned(), assign("bob", "jedi"), complete("bob", FILLED))
    ),
    "reminds": Specimen(forms.reminds, deeds=(until_reminded(2), complete("ann", FILLED))),
    "asks-below-interrupts": Specimen(
        forms.asks_below_interrupts,
        deeds=(
            until_at(1, thread=1),
            Post("bump", 7),
            stop(),
            resume(),
            Post("bump", 8),
            complete("ann", FILLED, thread=1),
        ),
    ),
    "is-deleted": Specimen(ends.is_deleted, deeds=(Post("bump", 1), delete()), variables=BY_KEY, loose=True),
    "is-deleted-at-its-end": Specimen(
        ends.is_deleted_at_its_end, deeds=(Post("answer", 1), until_completed(), delete(), until_gone())
    ),
    "is-swept": Specimen(
        ends.is_deleted_at_its_end,
        deeds=(Post("answer", 1), until_over(), Sweep("COMPLETED"), until_gone()),
    ),
    "is-forgotten": Specimen(ends.is_forgotten, deeds=(until_gone(),), retention_s=2),
    "fails-and-is-forgotten": Specimen(
        ends.fails_and_is_forgotten,
        deeds=(*MENDED, rescue(), until_gone()),
        strict=True,
        variables=BY_KEY,
        retention_s=30,
    ),
    "loses-its-child-run": Specimen(
        ends.loses_its_child_run, deeds=(until_at(2), delete(of_child=True)), needs=(WAITING,)
    ),
    "starts-later": Specimen(steps.three_tasks, begins=Begin.LATER),
    "starts-every-minute": Specimen(steps.naps, begins=Begin.EVERY_MINUTE),
    "is-found": Specimen(searches.is_found, settle_s=2, deeds=OFTEN),
    **migrating(
        "goes-over",
        migrations.waits_by_key_in_vain,
        migrations.waits_again,
        {"entrypoint": {"answer": "plus"}},
        lambda plan: (until_at(1), migrate(plan), until_follows(*NEW), *OFTEN, Post("answer", 3)),
        variables=BY_KEY,
    ),
    **migrating(
        "goes-over-with-all-others",
        migrations.waits_by_key_in_vain,
        migrations.waits_again,
        {"entrypoint": {"answer": "plus"}},
        lambda plan: (until_at(1), Sweep(migration=plan), until_follows(*NEW), Post("answer", 3)),
        variables=BY_KEY,
    ),
    **migrating(
        "goes-over-on-the-way",
        migrations.has_children_on_the_way,
        migrations.has_other_children,
        {"entrypoint": {"threads": "threads"}, "child": {"never": "plus"}, "other": {"never": "plus"}},
        lambda plan: (
            until_at(1),
            migrate(plan),
            Post("begin", 1),
            until_follows(*NEW),
            *OFTEN,
            until_follows(*NEW, thread=2),
            Post("answer", 2),
        ),
    ),
    **migrating(
        "goes-over-when-it-is-rescued",
        migrations.fails_on_the_way,
        migrations.waits_again,
        {"entrypoint": {"SLEEP": "plus"}},
        lambda plan: (until_at(1), migrate(plan), Post("begin", 1), *MENDED, rescue(), Post("answer", 3)),
        strict=True,
    ),
    **migrating(
        "asks-anew",
        migrations.asks_ann,
        migrations.asks_bob,
        {"entrypoint": {"form": "form"}},
        lambda plan: (until_at(1), migrate(plan), until_follows(*NEW), complete("bob", FILLED, position=2)),
    ),
    "names-its-tasks": Specimen(searches.names_its_tasks),
    "keeps-what-it-has": Specimen(searches.keeps_what_it_has),
}

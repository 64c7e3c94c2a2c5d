"""migrations: workflows that go on with another version while they run, and the plans that say how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lhredis.engine.migration_plan import migration_of, plan_of
from lhredis.engine.run import Migration, SpecVersion
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.model.ids import WfSpecId
from lhredis.model.migration import MigrationVars, PutWorkflowMigrationPlanRequest
from lhredis.model.wf_spec import WfSpec
from lhredis.workflow import Workflow, WorkflowThread
from tests.simulation.zoo.deeds import Deed
from tests.simulation.zoo.specimen import Specimen

Story = Callable[[WorkflowThread], None]

OLD, NEW = (0, 0), (0, 1)
"""Versions of the workflows in here: the second one breaks nothing."""


def migrating(
    name: str,
    before: Story,
    after: Story,
    threads: dict[str, dict[str, str]],
    deeds: Callable[[Migration], tuple[Deed, ...]],
    **more: Any,
) -> dict[str, Specimen]:
    """Runs that start on one version of a workflow, and end on another one. `threads` tell by ThreadSpec from
    which node, by a part of its name, its threads go over to which one; `deeds` are done with the plan for
    that."""
    specimen = Specimen(after, deeds(_migration(name, before, after, threads)), starts_on=OLD, **more)
    return {name: replace(specimen, needs=((name, Specimen(before)),))}


def _migration(name: str, before: Story, after: Story, threads: dict[str, dict[str, str]]) -> Migration:
    """The plan as a run takes it. A new variable `more` starts with 7."""
    old, new = _spec(name, before, OLD), _spec(name, after, NEW)
    mapped = {
        thread: {
            "new_thread_name": thread,
            "node_migrations": {
                _named(old, thread, part): {"new_node_name": _named(new, thread, goal)}
                for part, goal in nodes.items()
            },
        }
        for thread, nodes in threads.items()
    }
    form = {
        "name": f"{name}-plan",
        "old_wf_spec": old.id.to_json(),
        "major_version": NEW[0],
        "revision": NEW[1],
    }
    request = PutWorkflowMigrationPlanRequest.model_validate({**form, "thread_migrations": mapped})
    seven = MigrationVars.model_validate({"var_assignment_by_var_name": {"more": {"literal_value": 7}}})
    given = {
        thread: seven
        for thread in threads
        if any(each.var_def.name == "more" for each in new.thread_specs[thread].variable_defs)
    }
    return migration_of(plan_of(request, old, new, "2026-01-01T00:00:00.000Z"), given)


def _spec(name: str, story: Story, version: tuple[int, int]) -> WfSpec:
    number = SpecVersion(name, *version)
    return WfSpec(
        id=WfSpecId(name=name, major_version=number.major, revision=number.revision),
        created_at="2026-01-01T00:00:00.000Z",
        thread_specs=Workflow(name, story).compile().thread_specs,
        entrypoint_thread_name="entrypoint",
    )


def _named(spec: WfSpec, thread: str, part: str) -> str:
    (found,) = [name for name in spec.thread_specs[thread].nodes if part in name]
    return found


def waits_by_key_in_vain(wf: WorkflowThread) -> None:
    """A key and a timeout, of which nothing is to be left."""
    n = wf.declare_int("n")
    key = wf.declare_str("key").searchable()
    found = wf.wait_for_event(
        "answer",
        timeout=600,
        correlation_id=key,
        return_type=int,
        correlated_event_config=CorrelatedEventConfig(),
    )
    n.assign(found)


def waits_again(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    more = wf.declare_int("more", 1).searchable()
    wf.declare_str("key")
    n.assign(wf.execute("plus", n, more))
    n.assign(wf.wait_for_event("answer", return_type=int))
    wf.execute("say", n)


def has_children_on_the_way(wf: WorkflowThread) -> None:
    """It goes over when it would wait for its children; one that waits already goes over with it, the other
    one when it comes to its event."""
    n = wf.declare_int("n")

    def child(thread: WorkflowThread) -> None:
        thread.wait_for_event("answer", return_type=int)
        thread.execute("flaky", n)
        thread.wait_for_event("never", timeout=600, return_type=int)

    def other(thread: WorkflowThread) -> None:
        thread.wait_for_event("never", timeout=600, return_type=int)

    wf.wait_for_event("begin", return_type=int)
    spawned = wf.spawn_thread(child, "child"), wf.spawn_thread(other, "other")
    wf.execute("plus", n, 1)
    wf.wait_for_threads(*spawned)


def has_other_children(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    more = wf.declare_int("more")

    def child(thread: WorkflowThread) -> None:
        thread.execute("plus", more, n)

    wf.wait_for_event("begin", return_type=int)
    spawned = wf.spawn_thread(child, "child"), wf.spawn_thread(child, "other")
    wf.wait_for_threads(*spawned)
    wf.execute("say", n)


def fails_on_the_way(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    wf.wait_for_event("begin", return_type=int)
    n.assign(wf.execute("mends", n, retries=0, timeout_seconds=60))
    wf.sleep(600)


def asks_ann(wf: WorkflowThread) -> None:
    """A reminder and a deadline, of which nothing is to be left."""
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "ann")
    wf.schedule_reminder_task(form, 600, "say", n)
    wf.cancel_user_task_run_after(form, 600)


def asks_bob(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "bob")
    n.assign(wf.execute("plus", n, form["by"].cast_to_int()))
    wf.execute("say", n)

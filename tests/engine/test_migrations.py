"""Migrations: ThreadRuns that go on with another version of their WfSpec (semantics.md 14)."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.effects import SetTimer
from lhredis.engine.events import MigrationApplied
from lhredis.engine.migration_forecast import forecast
from lhredis.engine.program import compile_wf_spec
from lhredis.engine.run import Migration, SpecVersion, ThreadMigration
from lhredis.errors import FailedPrecondition, InvalidArgument
from lhredis.model.enums import LHStatus, UserTaskRunStatus
from lhredis.model.migration import MigrationOutcome
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, definitions_for, request_of, task_def, user_task_def

OLD, NEW = SpecVersion("play", 0, 0), SpecVersion("play", 1, 0)
GREET = task_def("greet", "STR")
ADD = task_def("add", "INT", n="INT")


def with_new(play: Play, story: Story) -> Play:
    """The play, and a second version of its WfSpec."""
    request = request_of(story)
    play.world.programs[NEW] = compile_wf_spec(request, definitions_for(request, GREET, ADD), strict=True)
    return play


def migrate(play: Play, /, plan: str = "plan", **threads: ThreadMigration) -> Play:
    migration = Migration(plan, OLD, NEW, threads)
    play.happens(MigrationApplied(play.now_ms, play.nonce(), migration))
    return play


def to(new_thread: str, nodes: dict[str, str], *after: str, **more: Any) -> ThreadMigration:
    return ThreadMigration(new_thread, nodes, after, **more)


def node_named(play: Play, part: str, thread: str = "entrypoint", version: SpecVersion = OLD) -> str:
    """The node whose name has this in it."""
    nodes = play.world.programs[version].threads[thread].nodes
    (found,) = [name for name in nodes if part in name]
    return found


def greets(wf: WorkflowThread) -> None:
    wf.execute("greet")


def waits_for_event(wf: WorkflowThread) -> None:
    wf.wait_for_event("go", timeout=60)


def sleeps(wf: WorkflowThread) -> None:
    wf.sleep(300)


def waits_for_condition(wf: WorkflowThread) -> None:
    flag = wf.declare_bool("flag", default_value=False)
    wf.wait_for_condition(flag.is_equal_to(True))


@pytest.mark.parametrize(
    ("story", "part"),
    [(waits_for_event, "go"), (sleeps, "sleep"), (waits_for_condition, "condition")],
)
def test_a_thread_that_waits_goes_over_at_once(story: Story, part: str):
    play = with_new(Play(story), greets).start()
    at = node_named(play, part)
    migrate(play, entrypoint=to("entrypoint", {at: node_named(play, "greet", version=NEW)}))
    main = play.run.threads[0]
    assert (play.run.spec, play.run.old_specs, main.spec) == (NEW, [OLD], NEW)
    left, now = play.history[0, 1], main.node
    assert (left.status, left.spec, left.ended_ms) == (LHStatus.HALTED, None, play.now_ms)
    assert now is not None and (now.position, now.spec, now.status) == (2, NEW, LHStatus.RUNNING)
    assert play.timers == {}
    assert play.run.migration is None
    play.succeed("hello")
    assert play.run.status is LHStatus.COMPLETED


def test_a_user_task_that_is_left_is_cancelled():
    approve = user_task_def("approve", ok="BOOL")
    story = lambda wf: wf.assign_user_task("approve", "ann")  # noqa: E731
    play = with_new(Play(story, user_task_defs=[approve]), greets).start()
    user_task = play.run.threads[0].node.state  # type: ignore[union-attr]
    migrate(
        play,
        entrypoint=to("entrypoint", {node_named(play, "approve"): node_named(play, "greet", version=NEW)}),
    )
    assert user_task.status is UserTaskRunStatus.CANCELLED  # type: ignore[union-attr]
    assert play.succeed("hello").run.status is LHStatus.COMPLETED


def test_a_thread_at_work_goes_over_when_it_would_come_to_a_node_of_the_plan():
    def before(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.wait_for_event("go")

    play = with_new(Play(before, GREET), greets).start()
    at = node_named(play, "go")
    migrate(play, entrypoint=to("entrypoint", {at: node_named(play, "greet", version=NEW)}))
    assert play.run.spec == OLD and play.run.migration is not None
    play.succeed("hello")
    assert play.run.spec == NEW and play.run.migration is None
    assert play.history[0, 1].status is LHStatus.COMPLETED
    assert play.run.threads[0].position == 2
    assert play.succeed("hello again").run.status is LHStatus.COMPLETED


def test_of_several_nodes_the_one_counts_that_the_thread_stands_on():
    def before(wf: WorkflowThread) -> None:
        wf.wait_for_event("first")
        wf.wait_for_event("second")

    def after(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.sleep(1)

    play = with_new(Play(before), after).start().post("first")
    nodes = {
        node_named(play, "first"): node_named(play, "greet", version=NEW),
        node_named(play, "second"): node_named(play, "sleep", version=NEW),
    }
    migrate(play, entrypoint=to("entrypoint", nodes))
    assert play.run.threads[0].node.name == node_named(play, "sleep", version=NEW)  # type: ignore[union-attr]
    assert play.wait(1000).run.status is LHStatus.COMPLETED


def family(child_does: Story, more: str = "") -> Story:
    def story(wf: WorkflowThread) -> None:
        total = wf.declare_int("total", default_value=30)
        if more:
            wf.declare_int(more, default_value=2)

        def child(inner: WorkflowThread) -> None:
            child_does(inner)

        started = wf.spawn_thread(child, "child")
        wf.wait_for_event("parent-goes")
        wf.wait_for_threads(started)
        total.assign(total)

    return story


def adds(inner: WorkflowThread) -> None:
    total = inner.declare_int("sum", default_value=0)
    total.assign(inner.execute("add", 1))


def test_a_child_alone_may_go_over():
    play = with_new(Play(family(lambda inner: inner.wait_for_event("go"))), family(adds)).start()
    nodes = {node_named(play, "go", "child"): node_named(play, "add", "child", NEW)}
    migrate(play, child=to("child", nodes))
    child = play.run.threads[1]
    assert (child.spec, play.run.spec, play.run.old_specs) == (NEW, OLD, [])
    assert child.variables == {"sum": 0}
    play.succeed(7)
    assert child.variables == {"sum": 7}
    assert play.post("parent-goes").run.status is LHStatus.COMPLETED


def test_a_child_waits_until_the_thread_above_it_has_gone_over():
    play = with_new(Play(family(lambda inner: inner.wait_for_event("go"))), family(adds, "extra")).start()
    child_nodes = {node_named(play, "go", "child"): node_named(play, "add", "child", NEW)}
    main_nodes = {node_named(play, "threads"): node_named(play, "threads", version=NEW)}
    migrate(
        play,
        entrypoint=to("entrypoint", main_nodes, literals={"extra": 5}),
        child=to("child", child_nodes, "entrypoint"),
    )
    assert play.run.threads[1].spec is None
    play.post("parent-goes")
    assert play.run.threads[0].spec == play.run.threads[1].spec == play.run.spec == NEW
    assert play.run.threads[0].variables.items() >= {"total": 30, "extra": 5}.items()
    assert play.succeed(1).run.status is LHStatus.COMPLETED


def test_new_variables_get_what_is_given_or_their_default():
    def after(wf: WorkflowThread) -> None:
        for name in ("given", "copied", "default"):
            wf.declare_int(name, default_value=1)
        wf.declare_str("nothing")
        wf.execute("greet")

    def before(wf: WorkflowThread) -> None:
        wf.declare_int("old", default_value=9)
        wf.wait_for_event("go")

    play = with_new(Play(before), after).start()
    nodes = {node_named(play, "go"): node_named(play, "greet", version=NEW)}
    migrate(play, entrypoint=to("entrypoint", nodes, literals={"given": 5}, copied={"copied": "old"}))
    values = {"old": 9, "given": 5, "copied": 9, "default": 1, "nothing": None}
    assert play.run.threads[0].variables == values


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"literals": {"n": "text"}}, "migration_vars_by_thread.entrypoint.n"),
        ({"literals": {"unknown": 1}}, "no such variable"),
        ({"literals": {"old": 1}}, "has it already"),
        ({"copied": {"n": "flag"}}, "no variable 'flag' of type INT"),
        ({}, "the variable is required"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(more: dict[str, Any], text: str):
    def before(wf: WorkflowThread) -> None:
        wf.declare_int("old")
        wf.declare_bool("flag")
        wf.wait_for_event("go")

    def after(wf: WorkflowThread) -> None:
        wf.declare_int("old")
        wf.declare_int("n").required()
        wf.execute("greet")

    play = with_new(Play(before), after).start()
    nodes = {node_named(play, "go"): node_named(play, "greet", version=NEW)}
    with pytest.raises(InvalidArgument, match=text):
        migrate(play, entrypoint=to("entrypoint", nodes, **more))


def test_a_run_that_ended_or_is_migrated_already_is_refused():
    def before(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.wait_for_event("go")

    play = with_new(Play(before, GREET), greets).start()
    plan = to("entrypoint", {node_named(play, "go"): node_named(play, "greet", version=NEW)})
    migrate(play, "first", entrypoint=plan)
    with pytest.raises(FailedPrecondition, match="being migrated already, by plan 'first'"):
        migrate(play, entrypoint=plan)
    play.succeed("hello").succeed("hello")
    with pytest.raises(FailedPrecondition, match="has ended: it is COMPLETED"):
        migrate(play, entrypoint=plan)


def test_a_migrated_run_has_no_thread_of_the_old_version():
    play = with_new(Play(waits_for_event), greets).start()
    plan = to("entrypoint", {node_named(play, "go"): node_named(play, "greet", version=NEW)})
    migrate(play, entrypoint=plan)
    with pytest.raises(FailedPrecondition, match=r"no ThreadRun of 'play' 0\.0"):
        migrate(play, entrypoint=plan)


def test_a_stopped_thread_goes_over_when_it_goes_on():
    play = with_new(Play(waits_for_event), greets).start().stop()
    migrate(
        play, entrypoint=to("entrypoint", {node_named(play, "go"): node_named(play, "greet", version=NEW)})
    )
    assert play.run.spec == OLD
    play.resume()
    assert play.run.spec == NEW


def test_children_started_later_go_over_while_the_parent_stays():
    def before(wf: WorkflowThread) -> None:
        wf.wait_for_event("begin")
        started = wf.spawn_thread(lambda inner: inner.wait_for_event("go"), "child")
        wf.wait_for_threads(started)

    play = with_new(Play(before), family(adds)).start()
    migrate(play, child=to("child", {node_named(play, "go", "child"): node_named(play, "add", "child", NEW)}))
    play.post("begin")
    assert play.run.threads[1].spec == NEW
    assert play.succeed(1).run.status is LHStatus.COMPLETED


def test_a_handler_of_the_new_version_catches_what_fails_there():
    def after(wf: WorkflowThread) -> None:
        task = wf.execute("greet")
        wf.handle_error(task, lambda handler: handler.sleep(5))

    play = with_new(Play(waits_for_event), after).start()
    migrate(
        play, entrypoint=to("entrypoint", {node_named(play, "go"): node_named(play, "greet", version=NEW)})
    )
    play.fail()
    assert play.run.threads[1].spec == NEW
    assert any(isinstance(effect, SetTimer) for effect in play.effects)
    assert play.wait(5000).run.status is LHStatus.COMPLETED


def test_the_forecast_tells_what_would_happen():
    def before(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.wait_for_event("go")
        wf.execute("greet")

    play = with_new(Play(before, GREET), greets).start()
    nodes = {node_named(play, "go"): node_named(play, "greet", version=NEW)}
    migration = Migration("plan", OLD, NEW, {"entrypoint": to("entrypoint", nodes)})
    programs = play.world.programs[OLD], play.world.programs[NEW]

    def outcome() -> MigrationOutcome:
        return forecast(play.run, migration, *programs)[0]

    assert outcome() is MigrationOutcome.MOVES_LATER
    play.succeed("hello")
    assert outcome() is MigrationOutcome.MOVES_NOW
    play.post("go")
    assert outcome() is MigrationOutcome.STAYS
    play.succeed("hello")
    assert outcome() is MigrationOutcome.CANNOT

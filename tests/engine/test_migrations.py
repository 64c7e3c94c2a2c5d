"""Migrations: ThreadRuns that go on with another version of their WfSpec (semantics.md 14)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from lhredis.engine.effects import SetTimer
from lhredis.engine.events import MigrationApplied, RunRescued
from lhredis.engine.migration_forecast import forecast
from lhredis.engine.migration_plan import plan_of
from lhredis.engine.program import compile_wf_spec
from lhredis.engine.run import Migration, SpecVersion, ThreadMigration
from lhredis.engine.user_tasks.events import UserTaskCompleted
from lhredis.errors import FailedPrecondition, InvalidArgument, NothingToDo
from lhredis.model.enums import LHStatus, UserTaskRunStatus, VariableMutationType
from lhredis.model.ids import WfSpecId
from lhredis.model.migration import MigrationOutcome, PutWorkflowMigrationPlanRequest, WorkflowMigrationPlan
from lhredis.model.wf_spec import WfSpec
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, definitions_for, request_of, task_def, threads_of, user_task_def
from tests.engine.test_child_wfs import child_of, post_to_child, shared, with_heir

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


def test_a_form_that_was_filled_in_while_its_thread_was_stopped_is_not_left():
    def before(wf: WorkflowThread) -> None:
        ok = wf.assign_user_task("approve", "ann").with_json_path("$.ok")
        wf.declare_bool("ok", False).assign(ok)
        wf.wait_for_event("go")

    approve = user_task_def("approve", ok="BOOL")
    play = with_new(Play(before, user_task_defs=[approve]), greets).start().stop()
    play.happens(UserTaskCompleted(play.now_ms, play.nonce(), 0, 1, "ann", {"ok": True}))
    greet = node_named(play, "greet", version=NEW)
    nodes = {node_named(play, "approve"): greet, node_named(play, "go"): greet}
    migrate(play, entrypoint=to("entrypoint", nodes)).resume()
    assert (play.node(1).status, play.variables["ok"]) == (LHStatus.COMPLETED, True)
    assert (play.position, play.run.spec) == (2, NEW)  # it went over on its way to the event
    assert play.succeed("hello").run.status is LHStatus.COMPLETED


def migrated_at_work() -> Play:
    """A thread that greets, and is to go over at the event behind that."""

    def before(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.wait_for_event("go")

    play = with_new(Play(before, GREET), greets).start()
    at = node_named(play, "go")
    return migrate(play, entrypoint=to("entrypoint", {at: node_named(play, "greet", version=NEW)}))


def test_a_thread_at_work_goes_over_when_it_would_come_to_a_node_of_the_plan():
    play = migrated_at_work()
    assert play.run.spec == OLD and play.run.migration is not None
    play.succeed("hello")
    assert play.run.spec == NEW and play.run.migration is None
    assert play.history[0, 1].status is LHStatus.COMPLETED
    assert play.run.threads[0].position == 2
    assert play.succeed("hello again").run.status is LHStatus.COMPLETED


def test_a_version_that_was_deleted_meanwhile_takes_nobody_over():
    play = migrated_at_work()
    del play.world.programs[NEW]
    play.succeed("hello")
    assert (play.run.spec, play.run.migration, play.node(2).name) == (OLD, None, node_named(play, "go"))
    assert play.post("go").run.status is LHStatus.COMPLETED


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


def waits_for_a_child(child: Story, then: Story | None = None) -> Story:
    """Waits for a child; `then` handles its failure."""

    def story(wf: WorkflowThread) -> None:
        waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
        if then is not None:
            waited.handle_any_failure_on_child(then)

    return story


def test_the_failure_of_a_child_that_stayed_is_handled_as_the_new_version_says():
    play = with_new(Play(waits_for_a_child(greets), GREET), waits_for_a_child(greets, sleeps)).start()
    nodes = {node_named(play, "threads"): node_named(play, "threads", version=NEW)}
    migrate(play, entrypoint=to("entrypoint", nodes)).fail()
    child, handler = play.run.threads[1], play.run.threads[2]
    assert (child.spec, handler.spec, handler.parent) == (None, NEW, child)
    assert play.wait(300_000).run.status is LHStatus.COMPLETED


def test_a_sleep_that_is_over_and_has_not_been_told_so_is_left_like_any_other():
    play = with_new(Play(sleeps), greets).start()
    play.now_ms += 400_000
    migrate(
        play, entrypoint=to("entrypoint", {node_named(play, "sleep"): node_named(play, "greet", version=NEW)})
    )
    assert (play.run.spec, play.history[0, 1].status) == (NEW, LHStatus.HALTED)


def test_what_a_node_gave_is_forgotten_where_nothing_later_needs_it():
    def before(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        given = wf.execute("greet")
        wf.wait_for_event("go")
        name.assign(given)

    def after(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        name.assign(wf.execute("greet"))
        wf.wait_for_event("go")

    for story, kept in ((before, 1), (after, 0)):
        play = with_new(Play(before, GREET), story).start().succeed("hello")
        greet, go = node_named(play, "greet"), node_named(play, "go")
        assert (greet, go) == (node_named(play, "greet", version=NEW), node_named(play, "go", version=NEW))
        migrate(play, entrypoint=to("entrypoint", {go: go}))
        assert play.run.threads[0].outputs == ({greet: "hello"} if kept else {})
        play.post("go")


def test_an_output_of_another_type_is_not_that_of_the_node_in_its_place():
    def before(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        given = wf.execute("greet")
        wf.wait_for_event("go")
        name.assign(given)

    def after(wf: WorkflowThread) -> None:
        total = wf.declare_int("total")
        given = wf.execute("add", 1)
        wf.wait_for_event("go")
        total.assign(given)

    play = with_new(Play(before, GREET), after).start().succeed("hello")
    nodes = {
        node_named(play, "greet"): node_named(play, "add", version=NEW),
        node_named(play, "go"): node_named(play, "go", version=NEW),
    }
    migrate(play, entrypoint=to("entrypoint", nodes))
    assert play.post("go").failure().name == "VAR_SUB_ERROR"


def test_a_variable_that_comes_back_is_a_new_one():
    def first(wf: WorkflowThread) -> None:
        wf.declare_int("value", default_value=1)
        wf.wait_for_event("go")

    def third(wf: WorkflowThread) -> None:
        wf.declare_str("value", default_value="one")
        wf.wait_for_event("go")

    play = with_new(Play(first), waits_for_event).start()
    at = node_named(play, "go")
    migrate(play, entrypoint=to("entrypoint", {at: at}))
    newest = SpecVersion("play", 2, 0)
    request = request_of(third)
    play.world.programs[newest] = compile_wf_spec(request, definitions_for(request), strict=True)
    again = Migration("again", NEW, newest, {"entrypoint": to("entrypoint", {at: at})})
    play.happens(MigrationApplied(play.now_ms, play.nonce(), again))
    assert play.run.threads[0].variables == {"value": "one"}


def test_a_child_that_nobody_waits_for_any_more_is_in_nobodys_way():
    def idles(child: WorkflowThread) -> None:
        child.wait_for_event("never")
        child.sleep(1)

    def before(wf: WorkflowThread) -> None:
        one, other = (
            wf.spawn_thread(lambda child: child.wait_for_event("go"), "one"),
            wf.spawn_thread(idles, "other"),
        )
        wf.wait_for_first_of(one, other)
        wf.wait_for_event("end")

    play = with_new(Play(before), before).start()
    end, sleep = node_named(play, "end"), node_named(play, "sleep", "other")
    migrate(play, entrypoint=to("entrypoint", {end: end}), other=to("other", {sleep: sleep})).post("go")
    assert play.run.spec == NEW and play.run.threads[2].is_let_go
    assert play.run.migration is None


def test_who_is_rescued_goes_over_as_if_nothing_had_happened():
    def before(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.wait_for_event("go")

    play = with_new(Play(before, GREET), greets).start()
    nodes = {node_named(play, "go"): node_named(play, "greet", version=NEW)}
    migrate(play, entrypoint=to("entrypoint", nodes)).fail()
    assert play.run.status is LHStatus.ERROR
    play.happens(RunRescued(play.now_ms, play.nonce(), 0, skip_current_node=False))
    assert play.succeed("hello").run.spec == NEW
    assert play.succeed("hello again").run.status is LHStatus.COMPLETED


def shares(wf: WorkflowThread) -> None:
    """A child run whose thread counts in a variable of the parent."""

    def counts(child: WorkflowThread) -> None:
        child.wait_for_event("go")
        child.mutate(count, VariableMutationType.ADD, 1)

    count = wf.declare_int("count").as_inherited()
    wf.wait_for_threads(wf.spawn_thread(counts, "child"))


def shares_nothing(wf: WorkflowThread) -> None:
    wf.wait_for_threads(wf.spawn_thread(lambda child: child.wait_for_event("go"), "child"))


@pytest.mark.parametrize(
    ("before", "after", "thread", "part"),
    [(shares_nothing, shares, "child", "go"), (shares, shares_nothing, "entrypoint", "threads")],
)
def test_a_thread_sees_what_its_version_inherits_whatever_others_follow(
    before: Story, after: Story, thread: str, part: str
):
    play = with_heir(shared, before)
    old, new = SpecVersion("heir", 0, 0), SpecVersion("heir", 1, 0)
    request = request_of(after, "heir", parent="play")
    definitions = replace(definitions_for(request), parent=play.request)
    play.world.programs[new] = compile_wf_spec(request, definitions, strict=True)
    names = [node_named(play, part, thread, version) for version in (old, new)]
    migration = Migration("plan", old, new, {thread: to(thread, dict([names]))})
    play.happens(MigrationApplied(play.now_ms, play.nonce(), migration), "run_heir")
    child_of(play).threads[0].inherits = None  # as it is loaded
    post_to_child(play, "go")
    assert (child_of(play).status.name, play.variables["count"]) == ("COMPLETED", 2)


def test_the_same_migration_again_is_refused_as_needless():
    def before(wf: WorkflowThread) -> None:
        wf.execute("greet")
        wf.wait_for_event("go")

    play = with_new(Play(before, GREET), greets).start()
    plan = to("entrypoint", {node_named(play, "go"): node_named(play, "greet", version=NEW)})
    migrate(play, entrypoint=plan)
    with pytest.raises(NothingToDo, match="being migrated already"):
        migrate(play, entrypoint=plan)
    with pytest.raises(FailedPrecondition) as refused:
        migrate(play, "other", entrypoint=plan)
    assert not isinstance(refused.value, NothingToDo)
    play.succeed("hello").succeed("hello")
    with pytest.raises(NothingToDo, match="has ended"):
        migrate(play, entrypoint=plan)


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


def forecast_of(play: Play, **threads: ThreadMigration) -> tuple[MigrationOutcome, str]:
    programs = play.world.programs
    return forecast(play.run, Migration("plan", OLD, NEW, threads), programs[OLD], programs[NEW])


def test_the_forecast_foresees_children_that_leave_right_after_those_above_them():
    play = with_new(Play(family(lambda inner: inner.wait_for_event("go"))), family(adds)).start()
    child_nodes = {node_named(play, "go", "child"): node_named(play, "add", "child", NEW)}
    main_nodes = {node_named(play, "parent-goes"): node_named(play, "parent-goes", version=NEW)}
    threads = {"entrypoint": to("entrypoint", main_nodes), "child": to("child", child_nodes, "entrypoint")}
    outcome, why = forecast_of(play, **threads)
    assert outcome is MigrationOutcome.MOVES_NOW
    assert re.findall(r"ThreadRun (\d) leaves", why) == ["0", "1"]
    migrate(play, **threads)
    assert [thread.spec for thread in play.run.threads.values()] == [NEW, NEW]


def test_the_forecast_foresees_handlers_and_children_of_children():
    def before(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("stop", lambda handler: handler.sleep(1))
        task = wf.execute("greet")
        wf.handle_error(task, lambda handler: handler.sleep(2))

        def child(inner: WorkflowThread) -> None:
            inner.spawn_thread(lambda innermost: innermost.sleep(3), "grandchild")

        waited = wf.wait_for_threads(wf.spawn_thread(child, "child"))
        waited.handle_any_failure_on_child(lambda handler: handler.sleep(4))

    play = with_new(Play(before, GREET), before).start()
    names = [name for name, spec in play.threads.items() if any("SLEEP" in node for node in spec.nodes)]
    assert len(names) == 4
    for name in names:
        at = node_named(play, "SLEEP", name)
        outcome, why = forecast_of(play, **{name: to(name, {at: at})})
        assert (outcome, why) == (
            MigrationOutcome.MOVES_LATER,
            f"ThreadRun 0 may start a ThreadRun of {name}",
        )
    play.succeed("hello")
    at = node_named(play, "SLEEP", "grandchild")
    assert forecast_of(play, grandchild=to("grandchild", {at: at}))[0] is MigrationOutcome.MOVES_NOW


def spec_of(story: Story, version: SpecVersion) -> WfSpec:
    return WfSpec(
        id=WfSpecId(name=version.name, major_version=version.major, revision=version.revision),
        created_at="2026-01-01T00:00:00.000Z",
        thread_specs=threads_of(story),
        entrypoint_thread_name="entrypoint",
    )


def planned(old: WfSpec, new: WfSpec, **threads: tuple[str, str, str]) -> WorkflowMigrationPlan:
    """A plan from ThreadSpecs to others, and from a node there that has this in its name to one that has
    that."""
    migrations = {}
    for name, (target, part, new_part) in threads.items():
        (at,) = [node for node in old.thread_specs[name].nodes if part in node]
        (goal,) = [node for node in new.thread_specs[target].nodes if new_part in node]
        migrations[name] = {"new_thread_name": target, "node_migrations": {at: {"new_node_name": goal}}}
    form = {"name": "plan", "old_wf_spec": old.id.to_json(), "major_version": 1, "revision": 0}
    request = PutWorkflowMigrationPlanRequest.model_validate({**form, "thread_migrations": migrations})
    return plan_of(request, old, new, "2026-01-01T00:00:00.000Z")


def owner_of(kind: str) -> Story:
    """A variable of this type, which a child uses."""

    def story(wf: WorkflowThread) -> None:
        value = wf.add_variable("value", kind)

        def child(inner: WorkflowThread) -> None:
            inner.wait_for_event("go")
            inner.throw_event("news", value)

        wf.wait_for_threads(wf.spawn_thread(child, "child"))

    return story


def test_a_child_cannot_go_over_alone_to_a_variable_of_another_type():
    old, new = spec_of(owner_of("INT"), OLD), spec_of(owner_of("STR"), NEW)
    with pytest.raises(FailedPrecondition, match=r"uses variable 'value' as STR; .* has it as INT"):
        planned(old, new, child=("child", "go", "go"))
    assert planned(old, spec_of(owner_of("INT"), NEW), child=("child", "go", "go"))


def test_all_threads_that_become_the_owner_of_a_variable_go_first():
    def story(wf: WorkflowThread) -> None:
        def owns(owner: WorkflowThread) -> None:
            mine = owner.declare_int("mine")

            def innermost(inner: WorkflowThread) -> None:
                inner.wait_for_event("go")
                inner.throw_event("news", mine)

            owner.wait_for_threads(owner.spawn_thread(innermost, "innermost"))

        wf.spawn_thread(lambda other: other.wait_for_event("go"), "other")
        wf.wait_for_threads(wf.spawn_thread(owns, "owner"))

    old, new = spec_of(story, OLD), spec_of(story, NEW)
    threads = {"owner": ("owner", "threads", "threads"), "other": ("owner", "go", "threads")}
    plan = planned(old, new, innermost=("innermost", "go", "go"), **threads)
    assert plan.thread_migrations["innermost"].thread_spec_dependencies == ("other", "owner")

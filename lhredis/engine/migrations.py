"""migrations: ThreadRuns that go on with another version of their WfSpec (semantics.md 14).

Level-triggered, as halting is: while a run has a migration, each of its threads is looked at whenever the
run moves. One that waits at a node that the plan names leaves it at once; any other goes over when it
would come to one. A migration is over when no thread that follows the old version will ever go on.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from lhredis.engine import child_wfs
from lhredis.engine.archive import is_done_with
from lhredis.engine.deletion import stop_waiting
from lhredis.engine.effects import DropOutput, IndexVariable, PutHistory, PutOutput
from lhredis.engine.events import MigrationApplied
from lhredis.engine.halting import leader_of
from lhredis.engine.language.values import VarSubError, coerce
from lhredis.engine.node_state import UserTask
from lhredis.engine.program import OutputUse, Program, ThreadProgram
from lhredis.engine.run import Migration, NodeRun, Run, SpecVersion, ThreadMigration, ThreadRun
from lhredis.engine.threads import VariableProgram
from lhredis.engine.user_tasks import user_tasks
from lhredis.errors import FailedPrecondition, InvalidArgument, NothingToDo
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

LEFT_AT_ONCE = frozenset(("external_event", "user_task", "wait_for_condition", "wait_for_threads", "sleep"))
"""Kinds of nodes that a migration takes a waiting thread away from."""


def applied(step: Step, event: MigrationApplied) -> bool:
    """The migration begins. FailedPrecondition when it cannot, InvalidArgument when what is given for
    variables does not fit."""
    run, migration = step.run, event.migration
    why = hindrance(run, migration)
    if why is not None:
        raise type(why)(f"WfRun {run.id!r} {why}")
    check_given(migration, step.world.program(migration.old), step.world.program(migration.new))
    run.migration = migration
    return True


def end_if_target_is_gone(step: Step) -> None:
    """A version that was deleted takes nobody over: who has not gone yet stays."""
    migration = step.run.migration
    if migration is not None and step.world.is_gone(migration.new):
        step.run.migration = None


def hindrance(run: Run, migration: Migration) -> FailedPrecondition | None:
    """Why a run cannot be migrated now, in the words that follow its name; or None."""
    if run.status in TERMINAL_STATUSES:
        return NothingToDo(f"has ended: it is {run.status.name}")
    if run.migration is not None and _to_be_moved(run, run.migration):
        refusal = NothingToDo if run.migration == migration else FailedPrecondition
        return refusal(f"is being migrated already, by plan {run.migration.plan!r}")
    old = migration.old
    if not any(follows(run, thread, old) for thread in run.threads.values()):
        return NothingToDo(f"has no ThreadRun of {old.name!r} {old.major}.{old.revision} that goes on")
    return None


def check_given(migration: Migration, old: Program, new: Program) -> None:
    """What is given for variables is for new ones, and fits them; what is required is given.
    InvalidArgument."""
    for name, thread in migration.threads.items():
        at = f"migration_vars_by_thread.{name}"
        before = {variable.name: variable for variable in old.threads[name].variables}
        after = {variable.name: variable for variable in new.threads[thread.new_thread].variables}
        for given in (*thread.literals, *thread.copied):
            if given not in after or given in before:
                what = "no such variable" if given not in after else "it, and the ThreadRun has it already"
                raise InvalidArgument(f"{at}.{given}: ThreadSpec {thread.new_thread!r} has {what}")
        for given, value in thread.literals.items():
            try:
                coerce(value, after[given].type)
            except VarSubError as error:
                raise InvalidArgument(f"{at}.{given}: {error}") from None
        for given, source in thread.copied.items():
            if source not in before or before[source].type != after[given].type:
                kind = after[given].type.name
                raise InvalidArgument(
                    f"{at}.{given}: ThreadSpec {name!r} has no variable {source!r} of type {kind}"
                )
        for variable in after.values():
            known = variable.name in before or variable.name in thread.copied
            if variable.required and not known and thread.literals.get(variable.name) is None:
                raise InvalidArgument(f"{at}.{variable.name}: the variable is required")


def move_waiting(step: Step) -> bool:
    """Take every thread over that waits where the plan says so. True if one was."""
    moved = False
    run, migration = step.run, step.run.migration
    assert migration is not None
    for thread in list(run.threads.values()):
        node_run = thread.node
        if node_run is None or not is_to_leave(
            plan_of(run, migration, thread), thread, step.thread_program(thread)
        ):
            continue
        user_tasks.give_up(step, thread)
        stop_waiting(step, thread, node_run)
        node_run.status, node_run.ended_ms = LHStatus.HALTED, step.now_ms
        step.effects.append(PutHistory(thread.number, node_run))
        step.activate(thread, node_run.name)
        moved = True
    return moved


def is_to_leave(plan: ThreadMigration | None, thread: ThreadRun, spec: ThreadProgram) -> bool:
    """Does a thread wait where its plan says that it goes on at another node?"""
    node_run = thread.node
    if plan is None or node_run is None or thread.status is not LHStatus.RUNNING:
        return False
    return node_run.name in plan.nodes and may_be_left(node_run, spec)


def may_be_left(node_run: NodeRun, spec: ThreadProgram) -> bool:
    """Does a NodeRun wait for what a migration need not wait for? What somebody has filled in counts, though
    nobody has looked yet: the thread was halted."""
    if node_run.failures or spec.nodes[node_run.name].kind not in LEFT_AT_ONCE:
        return False
    return not isinstance(node_run.state, UserTask) or node_run.state.is_open


def on_the_way(step: Step, thread: ThreadRun, node_name: str) -> str:
    """The node that a thread comes to: another one, of the new version, if the plan says so."""
    assert step.run.migration is not None
    plan = plan_of(step.run, step.run.migration, thread)
    if plan is None or node_name not in plan.nodes:
        return node_name
    _move(step, thread, plan)
    return plan.nodes[node_name]


def settle(step: Step) -> None:
    """Forget the migration when no thread that follows the old version will ever go on, be it rescued."""
    run = step.run
    assert run.migration is not None
    old = run.migration.old
    if all(run.spec_of(thread) != old or is_done_with(thread) for thread in run.threads.values()):
        run.migration = None


def follows(run: Run, thread: ThreadRun, version: SpecVersion) -> bool:
    """Does a thread go on with this version, if nobody is rescued?"""
    if run.spec_of(thread) != version or thread.is_let_go:
        return False
    at: ThreadRun | None = thread
    while at is not None and at.status not in TERMINAL_STATUSES:
        at = leader_of(at)
    return at is None


def _to_be_moved(run: Run, migration: Migration) -> bool:
    return any(
        thread.spec_name in migration.threads and follows(run, thread, migration.old)
        for thread in run.threads.values()
    )


def plan_of(
    run: Run, migration: Migration, thread: ThreadRun, gone: Collection[int] = ()
) -> ThreadMigration | None:
    """What is to become of a thread now; None when it stays, or waits for those above it. Those that are
    `gone` count as migrated."""
    plan = migration.threads.get(thread.spec_name)
    if plan is None or run.spec_of(thread) != migration.old:
        return None
    above = thread.parent
    while above is not None:
        if above.spec_name in plan.after and run.spec_of(above) == migration.old and above.number not in gone:
            return None
        above = above.parent
    return plan


def _move(step: Step, thread: ThreadRun, plan: ThreadMigration) -> None:
    """From now on the thread follows the new version."""
    run, migration = step.run, step.run.migration
    assert migration is not None
    program = step.world.program(migration.new)
    spec = program.threads[plan.new_thread]
    old_spec = step.thread_program(thread)
    known = {variable.name for variable in old_spec.variables}
    created = {
        variable.name: _initial(variable, thread, plan)
        for variable in spec.variables
        if variable.name not in known
    }
    thread.followed.append((migration.old, thread.spec_name))
    thread.spec_name, thread.spec = plan.new_thread, migration.new
    thread.variables |= created
    for name in created:
        step.put_variable(thread, name)
    _index_again(step, thread, set(old_spec.searchable) - set(spec.searchable), created, spec)
    _take_outputs(step, thread, plan, old_spec, spec)
    if thread.number == 0:
        run.old_specs.append(run.followed)
        run.spec = migration.new
        step.program = program
    if program.inherits:
        child_wfs.inherit(step)


def _initial(variable: VariableProgram, thread: ThreadRun, plan: ThreadMigration) -> Value:
    if variable.name in plan.copied:
        return thread.variables[plan.copied[variable.name]]
    value = plan.literals.get(variable.name)
    return coerce(value if value is not None else variable.default, variable.type)


def _index_again(
    step: Step, thread: ThreadRun, no_more: set[str], created: dict[str, Value], spec: ThreadProgram
) -> None:
    """Variables that were there before may be searchable now, or not any more."""
    for name in sorted(no_more):
        step.effects.append(IndexVariable(thread.number, name, ()))
    for name, find in spec.searchable.items():
        if name not in created:
            step.effects.append(IndexVariable(thread.number, name, find(thread.variables[name])))


def _take_outputs(
    step: Step, thread: ThreadRun, plan: ThreadMigration, old_spec: ThreadProgram, spec: ThreadProgram
) -> None:
    """What a node gave is what the node in its place gave (one that the plan does not name: that of the same
    name), if that gives something of the same type, and something later needs it."""
    before, kept = thread.outputs, {}
    for name in sorted(before, key=plan.nodes.__contains__):
        new = spec.nodes.get(plan.nodes.get(name, name))
        same_type = new is not None and new.output_type in (None, old_spec.nodes[name].output_type)
        if new is not None and new.output is OutputUse.LATER and same_type:
            kept[new.name] = before[name]
    thread.outputs = kept
    for name in sorted(before.keys() - kept.keys()):
        step.effects.append(DropOutput(thread.number, name))
    for name, value in kept.items():
        step.effects.append(PutOutput(thread.number, name, value))

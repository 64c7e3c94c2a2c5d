"""migration_forecast: what a migration would do to a WfRun, and why, without doing it: for as long as nobody
rescues a thread, which nobody foresees."""

from __future__ import annotations

from collections.abc import Iterable

from lhredis.engine.migrations import check_given, follows, hindrance, is_to_leave, may_be_left, plan_of
from lhredis.engine.nodes.start_multiple_threads import StartMultiple
from lhredis.engine.nodes.start_thread import Start
from lhredis.engine.nodes.wait_for_threads import Wait
from lhredis.engine.program import NodeProgram, Program, ThreadProgram
from lhredis.engine.run import Migration, NodeRun, Run, ThreadRun
from lhredis.errors import InvalidArgument
from lhredis.model.migration import MigrationOutcome


def forecast(run: Run, migration: Migration, old: Program, new: Program) -> tuple[MigrationOutcome, str]:
    """The outcome, and why in words."""
    why = hindrance(run, migration)
    if why is not None:
        return MigrationOutcome.CANNOT, str(why)
    try:
        check_given(migration, old, new)
    except InvalidArgument as error:
        return MigrationOutcome.CANNOT, str(error)
    now: dict[int, str] = {}
    later = []
    for thread in run.threads.values():
        if thread.node is None or not follows(run, thread, migration.old):
            continue
        spec = old.threads[thread.spec_name]
        if is_to_leave(plan_of(run, migration, thread, gone=now), thread, spec):
            now[thread.number] = f"ThreadRun {thread.number} leaves {thread.node.name}"
        else:
            later += _may_come(thread, thread.node, old, migration)
    if now:
        return MigrationOutcome.MOVES_NOW, "; ".join([*now.values(), *later])
    if later:
        return MigrationOutcome.MOVES_LATER, "; ".join(later)
    return MigrationOutcome.STAYS, "none of its ThreadRuns can come to a node that the plan names"


def _may_come(thread: ThreadRun, at: NodeRun, old: Program, migration: Migration) -> list[str]:
    """In words: nodes of the plan that the thread may come to, ThreadSpecs of the plan that it may start."""
    plan, spec = migration.threads.get(thread.spec_name), old.threads[thread.spec_name]
    node = spec.nodes[at.name]
    ahead = _ahead(spec, node)
    found = []
    names = [name for name in ahead if plan is not None and name in plan.nodes]
    waits = may_be_left(at, spec)
    if plan is not None and waits and at.name in plan.nodes and at.name not in names:
        names.insert(0, at.name)
    if names:
        found.append(f"ThreadRun {thread.number} is at {at.name}, and goes over at {' or '.join(names)}")
    nodes = [node, *(spec.nodes[name] for name in ahead)]
    for name in sorted(_started(thread.spec_name, nodes, old) & migration.threads.keys()):
        found.append(f"ThreadRun {thread.number} may start a ThreadRun of {name}")
    return found


def _started(name: str, nodes: Iterable[NodeProgram], old: Program) -> set[str]:
    """The ThreadSpecs of threads that a thread may start which has these nodes before it, and of those that
    they may start in turn."""
    found: set[str] = set()
    left = _started_from(name, nodes, old)
    while left:
        at = left.pop()
        if at not in found:
            found.add(at)
            left |= _started_from(at, old.threads[at].nodes.values(), old)
    return found


def _started_from(name: str, nodes: Iterable[NodeProgram], old: Program) -> set[str]:
    """The ThreadSpecs that the nodes of a ThreadSpec name, or that interrupt it."""
    found = {handlers[name] for handlers in old.interrupts.values() if name in handlers}
    for node in nodes:
        found.update(handler.thread_spec for handler in node.handlers)
        if isinstance(node.body, Wait):
            found.update(handler.thread_spec for handler in node.body.handlers)
        body = node.body.start if isinstance(node.body, StartMultiple) else node.body
        if isinstance(body, Start):
            found.add(body.spec_name)
    return found


def _ahead(spec: ThreadProgram, node: NodeProgram) -> list[str]:
    """The nodes that come after one, on any way; in a loop it comes itself."""
    found: dict[str, None] = {}
    left = [edge.sink for edge in node.edges]
    while left:
        name = left.pop(0)
        if name not in found:
            found[name] = None
            left += [edge.sink for edge in spec.nodes[name].edges]
    return list(found)

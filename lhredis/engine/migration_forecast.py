"""migration_forecast: what a migration would do to a WfRun, and why, without doing it."""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.engine.migrations import LEFT_AT_ONCE, check_given, hindrance
from lhredis.engine.nodes.start_multiple_threads import StartMultiple
from lhredis.engine.nodes.start_thread import Start
from lhredis.engine.program import NodeProgram, Program, ThreadProgram
from lhredis.engine.run import Migration, Run, ThreadRun
from lhredis.errors import InvalidArgument
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.model.migration import MigrationOutcome


def forecast(run: Run, migration: Migration, old: Program, new: Program) -> tuple[MigrationOutcome, str]:
    """The outcome, and why in words."""
    why = hindrance(run, migration)
    if why is not None:
        return MigrationOutcome.CANNOT, why
    try:
        check_given(migration, old, new)
    except InvalidArgument as error:
        return MigrationOutcome.CANNOT, str(error)
    now, later = [], []
    for thread in run.threads.values():
        if thread.status in TERMINAL_STATUSES or run.spec_of(thread) != migration.old:
            continue
        node = old.threads[thread.spec_name].nodes[thread.node.name] if thread.node is not None else None
        if node is None:
            continue
        if _leaves_now(run, thread, node, migration):
            now.append(f"ThreadRun {thread.number} leaves {node.name}")
        else:
            later += _may_come(thread, node, old.threads[thread.spec_name], migration)
    if now:
        return MigrationOutcome.MOVES_NOW, "; ".join(now + later)
    if later:
        return MigrationOutcome.MOVES_LATER, "; ".join(later)
    return MigrationOutcome.STAYS, "none of its ThreadRuns can come to a node that the plan names"


def _leaves_now(run: Run, thread: ThreadRun, node: NodeProgram, migration: Migration) -> bool:
    plan = migration.threads.get(thread.spec_name)
    if plan is None or node.name not in plan.nodes or node.kind not in LEFT_AT_ONCE:
        return False
    return thread.status is LHStatus.RUNNING and not any(
        above.spec_name in plan.after and run.spec_of(above) == migration.old for above in _above(thread)
    )


def _above(thread: ThreadRun) -> Iterator[ThreadRun]:
    while thread.parent is not None:
        thread = thread.parent
        yield thread


def _may_come(thread: ThreadRun, node: NodeProgram, spec: ThreadProgram, migration: Migration) -> list[str]:
    """Nodes that the plan names and the thread may come to; threads that the plan names and it may start."""
    plan = migration.threads.get(thread.spec_name)
    waits = node.kind in LEFT_AT_ONCE
    ahead = _ahead(spec, node)
    found = []
    names = [name for name in ahead if plan is not None and name in plan.nodes]
    if plan is not None and waits and node.name in plan.nodes and node.name not in names:
        names.insert(0, node.name)
    if names:
        found.append(f"ThreadRun {thread.number} is at {node.name}, and goes over at {' or '.join(names)}")
    started = {name for at in ahead if (name := _started_at(spec.nodes[at])) is not None}
    for name in sorted(started & migration.threads.keys()):
        found.append(f"ThreadRun {thread.number} may start a ThreadRun of {name}")
    return found


def _started_at(node: NodeProgram) -> str | None:
    body = node.body.start if isinstance(node.body, StartMultiple) else node.body
    return body.spec_name if isinstance(body, Start) else None


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

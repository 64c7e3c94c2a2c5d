"""shown_run: a run as loaded to be shown, with the definitions that its views need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lhredis.api.masks import Masks
from lhredis.api.services import Services
from lhredis.api.thread_views import wf_run_view
from lhredis.engine.definitions import names_in, task_calls_in
from lhredis.engine.run import NodeRun, Run, SpecVersion, TaskRun, ThreadRun
from lhredis.errors import NotFound
from lhredis.model.enums import TaskStatus
from lhredis.model.task_def import TaskDef
from lhredis.model.wf_spec import WfSpec
from lhredis.stepper.struct_types import named_in, struct_defs_of
from lhredis.store import keys
from lhredis.store.runs import StoredRun, load_archived_threads, load_history, load_run
from lhredis.store.tasks import Claim, claims_of_entries

_NOTHING = Masks(None)


@dataclass(slots=True, frozen=True)
class Known:
    """A version of a WfSpec (None when it was deleted), the TaskDefs that it names, and what is masked."""

    spec: WfSpec | None
    task_defs: dict[str, TaskDef]
    masks: Masks


@dataclass(slots=True)
class ShownRun:
    """A run and the versions of its WfSpec that its parts follow."""

    stored: StoredRun
    partition: int
    versions: dict[SpecVersion, Known]

    def of(self, thread: ThreadRun) -> Known:
        """What a ThreadRun follows; of one that was migrated, as Run.thread_at gives it."""
        return self.versions[self.run.spec_of(thread)]

    @property
    def run(self) -> Run:
        return self.stored.run

    async def thread(self, services: Services, number: int) -> ThreadRun:
        """A ThreadRun, be it archived. NotFound."""
        thread = self.run.threads.get(number)
        if thread is None:
            thread = (await self.archived(services, [number])).get(number)
        if thread is None:
            raise NotFound(f"WfRun {self.run.id!r} has no ThreadRun {number}")
        return thread

    async def threads(self, services: Services) -> dict[int, ThreadRun]:
        """All ThreadRuns by number, archived ones too."""
        numbers = range(self.run.greatest_thread_number + 1)
        gone = [number for number in numbers if number not in self.run.threads]
        found = {**self.run.threads, **await self.archived(services, gone)}
        return {number: found[number] for number in sorted(found)}

    async def archived(self, services: Services, numbers: Sequence[int]) -> dict[int, ThreadRun]:
        run = self.run
        wanted = [number for number in numbers if 0 <= number <= run.greatest_thread_number]
        found = await load_archived_threads(services.redis, self.partition, run.tenant, run.id, wanted)
        await _know(services, run, found.values(), self.versions)
        return found


async def stored_run(services: Services, tenant: str, wf_run_id: str, started: bool = True) -> StoredRun:
    """The run alone; one that has not started, and only has events, if `started` is False. NotFound."""
    partition = services.partition_of(wf_run_id)
    stored = await load_run(services.redis, partition, tenant, wf_run_id)
    if stored is None or (started and not stored.run.threads):
        raise NotFound(f"there is no WfRun {wf_run_id!r}")
    return stored


async def shown_run(services: Services, tenant: str, wf_run_id: str) -> ShownRun:
    """The run with all that its views need. NotFound."""
    stored = await stored_run(services, tenant, wf_run_id)
    shown = ShownRun(stored, services.partition_of(wf_run_id), {})
    await _know(services, stored.run, stored.run.threads.values(), shown.versions)
    return shown


async def wf_run_views(services: Services, tenant: str, runs: Sequence[Run]) -> list[dict[str, Any]]:
    """WfRuns as people see them. Definitions are looked up only for runs that returned something or
    failed, because nothing else of a WfRun can be masked."""
    known: dict[SpecVersion, Known] = {}
    views = []
    for run in runs:
        if all(thread.output is None and thread.error_message is None for thread in run.threads.values()):
            views.append(wf_run_view(run, lambda thread: _NOTHING))
            continue
        of_run = known if len(_versions_of(run, run.threads.values())) == 1 else {}
        await _know(services, run, run.threads.values(), of_run)
        views.append(wf_run_view(run, partial(_masks_of, run, of_run)))
    return views


def _masks_of(run: Run, known: dict[SpecVersion, Known], thread: ThreadRun) -> Masks:
    return known[run.spec_of(thread)].masks


async def _know(
    services: Services, run: Run, threads: Iterable[ThreadRun], known: dict[SpecVersion, Known]
) -> None:
    """Add the versions that these threads follow, or did. Where there are several, what one of them masks
    is masked in all."""
    wanted = _versions_of(run, threads)
    for version in wanted - set(known):
        known[version] = await _definitions(services, run.tenant, version)
    if len(wanted) > 1:
        hidden = frozenset().union(*(one.masks.variables for one in known.values()))
        for one in known.values():
            one.masks.variables = hidden


def _versions_of(run: Run, threads: Iterable[ThreadRun]) -> set[SpecVersion]:
    found = {run.original, run.followed}
    for thread in threads:
        if thread.spec is not None:
            found.add(thread.spec)
            found.update(version for version, _ in thread.followed)
    return found


async def _definitions(services: Services, tenant: str, version: SpecVersion) -> Known:
    """The spec, the TaskDefs that it names, and what they and the other definitions mask."""
    try:
        spec = await services.metadata.wf_spec(tenant, version)
    except NotFound:
        return Known(None, {}, Masks(None))
    metadata, found = services.metadata, names_in(spec)
    names: Iterable[str] = found.task_defs
    if any(call.task_def_id is None for call in task_calls_in(spec)):  # it may call any TaskDef
        names = await metadata.task_def_names(tenant)
    task_defs = await metadata.task_defs(tenant, names)
    event_defs = await metadata.external_event_defs(tenant, found.external_event_defs)
    known = services.struct_types.get((tenant, version))
    if known is None or known[0] is not spec:
        known = services.struct_types[tenant, version] = spec, named_in(spec)
    struct_defs = await struct_defs_of(metadata, tenant, known[1], task_defs, event_defs)
    return Known(spec, task_defs, Masks(spec, task_defs, event_defs, struct_defs))


async def node_runs_of(services: Services, shown: ShownRun) -> list[tuple[ThreadRun, NodeRun]]:
    """All NodeRuns of a run, by thread and position. What a thread has left stands in the history,
    which was read after the run: where both have a NodeRun, the history's is the newer."""
    run = shown.run
    found = {
        (number, thread.node.position): thread.node
        for number, thread in run.threads.items()
        if thread.node is not None
    }
    found.update(await load_history(services.redis, shown.partition, run.tenant, run.id))
    threads = await shown.threads(services)
    return [
        (run.thread_at(threads[number], node_run), node_run)
        for (number, _), node_run in sorted(found.items(), key=lambda item: item[0])
        if number in threads
    ]


async def claims_in(
    services: Services, shown: ShownRun, tasks: Iterable[tuple[int, int, TaskRun]]
) -> dict[tuple[int, int], Claim]:
    """Which of these TaskRuns, (thread, position, TaskRun), have a claimed attempt at hand, and by whom; by
    thread and position, as they make its id. Of a thread only the task that it stands at can have one."""
    entries: dict[tuple[int, int], tuple[str, str]] = {}
    for thread, position, task in tasks:
        entry = shown.stored.entry_of(thread, position)
        if entry is not None and task.attempts[-1].status is TaskStatus.TASK_SCHEDULED:
            stream = keys.tasks(shown.partition, shown.run.tenant, task.task_def)
            entries[thread, position] = (stream, entry)
    claims = await claims_of_entries(services.redis, list(entries.values()))
    return {place: claim for place, claim in zip(entries, claims, strict=True) if claim is not None}

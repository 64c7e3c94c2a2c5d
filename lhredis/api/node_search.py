"""node_search: search and count NodeRuns and TaskRuns, search Variables."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.run_queries import STATUSES, check_searchable, run_search, runs_to_read, versions_of
from lhredis.api.run_scan import Inside, Scanned, node_runs_in, scan_page
from lhredis.api.services import Services
from lhredis.api.validation import parse_body
from lhredis.engine.definitions import names_in, task_calls_in, task_calls_of
from lhredis.engine.node_state import EventWait
from lhredis.engine.run import NodeRun, Run, SpecVersion, TaskRun
from lhredis.errors import InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.ids import REMINDERS_FROM
from lhredis.model.search import (
    CountNodeRunRequest,
    CountTaskRunRequest,
    SearchNodeRunRequest,
    SearchOrder,
    SearchTaskRunRequest,
    SearchVariableRequest,
    TimeRange,
    VariableMatch,
    WfRunFilters,
)
from lhredis.store import keys
from lhredis.store.figures import waiting_tasks
from lhredis.store.index_words import index_word
from lhredis.store.runs import history_keys, load_readable, load_reminders
from lhredis.store.search import EPOCH_MS_MAX, Search, find_page
from lhredis.store.tasks import claims_of_entries

COUNTED_RUNS_MAX = 100_000
"""WfRuns whose NodeRuns one count may look at."""

RUNS_PER_TRIP = 500

_ENDED_WELL = (LHStatus.COMPLETED,)
"""Nothing goes on any more in a WfRun of this status."""

_GOES_ON = frozenset((LHStatus.STARTING, LHStatus.RUNNING, LHStatus.HALTING))
"""A HALTED NodeRun goes on or does not: a run may COMPLETE above threads that it has let go."""

_TASK_GOES_ON = frozenset((TaskStatus.TASK_SCHEDULED, TaskStatus.TASK_RUNNING, TaskStatus.TASK_PENDING))


async def search_node_runs(call: Call) -> Answer:
    """Search NodeRuns

    By the order of their WfRuns, which are read one after the other: a page may hold fewer than `limit`
    when many had to be read; as long as there is a `bookmark`, there may be more.
    """
    request = parse_body(SearchNodeRunRequest, call.body)
    event_def = request.external_event_def_id
    versions = await versions_of(call.services, call.tenant, request.wf_spec_name)

    async def items(scanned: list[Scanned]) -> list[list[tuple[Inside, dict[str, Any]]]]:
        return [
            [
                (where, {"wf_run_id": one.run.id, "thread_run_number": where[0], "position": where[1]})
                for where, node_run in nodes
                if _is_of(one.run, request.wf_spec_name)
                and request.status in (None, node_run.status)
                and (event_def is None or _waits_for(node_run, event_def.name))
                and _is_within(request, node_run.arrived_ms)
            ]
            for one, nodes in zip(scanned, await node_runs_in(call, scanned), strict=True)
        ]

    search = _search(call, request, request.order, versions, goes_on=request.status in _GOES_ON)
    return await scan_page(call, "node-runs", request, search, items)


async def count_node_runs(call: Call) -> Answer:
    """Count the NodeRuns of the WfRuns of a WfSpec

    Exactly; all of them are looked at.
    """
    request = parse_body(CountNodeRunRequest, call.body)
    filters = WfRunFilters.model_validate(request.model_dump())
    search = await run_search(call.services, call.tenant, filters, newest_first=True)
    after, total, looked_at = None, 0, 0
    while True:
        found = await find_page(call.services.redis, search, after, RUNS_PER_TRIP)
        total += await _node_runs_of(call, [(p, call.tenant, run_id) for _, run_id, p in found.rows])
        looked_at += len(found.rows)
        if found.more is None:
            return json_answer({"count": total})
        if looked_at >= COUNTED_RUNS_MAX:
            raise ResourceExhausted(
                f"WfSpec {request.wf_spec_name!r} has more than {COUNTED_RUNS_MAX} WfRuns (COUNTED_RUNS_MAX): "
                "name a version"
            )
        after = found.more


async def search_task_runs(call: Call) -> Answer:
    """Search TaskRuns

    Those of the WfSpecs that name the TaskDef, by the order of their WfRuns, which are read one after
    the other: a page may hold fewer than `limit` when many had to be read; as long as there is a
    `bookmark`, there may be more.
    """
    request = parse_body(SearchTaskRunRequest, call.body)
    versions = [
        version
        for version in await versions_of(call.services, call.tenant, None)
        if await _may_call(call.services, call.tenant, version, request.task_def_name)
    ]

    async def items(scanned: list[Scanned]) -> list[list[tuple[Inside, dict[str, Any]]]]:
        wanted = [
            [
                (where, task)
                for where, task in await _task_runs_in(call, one, nodes)
                if _may_be_wanted(request, task)
            ]
            for one, nodes in zip(scanned, await node_runs_in(call, scanned), strict=True)
        ]
        if request.status in (TaskStatus.TASK_SCHEDULED, TaskStatus.TASK_RUNNING):
            wanted = await _held_or_not(call, request.status, scanned, wanted)
        return [
            [(where, {"wf_run_id": one.run.id, "task_guid": f"{where[0]}-{where[1]}"}) for where, _ in of_run]
            for one, of_run in zip(scanned, wanted, strict=True)
        ]

    goes_on = request.status in _TASK_GOES_ON and not await _may_outlive_runs(call, versions)
    search = _search(call, request, request.order, versions, goes_on)
    return await scan_page(call, "task-runs", request, search, items)


async def count_task_runs(call: Call) -> Answer:
    """Count the TaskRuns that wait for a worker"""
    request = parse_body(CountTaskRunRequest, call.body)
    if request.status is not TaskStatus.TASK_SCHEDULED:
        raise InvalidArgument(f"status: only TASK_SCHEDULED is counted; got {request.status.name}")
    services = call.services
    waiting = await waiting_tasks(services.redis, services.partitions, call.tenant, request.task_def_name)
    return json_answer({"count": waiting})


async def search_variables(call: Call) -> Answer:
    """Search Variables by their value

    The variable has to be searchable. By the order of the WfRuns.
    """
    request = parse_body(SearchVariableRequest, call.body)
    await check_searchable(
        call.services, call.tenant, request.wf_spec_name, [(request.var_name, request.value)]
    )
    match = VariableMatch(var_name=request.var_name, value=request.value)
    fields = request.model_dump(include={"wf_spec_name", "wf_spec_major_version", "wf_spec_revision"})
    filters = WfRunFilters(**fields, variable_filters=(match,))
    newest_first = request.order is SearchOrder.NEWEST_FIRST
    search = await run_search(call.services, call.tenant, filters, newest_first)
    word = index_word(request.var_name, request.value)

    async def items(scanned: list[Scanned]) -> list[list[tuple[Inside, dict[str, Any]]]]:
        return [
            [
                ((thread, 0), {"wf_run_id": one.run.id, "thread_run_number": thread, "name": name})
                for (thread, name), words in sorted(one.stored.indexed.items())
                if word in words
            ]
            for one in scanned
        ]

    return await scan_page(call, "variables", request, search, items)


def _search(
    call: Call, times: TimeRange, order: SearchOrder, versions: list[SpecVersion], goes_on: bool
) -> Search:
    """The runs that may hold something of this time: those that did not begin after it."""
    statuses = [status for status in STATUSES if not goes_on or status not in _ENDED_WELL]
    group = runs_to_read(call.services, call.tenant, versions, statuses)
    newest_first, latest_ms = order is SearchOrder.NEWEST_FIRST, times.between_ms[1]
    return Search([group], range(call.services.partitions), 0, min(latest_ms, EPOCH_MS_MAX), newest_first)


def _is_within(times: TimeRange, at_ms: int) -> bool:
    low, high = times.between_ms
    return low <= at_ms <= high


def _is_of(run: Run, wf_spec_name: str | None) -> bool:
    """Is it a run of this WfSpec (None: of any)? One that cannot be read may be."""
    return wf_spec_name is None or run.spec is None or run.spec.name == wf_spec_name


def _waits_for(node_run: NodeRun, event_def: str) -> bool:
    return isinstance(node_run.state, EventWait) and node_run.state.event_def == event_def


async def _node_runs_of(call: Call, runs: list[tuple[int, str, str]]) -> int:
    """How many NodeRuns these runs, (partition, tenant, id), have together."""
    loaded = await load_readable(call.services.redis, runs)
    total = 0
    for stored, places in zip(loaded, await history_keys(call.services.redis, runs), strict=True):
        if stored is not None:
            threads = stored.run.threads.values()
            places |= {(t.number, t.node.position) for t in threads if t.node is not None}
        total += len(places)
    return total


async def _may_call(services: Services, tenant: str, version: SpecVersion, task_def: str) -> bool:
    """A version that is deleted cannot tell; nor can one that names its tasks at run time."""
    try:
        spec = await services.metadata.wf_spec(tenant, version)
    except NotFound:
        return True
    named_at_run_time = any(called.task_def_id is None for called in task_calls_in(spec))
    return named_at_run_time or task_def in names_in(spec).task_defs


async def _may_outlive_runs(call: Call, versions: list[SpecVersion]) -> bool:
    """Is there a version whose tasks may still be at work when its run has COMPLETED: reminders?"""
    for version in versions:
        try:
            spec = await call.services.metadata.wf_spec(call.tenant, version)
        except NotFound:
            return True
        nodes = (node for thread in spec.thread_specs.values() for node in thread.nodes.values())
        if any(node.user_task is not None and task_calls_of(node) for node in nodes):
            return True
    return False


async def _task_runs_in(
    call: Call, one: Scanned, nodes: list[tuple[Inside, NodeRun]]
) -> list[tuple[Inside, TaskRun]]:
    """The TaskRuns of a run by what makes their ids, in that order; of reminders, too."""
    found = [(where, node_run.task) for where, node_run in nodes if node_run.task is not None]
    for number, reminder in (await load_reminders(call.services.redis, one.partition, one.run)).items():
        found.append(((reminder.thread, REMINDERS_FROM + number), reminder.task))
    return sorted(found, key=lambda item: item[0])


def _may_be_wanted(request: SearchTaskRunRequest, task: TaskRun) -> bool:
    """All but whether a worker holds it, which only its queue tells."""
    if task.task_def != request.task_def_name or not task.attempts:
        return False
    if not _is_within(request, task.attempts[0].scheduled_ms):
        return False
    status = task.attempts[-1].status
    if request.status is TaskStatus.TASK_RUNNING:
        return status in (TaskStatus.TASK_RUNNING, TaskStatus.TASK_SCHEDULED)
    return request.status in (None, status)


async def _held_or_not(
    call: Call, wanted: TaskStatus, scanned: list[Scanned], tasks: list[list[tuple[Inside, TaskRun]]]
) -> list[list[tuple[Inside, TaskRun]]]:
    """Those that are TASK_RUNNING, because a worker holds them, or TASK_SCHEDULED, because none does."""
    entries: dict[tuple[str, Inside], tuple[str, str]] = {}
    for one, of_run in zip(scanned, tasks, strict=True):
        for where, task in of_run:
            entry = one.stored.entry_of(*where)
            if entry is not None and task.attempts[-1].status is TaskStatus.TASK_SCHEDULED:
                stream = keys.tasks(one.partition, call.tenant, task.task_def)
                entries[one.run.id, where] = (stream, entry)
    claims = await claims_of_entries(call.services.redis, list(entries.values()))
    held = {place for place, claim in zip(entries, claims, strict=True) if claim is not None}

    def status(wf_run_id: str, where: Inside, task: TaskRun) -> TaskStatus:
        return TaskStatus.TASK_RUNNING if (wf_run_id, where) in held else task.attempts[-1].status

    return [
        [(where, task) for where, task in of_run if status(one.run.id, where, task) is wanted]
        for one, of_run in zip(scanned, tasks, strict=True)
    ]

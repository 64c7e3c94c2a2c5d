"""outcomes: what became of a run, without what luck decides: times, tokens, and how often a task was
tried."""

from __future__ import annotations

from typing import Any

import orjson
from redis.asyncio import Redis

from lhredis.engine.node_state import (
    ChildWfStarted,
    ChildWfWait,
    EventThrown,
    EventWait,
    NodeState,
    ThreadsStarted,
    ThreadsWait,
    UserTask,
)
from lhredis.engine.run import NodeRun, Run, TaskRun, ThreadRun
from lhredis.model.values import encode_value
from lhredis.store import keys
from lhredis.store.events import load_events
from lhredis.store.runs import (
    Unreadable,
    load_archived_threads,
    load_history,
    load_reminders,
    load_runs,
)
from tests.simulation.calendar import TICKS, gaps, runs_of

Json = dict[str, Any]
GAVE_UP = {"TASK_FAILURE": "gave up", "TIMEOUT": "gave up"}
"""Which of the two it was depends on the last of several attempts."""


async def outcome_of(redis: Redis, partitions: int, tenant: str, wf_run_id: str) -> Json:
    """Status, threads, variables, history and events of a run and of its children, in words that can be
    compared: ids are replaced by where they come from."""
    names: dict[str, str] = {wf_run_id: "<run>"}
    found = {"<run>": await _of_one(redis, partitions, tenant, wf_run_id, "<run>", names)}
    while missing := [child for child, name in names.items() if name not in found]:
        for child in missing:
            found[names[child]] = await _of_one(redis, partitions, tenant, child, names[child], names)
    text = orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()
    for child in sorted(names, key=len, reverse=True):
        text = text.replace(f'"{child}"', f'"{names[child]}"')
    told: Json = orjson.loads(text)
    return told


async def outcome_of_ticks(redis: Redis, partitions: int, tenant: str, schedule_id: str) -> Json:
    """The same of the first runs that a cron has started; and whether it has started one at every tick."""
    ids = await runs_of(redis, partitions, tenant, schedule_id)
    found: Json = {
        f"tick {i}": await outcome_of(redis, partitions, tenant, wf_run_id)
        for i, wf_run_id in enumerate(ids[:TICKS])
    }
    return {**found, "gaps": gaps(ids)}


async def _of_one(
    redis: Redis, partitions: int, tenant: str, wf_run_id: str, name: str, names: dict[str, str]
) -> Json:
    """One run of the tree; its children are added to `names`."""
    partition = keys.partition_of(wf_run_id, partitions)
    stored = (await load_runs(redis, partition, [(tenant, wf_run_id)])).get((tenant, wf_run_id))
    if stored is None:
        return {"status": "missing"}
    if isinstance(stored, Unreadable):
        return {"status": "unreadable", "why": stored.traceback}
    run = stored.run
    history = await load_history(redis, partition, tenant, wf_run_id)
    for (thread, position), node in sorted(history.items()):
        if isinstance(node.state, ChildWfStarted):
            names.setdefault(node.state.wf_run_id, f"{name}/{thread}:{position}")
    numbers = range(run.greatest_thread_number + 1)
    reminders = await load_reminders(redis, partition, run)
    threads = run.threads | await load_archived_threads(redis, partition, tenant, wf_run_id, numbers)
    posted, thrown = await load_events(redis, partition, run)
    return {
        "status": run.status.name,
        "migration": run.migration is not None,
        "threads": {str(number): _thread(run, threads[number]) for number in sorted(threads)},
        "history": {f"{at[0]}:{at[1]}": _node(run, history[at]) for at in sorted(history)},
        "posted": sorted([each.event_def, encode_value(each.content), each.claimed] for each in posted),
        "thrown": [
            [each.event_def, each.number, encode_value(each.content), each.thread, each.position]
            for each in thrown
        ],
        "reminders": [
            [each.thread, each.position, each.user_id, each.user_group, *_called(each.task)]
            for each in reminders.values()
        ],
    }


def _called(task: TaskRun) -> list[Any]:
    last = task.attempts[-1]
    return [task.task_def, [encode_value(value) for value in task.inputs], encode_value(last.output)]


def _thread(run: Run, thread: ThreadRun) -> Json:
    return {
        "spec": [*run.spec_of(thread), thread.spec_name],
        "type": thread.type.name,
        "status": thread.status.name,
        "parent": thread.parent.number if thread.parent is not None else None,
        "output": encode_value(thread.output),
        "variables": {name: encode_value(value) for name, value in sorted(thread.variables.items())},
    }


def _node(run: Run, node: NodeRun) -> Json:
    found: Json = {
        "name": node.name,
        "spec": [*run.spec_of(node)],
        "status": node.status.name,
        "failures": [
            [GAVE_UP.get(each.name, each.name), encode_value(each.content), each.handler, each.handled]
            for each in node.failures
        ],
        "state": _state(node.state),
    }
    if node.task is not None:
        found["task"] = _called(node.task)
    return found


def _state(state: NodeState | None) -> Any:
    if isinstance(state, EventWait):
        return [state.event_def, state.correlation_key, state.guid is not None, state.timed_out]
    if isinstance(state, ThreadsStarted):
        return state.numbers
    if isinstance(state, ThreadsWait):
        return [[each.number, each.status.name, each.handler] for each in state.threads]
    if isinstance(state, EventThrown):
        return [state.event_def, state.number]
    if isinstance(state, ChildWfWait):
        end = state.end
        return [state.wf_run_id, end and [end.status.name, encode_value(end.output), end.failure_name]]
    if isinstance(state, UserTask):
        kinds = sorted({event.kind for event in state.events})
        return [state.status.name, state.user_id, state.user_group, encode_value(state.results), kinds]
    return state.wf_run_id if isinstance(state, ChildWfStarted) else None


def executed(places: dict[str, set[bytes]], wf_run_id: str) -> list[str]:
    """What the tasks of a run and its children were executed with; where in which child does not count,
    because its id is another one each time."""
    found = []
    for place, inputs in places.items():
        of, _, where = place.partition("/")
        if of == wf_run_id or of.startswith(f"{wf_run_id}_"):
            depth = of.count("_")
            found += [f"{depth}/{where} {each.decode()}" for each in inputs]
    return sorted(found)


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two outcomes differ, a line each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        lines = []
        for name in sorted(expected.keys() | found.keys(), key=str):
            missing = "nothing"
            lines += differences(expected.get(name, missing), found.get(name, missing), f"{path}/{name}")
        return lines
    return [] if expected == found else [f"{path}: without faults {expected!r}, with them {found!r}"]

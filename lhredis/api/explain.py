"""explain: why a WfRun does not move: what each of its threads waits for, and what would wake it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.node_state_views import is_sleep
from lhredis.api.obstacles import obstacles_of
from lhredis.api.shown_run import ShownRun, shown_run
from lhredis.api.thread_views import halt_view
from lhredis.api.value_views import present, time_view
from lhredis.engine.node_state import ChildWfWait, EventWait, ThreadsWait, UserTask
from lhredis.engine.outlook import event_at_hand, holding_back
from lhredis.engine.run import NodeRun, TaskRun, ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus, WaitingThreadStatus
from lhredis.model.values import MASK
from lhredis.store import keys
from lhredis.store.queue_places import AHEAD_MAX, Place, places_of
from lhredis.store.timers import due_of

LATE_MS_MIN = 2_000
"""A timer that has not fired so long after it was due is late: a hand-over takes no longer."""

LOOKS_MAX = 4
"""What is lost may only have moved on between the looks at a run and at its queue or its timers: what is lost in so
many looks is."""

_OPEN = (WaitingThreadStatus.THREAD_IN_PROGRESS, WaitingThreadStatus.THREAD_HANDLING_FAILURE)


async def explain_wf_run(call: Call) -> Answer:
    """Explain why a WfRun does not move

    For each ThreadRun that has not ended: what it waits for, since when, and what would wake it; and what
    keeps the whole WfRun from moving.
    """
    said = await _explained(call)
    for _ in range(LOOKS_MAX - 1):
        if not any(thread.get("task", {}).get("lost") for thread in said["threads"]):
            break
        said = await _explained(call)
    return json_answer(said)


async def _explained(call: Call) -> dict[str, Any]:
    """An Explanation, of what is read one after the other."""
    shown, waiting, places = await _look(call)
    run = shown.run
    explainer = _Explainer(call, shown, places)
    threads = [await explainer.thread(thread) for thread in waiting]
    obstacles = await obstacles_of(call.services, shown) if run.status not in TERMINAL_STATUSES else []
    text = _run_text(shown, threads)
    return {
        "wf_run_id": run.id,
        "status": run.status.name,
        "text": f"{'; '.join(obstacles)}; else: {text}" if obstacles else text,
        "obstacles": obstacles,
        "threads": threads,
    }


async def _look(call: Call) -> tuple[ShownRun, list[ThreadRun], dict[int, Place]]:
    """The run, its threads that have not ended, and where the tasks that these stand at are queued."""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    waiting = [
        thread
        for thread in shown.run.threads.values()
        if thread.status not in TERMINAL_STATUSES and thread.node is not None
    ]
    return shown, waiting, await _places(call, shown, waiting)


async def _places(call: Call, shown: ShownRun, threads: Sequence[ThreadRun]) -> dict[int, Place]:
    """Where the tasks that these threads stand at are queued, by thread."""
    entries = {}
    for thread in threads:
        task = thread.node.task if thread.node is not None else None
        entry = shown.stored.claims.get(thread.number)
        if task is not None and entry is not None:
            entries[thread.number] = (keys.tasks(shown.partition, shown.run.tenant, task.task_def), entry)
    places = await places_of(call.services.redis, list(entries.values()))
    return dict(zip(entries, places, strict=True))


def _run_text(shown: ShownRun, threads: list[dict[str, Any]]) -> str:
    run = shown.run
    if run.status in TERMINAL_STATUSES:
        why = run.threads[0].error_message
        return f"ended as {run.status.name} at {time_view(run.ended_ms)}" + (f": {why}" if why else "")
    active = [one for one in threads if one["status"] == LHStatus.RUNNING.name]
    if len(active) == 1:
        return str(active[0]["text"])
    if not active and threads:
        return str(threads[0]["text"])
    return f"{len(active)} threads wait, each for something else"


class _Explainer:
    """Explains the threads of one run."""

    def __init__(self, call: Call, shown: ShownRun, places: dict[int, Place]) -> None:
        self._redis = call.services.redis
        self._shown = shown
        self._places = places
        self._now_ms = time.time_ns() // 1_000_000

    async def thread(self, thread: ThreadRun) -> dict[str, Any]:
        """A ThreadExplanation."""
        node_run = thread.node
        assert node_run is not None
        found: dict[str, Any] = {
            "thread_run_number": thread.number,
            "thread_spec_name": thread.spec_name,
            "status": thread.status.name,
            "node_name": node_run.name,
            "position": node_run.position,
            "since": time_view(node_run.arrived_ms),
        }
        if thread.halts:
            found["halt_reasons"] = [halt_view(self._shown.run, reason) for reason in thread.halts]
        waits = await self._waits(thread, node_run)
        if thread.status is not LHStatus.RUNNING:
            waits["text"] = _halted_text(thread, str(waits["text"]))
        if self._shown.of(thread).spec is None:
            name, major, revision = self._shown.run.spec_of(thread)
            gone = f"cannot go on, for its WfSpec {name!r} {major}.{revision} was deleted"
            waits["text"] = f"{gone}; else: {waits['text']}"
        return present(found | waits)

    async def _waits(self, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
        state = node_run.state
        if node_run.task is not None:
            return await self._task(thread, node_run, node_run.task)
        if isinstance(state, EventWait):
            return self._event(thread, node_run, state)
        if isinstance(state, ThreadsWait):
            numbers = [entry.number for entry in state.threads if entry.status in _OPEN]
            waits = {"text": f"waits for the threads {_listed(numbers)}", "threads": numbers}
            return self._given_up_at(thread, node_run, waits)
        if isinstance(state, ChildWfWait):
            return self._given_up_at(thread, node_run, await self._child_wf(state))
        if isinstance(state, UserTask):
            return _user_task(thread, node_run, state)
        return self._by_kind(thread, node_run)

    async def _child_wf(self, state: ChildWfWait) -> dict[str, Any]:
        text, child_id = f"waits for the child WfRun {state.wf_run_id}", state.wf_run_id
        run = self._shown.run
        if not await self._redis.exists(keys.run(self._shown.partition, run.tenant, child_id)):
            text += ", which is not there: its keys are gone, and nothing will ever come of it"
        return {"text": text, "child_wf_run_id": child_id}

    def _by_kind(self, thread: ThreadRun, node_run: NodeRun) -> dict[str, Any]:
        spec = self._shown.of(thread).spec
        node = spec.thread_specs[thread.spec_name].nodes.get(node_run.name) if spec is not None else None
        if is_sleep(node_run, node):
            text = f"sleeps until {self._until(thread, node_run)}"
            return {"text": text, "due": time_view(node_run.due_ms)}
        if node is not None and node.exit is not None:
            children = holding_back(self._shown.run, thread)
            return {
                "text": f"is done, and waits for its children {_listed(children)} to end",
                "threads": children,
            }
        if node is not None and node.wait_for_condition is not None:
            text = "waits for its condition, which did not hold when it was last looked at"
            return self._given_up_at(thread, node_run, {"text": text})
        return {
            "text": f"stands on {node_run.name}, which has failed"
            if node_run.failures
            else "is about to move"
        }

    def _until(self, thread: ThreadRun, node_run: NodeRun) -> str:
        """The time of the node's timer, and whether that is over. A timer does nothing to a thread that halts."""
        due_ms = node_run.due_ms
        if due_ms is None or due_ms + LATE_MS_MIN >= self._now_ms:
            return str(time_view(due_ms))
        why = "" if thread.halts else ": its scheduler is behind"
        return f"{time_view(due_ms)} (that is over{why})"

    def _given_up_at(self, thread: ThreadRun, node_run: NodeRun, waits: dict[str, Any]) -> dict[str, Any]:
        if node_run.due_ms is None:
            return waits
        text = f"{waits['text']}; gives up at {self._until(thread, node_run)}"
        return {**waits, "text": text, "due": time_view(node_run.due_ms)}

    def _event(self, thread: ThreadRun, node_run: NodeRun, state: EventWait) -> dict[str, Any]:
        run, due = self._shown.run, time_view(node_run.due_ms)
        key = state.correlation_key
        if key is not None and self._shown.of(thread).masks.taken_in(thread, node_run):
            key = MASK
        text = f"waits for an ExternalEvent {state.event_def}, which was not posted"
        if key is not None:
            text += f" (nor a CorrelatedEvent with key {key})"
        if due is not None:
            text += f"; gives up at {self._until(thread, node_run)}"
        there = event_at_hand(run, thread, node_run, state.event_def)
        if there is not None:
            text = f"takes the ExternalEvent {state.event_def} posted at {time_view(there.posted_ms)}"
        event = {"external_event_def": state.event_def, "correlation_key": key, "times_out": due}
        return {"text": text, "event": present(event)}

    async def _task(self, thread: ThreadRun, node_run: NodeRun, task: TaskRun) -> dict[str, Any]:
        number = len(task.attempts) - 1
        attempt = task.attempts[number]
        view: dict[str, Any] = {"task_def": task.task_def, "attempt": number}
        of = f"task {task.task_def}"
        if attempt.status is TaskStatus.TASK_PENDING:
            run, partition = self._shown.run, self._shown.partition
            due_ms = await due_of(self._redis, partition, run, thread.number, node_run.position, number)
            view["next_retry"] = time_view(due_ms)
            failed = f"{of} failed ({task.attempts[number - 1].status.name}); attempt {number}"
            if due_ms is None:
                view["lost"] = True
                text = f"{failed} has no timer: a scheduler's watchdog will start it"
            else:
                text = f"{failed} starts at {view['next_retry']}"
            return {"text": text, "task": present(view)}
        if number > 0:
            of += f" (attempt {number}, after a {task.attempts[number - 1].status.name})"
        if attempt.status is not TaskStatus.TASK_SCHEDULED:
            return {"text": f"{of} is over", "task": view}
        view["queued_since"] = time_view(attempt.scheduled_ms)
        place = self._places.get(thread.number)
        if place is None or not place.there:
            view["lost"] = True
            return {"text": f"{of} is in no queue: a scheduler's watchdog will queue it again", "task": view}
        return {"text": self._place(of, place, view), "task": present(view)}

    def _place(self, of: str, place: Place, view: dict[str, Any]) -> str:
        view["workers"] = place.workers
        if place.claim is not None:
            heard_ms, worker = self._now_ms - place.claim.idle_ms, place.claim.worker.worker_id
            heard, due = time_view(heard_ms), time_view(heard_ms + place.timeout_ms)
            view |= {"claimed_by": worker, "last_heard_of": heard, "times_out": due}
            held = f"{of} is in the hands of worker {worker}, last heard of at {heard}"
            return f"{held}; times out at {due} if not heard of again"
        view["ahead"] = place.ahead
        more = "or more " if place.ahead >= AHEAD_MAX else ""
        queued = f"{of} is queued since {view['queued_since']}, {place.ahead} {more}before it"
        return f"{queued}, {_listening(place)}"


def _user_task(thread: ThreadRun, node_run: NodeRun, task: UserTask) -> dict[str, Any]:
    guid = f"{thread.number}-{node_run.position}"
    who = f"user {task.user_id}" if task.user_id is not None else f"anybody of group {task.user_group}"
    text = f"waits for {who} to complete the user task {task.user_task_def} ({guid})"
    if not task.is_open:
        text = f"the user task {task.user_task_def} ({guid}) is {task.status.name}"
    waits = {
        "user_task_guid": guid,
        "user_task_def": task.user_task_def,
        "user_id": task.user_id,
        "user_group": task.user_group,
    }
    return {"text": text, "user_task": present(waits)}


def _halted_text(thread: ThreadRun, text: str) -> str:
    reasons = ", ".join(reason.kind.name for reason in thread.halts)
    if thread.is_let_go and thread.status is LHStatus.HALTED:
        return f"is HALTED ({reasons}) for good: nobody needs it any more"
    if thread.status is LHStatus.HALTING:
        return f"is HALTING ({reasons}), not yet HALTED: {text}"
    return f"is {thread.status.name} ({reasons}); when it goes on: {text}"


def _listening(place: Place) -> str:
    if place.workers > 0:
        return "1 worker listens" if place.workers == 1 else f"{place.workers} workers listen"
    return "and no worker listens" + (": all have their hands full, or are gone" if place.claimed > 0 else "")


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "(none)"

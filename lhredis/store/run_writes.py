"""run_writes: the writes that one committed step of a run makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from lhredis.engine.correlation import Waiter
from lhredis.engine.effects import (
    ArchiveThread,
    ChangeStatus,
    ClaimEvent,
    ClearTimer,
    Correlate,
    DeleteRun,
    DropEvent,
    DropOutput,
    DropReminder,
    DropTask,
    Effect,
    EnqueueReminder,
    EnqueueTask,
    IndexVariable,
    PutEvent,
    PutHistory,
    PutOutput,
    PutReminder,
    PutVariable,
    SetTimer,
    ThrowEvent,
    Uncorrelate,
)
from lhredis.engine.run import Run, ThreadRun
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.store import keys
from lhredis.store.codec import (
    encode_archived_thread,
    encode_json_value,
    encode_node_run,
    encode_posted_event,
    encode_reminder,
    encode_state,
)
from lhredis.store.commands.commit_steps import WRITE_ARGS_MAX, Write
from lhredis.store.events import claimed_field, encode_claimed, encode_thrown, thrown_field
from lhredis.store.indexes import forget_run, forget_threads, index_event, index_run, index_variables
from lhredis.store.messages import Waits, write_waits
from lhredis.store.runs import ARCHIVED, HALTS_SINCE, REMINDER, REMINDER_ENTRY, StoredRun
from lhredis.store.script import Argument
from lhredis.store.tasks import encode_reminder_task, encode_task
from lhredis.store.timers import write_of

CHANGES_MAX = 10_000
"""Entries that a partition's changes stream keeps, about."""

_HALTS = frozenset((LHStatus.HALTING, LHStatus.HALTED))

VERSIONS_PER_MS = 1000
"""A version is the time it was written at, in these units."""


def version_after(version: int, now_ms: int) -> int:
    """The version that follows this one (0: there was none). It is new for ever: a run that was deleted and
    made again, or that a replica was promoted without the last steps of, never comes to a version that it had
    in its other life, and that a process may still have in its cache."""
    return max(version + 1, now_ms * VERSIONS_PER_MS)


def write_step(
    partition: int, stored: StoredRun, effects: Iterable[Effect], writes: list[Write], now_ms: int
) -> int | None:
    """Add what must be written when these effects of a run are committed. Returns when the earliest of the
    timers set is due, if any is."""
    run = stored.run
    tenant, run_id = run.tenant, run.id
    run_key = keys.run(partition, tenant, run_id)
    if not run.threads and not run.events:
        stored.next_version = 0
        _delete(partition, stored, effects, writes)
        return None
    stored.next_version = version_after(stored.version, now_ms)
    fields: dict[str, Argument] = {"version": stored.next_version, "state": encode_state(run)}
    history: dict[str, Argument] = {}
    searchable: list[IndexVariable] = []
    others: list[Effect] = []
    for effect in effects:
        if type(effect) is PutHistory:
            history[f"{effect.thread}:{effect.node_run.position}"] = encode_node_run(effect.node_run)
        elif type(effect) is EnqueueTask:
            stream = keys.tasks(partition, tenant, effect.task_def)
            payload = encode_task(tenant, run_id, effect, now_ms)
            writes.append(("ENQUEUE", stream, f"claim:{effect.thread}", payload))
        elif type(effect) is PutVariable:
            fields[f"v:{effect.thread}:{effect.name}"] = encode_json_value(effect.value)
        elif type(effect) is IndexVariable:
            searchable.append(effect)
        else:
            others.append(effect)
    dropped: dict[str, None] = {}
    if searchable:
        index_variables(partition, stored, searchable, fields, dropped, writes)
    if others:
        _add_others(_OtherWrites(partition, run, now_ms, writes, fields, history, dropped), stored, others)
    if run.status in TERMINAL_STATUSES and _is_at_rest(run):
        for number in run.threads:
            dropped[f"claim:{number}"] = None
    if run.threads and (stored.listed is not run.status or stored.listed_spec is not run.spec):
        index_run(partition, stored, writes)
        if run.status in _HALTS and stored.listed is not run.status:
            fields[HALTS_SINCE] = now_ms
    writes.extend(_hset(run_key, fields, "KEEP"))
    if dropped:
        names = tuple(dropped)
        for at in range(0, len(names), WRITE_ARGS_MAX):
            writes.append(("HDEL", run_key, *names[at : at + WRITE_ARGS_MAX]))
    if history:
        writes.extend(_hset(keys.history(partition, tenant, run_id), history))
    if not others:
        return None
    return min([effect.due_ms for effect in others if type(effect) is SetTimer], default=None)


def _delete(partition: int, stored: StoredRun, effects: Iterable[Effect], writes: list[Write]) -> None:
    """The run was deleted, or all that was posted before its start is gone again."""
    run = stored.run
    step = _OtherWrites(partition, run, 0, writes, {}, {}, {})
    for effect in effects:
        if isinstance(effect, ClearTimer | Uncorrelate):
            step.add(effect)
        elif isinstance(effect, DropTask) and effect.thread in stored.claims:
            stream = keys.tasks(partition, run.tenant, effect.task_def)
            writes.append(("FINISH", stream, stored.claims[effect.thread]))
        elif isinstance(effect, DropReminder) and effect.number in stored.reminder_entries:
            stream = keys.tasks(partition, run.tenant, effect.task_def)
            writes.append(("FINISH", stream, stored.reminder_entries[effect.number]))
        elif isinstance(effect, DeleteRun):
            step.tell("deleted", "1")
        elif isinstance(effect, PutEvent | ClaimEvent | DropEvent):
            unclaimed = keys.index_external_events(
                partition, run.tenant, effect.event.event_def, claimed=False
            )
            writes.append(("ZREM", unclaimed, f"{run.id}/{effect.event.guid}"))
    for key in keys.of_run(partition, run.tenant, run.id):
        writes.append(("UNLINK", key))
    forget_run(partition, stored, writes)


def _add_others(step: _OtherWrites, stored: StoredRun, effects: list[Effect]) -> None:
    """What does not happen with every task."""
    for effect in effects:
        step.add(effect)
    if step.archived:
        forget_threads(step.partition, stored, step.archived, step.fields, step.dropped, step.writes)
    if step.events:
        run = step.run
        step.writes.extend(_hset(keys.events(step.partition, run.tenant, run.id), step.events))


def _is_at_rest(run: Run) -> bool:
    """No task of an ended run is still out."""
    return all(thread.status is not LHStatus.HALTING for thread in run.threads.values())


@dataclass(slots=True)
class _OtherWrites:
    """The writes of one run under construction: fields by hash, other commands as they come."""

    partition: int
    run: Run
    now_ms: int
    writes: list[Write]
    fields: dict[str, Argument]
    history: dict[str, Argument]
    dropped: dict[str, None]
    events: dict[str, Argument] = field(default_factory=dict)
    archived: list[int] = field(default_factory=list)

    def add(self, effect: Effect) -> None:
        """One effect."""
        run = self.run
        if isinstance(effect, PutOutput):
            name = f"o:{effect.thread}:{effect.node_name}"
            self.fields[name] = encode_json_value(effect.value)
            self.dropped.pop(name, None)
        elif isinstance(effect, DropOutput):
            self._drop(f"o:{effect.thread}:{effect.node_name}")
        elif isinstance(effect, SetTimer | ClearTimer):
            self.writes.append(write_of(self.partition, run.tenant, run.id, effect))
        elif isinstance(effect, ChangeStatus):
            self.tell("status", run.status.name)
        elif isinstance(effect, ArchiveThread):
            self._archive(effect.thread)
            self.archived.append(effect.thread.number)
        elif isinstance(effect, EnqueueReminder | PutReminder):
            self._add_reminder(effect)
        else:
            self._add_event(effect)

    def _add_reminder(self, effect: EnqueueReminder | PutReminder) -> None:
        run = self.run
        if isinstance(effect, EnqueueReminder):
            stream = keys.tasks(self.partition, run.tenant, effect.task_def)
            payload = encode_reminder_task(run.tenant, run.id, effect, self.now_ms)
            self.writes.append(("ENQUEUE", stream, f"{REMINDER_ENTRY}:{effect.number}", payload))
        else:
            self.history[f"{REMINDER}:{effect.number}"] = encode_reminder(effect.reminder)
            self._drop(f"{REMINDER_ENTRY}:{effect.number}")

    def _add_event(self, effect: Effect) -> None:
        if isinstance(effect, PutEvent | ClaimEvent | DropEvent | ThrowEvent):
            self.writes.extend(index_event(self.partition, self.run, effect))
        if isinstance(effect, PutEvent):
            self.fields[f"e:{effect.sequence}"] = encode_posted_event(effect.event)
        elif isinstance(effect, ClaimEvent):
            name = claimed_field(effect.event.event_def, effect.event.guid)
            self.events[name] = encode_claimed(effect)
            self._drop(f"e:{effect.sequence}")
        elif isinstance(effect, DropEvent):
            self._drop(f"e:{effect.sequence}")
        elif isinstance(effect, ThrowEvent):
            self.events[thrown_field(effect.event_def, effect.number)] = encode_thrown(effect)
            self.tell("thrown", f"{effect.event_def}/{effect.number}")
        else:
            assert isinstance(effect, Correlate | Uncorrelate), effect
            waiter = Waiter(self.run.id, effect.thread, effect.position)
            waits = isinstance(effect, Correlate)
            message = Waits(self.run.tenant, effect.event_def, effect.key, waiter, waits)
            self.writes.append(write_waits(self.partition, message))

    def _archive(self, thread: ThreadRun) -> None:
        self.history[f"{ARCHIVED}:{thread.number}"] = encode_archived_thread(thread)
        for name in thread.variables:
            self._drop(f"v:{thread.number}:{name}")
        for name in thread.outputs:
            self._drop(f"o:{thread.number}:{name}")
        self._drop(f"claim:{thread.number}")

    def _drop(self, name: str) -> None:
        self.fields.pop(name, None)
        self.dropped[name] = None

    def tell(self, name: str, value: str) -> None:
        """Tell whoever waits."""
        of = f"{self.run.tenant}/{self.run.id}"
        changes = keys.changes(self.partition)
        self.writes.append(("XADD", changes, "MAXLEN", "~", CHANGES_MAX, "*", "run", of, name, value))


def _hset(key: str, fields: dict[str, Argument], word: str = "HSET") -> list[Write]:
    """HSETs of at most WRITE_ARGS_MAX arguments each."""
    if 2 * len(fields) <= WRITE_ARGS_MAX:
        return [(word, key, *chain.from_iterable(fields.items()))]
    flat = tuple(chain.from_iterable(fields.items()))
    return [(word, key, *flat[at : at + WRITE_ARGS_MAX]) for at in range(0, len(flat), WRITE_ARGS_MAX)]

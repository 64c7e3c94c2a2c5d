"""run_writes: the writes that one committed step of a run makes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from lhredis.engine.correlation import Waiter
from lhredis.engine.effects import (
    ArchiveThread,
    ChangeStatus,
    ClaimEvent,
    ClearTimer,
    Correlate,
    DropEvent,
    DropOutput,
    Effect,
    EnqueueTask,
    PutEvent,
    PutHistory,
    PutOutput,
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
    encode_state,
)
from lhredis.store.commands.commit_steps import WRITE_ARGS_MAX, Write
from lhredis.store.events import claimed_field, encode_claimed, encode_thrown, thrown_field
from lhredis.store.messages import Waits, write_waits
from lhredis.store.runs import ARCHIVED, StoredRun
from lhredis.store.script import Argument
from lhredis.store.tasks import encode_task
from lhredis.store.timers import write_of

CHANGES_MAX = 10_000
"""Entries that a partition's changes stream keeps, about."""

VERSIONS_PER_MS = 1000
"""A run's first version is the time it was made at in these units: a run that was deleted and made
again never meets a version of its former life."""


def write_step(
    partition: int, stored: StoredRun, effects: Iterable[Effect], writes: list[Write], now_ms: int
) -> None:
    """Add what must be written when these effects of a run are committed."""
    run = stored.run
    run_key = keys.run(partition, run.tenant, run.id)
    if not run.threads and not run.events:
        stored.next_version = 0
        writes.append(("DEL", run_key))  # all that was posted before the start is gone again
        return
    stored.next_version = stored.version + 1 if stored.version else now_ms * VERSIONS_PER_MS
    step = _RunWrites(partition, run, run_key, writes, now_ms)
    step.fields["version"] = stored.next_version
    step.fields["state"] = encode_state(run)
    for effect in effects:
        step.add(effect)
    if run.status in TERMINAL_STATUSES and _is_at_rest(run):
        for number in run.threads:
            step.dropped[f"claim:{number}"] = None
    if not stored.listed and run.threads:
        writes.append(("ZADD", keys.index_runs(partition, run.tenant), run.started_ms, run.id))
    step.finish()


def _is_at_rest(run: Run) -> bool:
    """No task of an ended run is still out."""
    return all(thread.status is not LHStatus.HALTING for thread in run.threads.values())


class _RunWrites:
    """The writes of one run under construction: fields by hash, other commands as they come."""

    __slots__ = ("dropped", "events", "fields", "history", "now_ms", "partition", "run", "run_key", "writes")

    def __init__(self, partition: int, run: Run, run_key: str, writes: list[Write], now_ms: int) -> None:
        self.partition = partition
        self.run = run
        self.run_key = run_key
        self.writes = writes
        self.now_ms = now_ms
        self.fields: dict[str, Argument] = {}
        self.history: dict[str, Argument] = {}
        self.events: dict[str, Argument] = {}
        self.dropped: dict[str, None] = {}

    def add(self, effect: Effect) -> None:
        """One effect. Those of tasks come first: they are most of what happens."""
        run = self.run
        if type(effect) is PutHistory:
            field = f"{effect.thread}:{effect.node_run.position}"
            self.history[field] = encode_node_run(effect.node_run)
        elif type(effect) is EnqueueTask:
            stream = keys.tasks(self.partition, run.tenant, effect.task_def)
            payload = encode_task(run.tenant, run.id, effect, self.now_ms)
            self.writes.append(("ENQUEUE", stream, self.run_key, f"claim:{effect.thread}", payload))
        elif type(effect) is PutVariable:
            self.fields[f"v:{effect.thread}:{effect.name}"] = encode_json_value(effect.value)
        elif type(effect) is PutOutput:
            field = f"o:{effect.thread}:{effect.node_name}"
            self.fields[field] = encode_json_value(effect.value)
            self.dropped.pop(field, None)
        elif type(effect) is DropOutput:
            self._drop(f"o:{effect.thread}:{effect.node_name}")
        elif type(effect) is SetTimer or type(effect) is ClearTimer:
            self.writes.append(write_of(self.partition, run.tenant, run.id, effect))
        elif type(effect) is ChangeStatus:
            self._tell("status", run.status.name)
        elif type(effect) is ArchiveThread:
            self._archive(effect.thread)
        else:
            self._add_event(effect)

    def _add_event(self, effect: Effect) -> None:
        if isinstance(effect, PutEvent):
            self.fields[f"e:{effect.sequence}"] = encode_posted_event(effect.event)
        elif isinstance(effect, ClaimEvent):
            field = claimed_field(effect.event.event_def, effect.event.guid)
            self.events[field] = encode_claimed(effect)
            self._drop(f"e:{effect.sequence}")
        elif isinstance(effect, DropEvent):
            self._drop(f"e:{effect.sequence}")
        elif isinstance(effect, ThrowEvent):
            self.events[thrown_field(effect.event_def, effect.number)] = encode_thrown(effect)
            self._tell("thrown", f"{effect.event_def}/{effect.number}")
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

    def _drop(self, field: str) -> None:
        self.fields.pop(field, None)
        self.dropped[field] = None

    def _tell(self, field: str, value: str) -> None:
        of = f"{self.run.tenant}/{self.run.id}"
        changes = keys.changes(self.partition)
        self.writes.append(("XADD", changes, "MAXLEN", "~", CHANGES_MAX, "*", "run", of, field, value))

    def finish(self) -> None:
        """The hashes, after the other commands: an ENQUEUE sets a field that may be dropped."""
        run, writes = self.run, self.writes
        writes.extend(_hset(self.run_key, self.fields))
        if self.history:
            writes.extend(_hset(keys.history(self.partition, run.tenant, run.id), self.history))
        if self.events:
            writes.extend(_hset(keys.events(self.partition, run.tenant, run.id), self.events))
        if self.dropped:
            names = tuple(self.dropped)
            for at in range(0, len(names), WRITE_ARGS_MAX):
                writes.append(("HDEL", self.run_key, *names[at : at + WRITE_ARGS_MAX]))


def _hset(key: str, fields: dict[str, Argument]) -> list[Write]:
    """HSETs of at most WRITE_ARGS_MAX arguments each."""
    flat = tuple(chain.from_iterable(fields.items()))
    if len(flat) <= WRITE_ARGS_MAX:
        return [("HSET", key, *flat)]
    return [("HSET", key, *flat[at : at + WRITE_ARGS_MAX]) for at in range(0, len(flat), WRITE_ARGS_MAX)]

"""worker: takes tasks and reports them: well, or twice, too late, or never, as the seed says."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.model.values import encode_value
from lhredis.store import keys
from lhredis.store.tasks import ScheduledTask, decode_task, ensure_groups, task_id_parts
from lhredis.store.wire import execute
from lhredis.worker.checkpoints import AttemptStopped, Checkpoints, CheckpointStore
from tests.simulation.zoo import TASKS
from tests.simulation.zoo.tasks import BROKEN, Result, TaskKind

PAUSE_S = 0.2
BLOCK_MS = 2000
WORK_S = 0.02
"""What a task takes, on average."""

BAD_LUCK_MAX = 3
"""How often one NodeRun's task is lost by workers: fewer than it is tried."""


@dataclass(slots=True)
class Manners:
    """How often (0 to 1) an attempt is reported twice, after its time, or not at all."""

    twice: float = 0.0
    late: float = 0.0
    never: float = 0.0


@dataclass
class Ledger:
    """What all workers of a simulation have done: the inputs each task was executed with, by task id
    without the attempt, and how often luck was bad. `mended` are the runs for which somebody has repaired
    what was broken, `kept` what each checkpoint was seen to hold; one that was seen to hold something else
    is a violation."""

    executed: dict[str, set[bytes]] = field(default_factory=dict)
    bad_luck: Counter[str] = field(default_factory=Counter)
    mended: set[str] = field(default_factory=set)
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def note(self, place: str, task_def: str, inputs: dict[str, Any]) -> None:
        form = {name: encode_value(inputs[name]) for name in sorted(inputs)}
        self.executed.setdefault(place, set()).add(orjson.dumps([task_def, form]))

    def perform(self, kind: TaskKind, place: str, inputs: dict[str, Any], attempt: int) -> Result | None:
        """What an attempt comes to."""
        if kind.mendable and place.partition("/")[0].partition("_")[0] not in self.mended:
            return BROKEN
        return kind.perform(inputs, attempt)

    def see(self, place: str, number: int, value: Any) -> None:
        """A checkpoint holds this, as far as an attempt knows."""
        before = self.kept.setdefault((place, number), value)
        if before != value:
            self.violations.append(f"checkpoint {number} of {place} was {before!r}, and then {value!r}")


class Worker:
    """One worker process. Killed, it forgets what it holds. `claims` sends nothing twice by itself: a
    claim whose reply got lost has to be noticed."""

    def __init__(
        self,
        redis: Redis,
        claims: Redis,
        name: str,
        streams: dict[str, int],
        manners: Manners,
        ledger: Ledger,
        seed: int,
        tell: Callable[[str, str], None],
    ) -> None:
        self._redis, self._claims, self._name, self._streams = redis, claims, name, streams
        self._manners, self._ledger, self._tell = manners, ledger, tell
        self._rng = random.Random(f"{name} {seed}")
        self._in_hand: set[tuple[str, str]] = set()

    async def run(self) -> None:
        recover, grouped = True, False
        while True:
            try:
                if not grouped:
                    await ensure_groups(self._redis, list(self._streams))
                    grouped = True
                self._take(await self._read("0") if recover else await self._read(">"))
                recover = False
            except (RedisError, OSError):
                recover = True
                await asyncio.sleep(self._rng.uniform(0, PAUSE_S))

    async def _read(self, after: str) -> Any:
        command: tuple[Any, ...] = ("XREADGROUP", "GROUP", keys.WORKERS, self._name, "COUNT", 3)
        command += ("BLOCK", BLOCK_MS) if after == ">" else ()
        streams = sorted(self._streams, key=lambda _: self._rng.random())
        return await execute(self._claims, *command, "STREAMS", *streams, *(after for _ in streams))

    def _take(self, reply: Any) -> None:
        for stream, entries in reply or ():
            for entry, fields in entries:
                held = (stream.decode(), entry.decode())
                if fields is not None and held not in self._in_hand:
                    self._in_hand.add(held)
                    task = decode_task(fields[1])
                    task.entry, task.partition = held[1], self._streams[held[0]]
                    asyncio.get_running_loop().create_task(self._attempt(task))

    async def _attempt(self, task: ScheduledTask) -> None:
        wf_run_id, thread, position, attempt = task_id_parts(task.id)
        place = f"{wf_run_id}/{thread}/{position}"
        await asyncio.sleep(self._rng.expovariate(1 / WORK_S))
        self._ledger.note(place, task.task_def, task.inputs)
        kind = TASKS[task.task_def]
        try:
            await self._take_checkpoints(kind.checkpoints, place, task)
        except (AttemptStopped, RedisError, OSError):
            return
        result = self._ledger.perform(kind, place, task.inputs, attempt)
        fate = "well" if kind.strict else self._fate(place)
        if result is None or fate == "never":
            self._tell(self._name, f"never reports {task.id}")
            return
        if fate == "late":
            self._tell(self._name, f"will report {task.id} late")
            await asyncio.sleep(task.timeout_ms / 1000 * self._rng.uniform(0.9, 1.5))
        await self._report(task, result)
        if fate == "twice":
            await asyncio.sleep(self._rng.expovariate(1 / WORK_S))
            await self._report(task, result)

    async def _take_checkpoints(self, count: int, place: str, task: ScheduledTask) -> None:
        """Each holds a word that no other attempt would give."""
        store = CheckpointStore(self._redis, self._name, asyncio.get_running_loop())
        checkpoints = Checkpoints(task, store, [])
        for number in range(count):
            value = await checkpoints.take(self._rng.random, ())
            self._ledger.see(place, number, value)
            await asyncio.sleep(self._rng.expovariate(1 / WORK_S))

    def _fate(self, place: str) -> str:
        roll, manners = self._rng.random(), self._manners
        if roll < manners.twice:
            return "twice"
        if roll < manners.twice + manners.late + manners.never and self.may_lose(place):
            return "late" if roll < manners.twice + manners.late else "never"
        return "well"

    def may_lose(self, place: str) -> bool:
        """Count bad luck of a NodeRun's task, if there may be more of it."""
        self._ledger.bad_luck[place] += 1
        return self._ledger.bad_luck[place] <= BAD_LUCK_MAX

    async def _report(self, task: ScheduledTask, result: dict[str, Any]) -> None:
        form = {
            "task": task.id,
            "token": task.token,
            "tenant": task.tenant,
            "task_def": task.task_def,
            "entry": task.entry,
            "worker": self._name,
            **result,
        }
        while True:
            try:
                await execute(
                    self._redis, "XADD", keys.results(task.partition), "*", "result", orjson.dumps(form)
                )
                return
            except (RedisError, OSError):
                await asyncio.sleep(self._rng.uniform(0, PAUSE_S))

"""world: a deployment in virtual time: schedulers, workers and people around one double, and faults."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.engine.events import RunRescued
from lhredis.errors import Unavailable
from lhredis.scheduler import lane, process, timers
from lhredis.scheduler.process import Scheduler
from lhredis.stepper.programs import Programs
from lhredis.stepper.registration import register_wf_spec
from lhredis.stepper.user_task_registration import register_user_task_def
from lhredis.store import keys
from lhredis.store.connect import RETRIES_DEFAULT, join_cluster
from lhredis.store.metadata import Metadata
from tests.simulation.clock import VirtualLoop, virtual_time
from tests.simulation.connection import connect_to
from tests.simulation.double import Double
from tests.simulation.network import FaultyNetwork, Weather
from tests.simulation.outcomes import outcome_of, outcome_of_ticks
from tests.simulation.people import People
from tests.simulation.sdk_worker import connecting, sdk_worker
from tests.simulation.search_check import index_faults
from tests.simulation.trace import Trace
from tests.simulation.witness import Witness
from tests.simulation.worker import Ledger, Manners, Worker
from tests.simulation.zoo import SPECS, TASKS
from tests.simulation.zoo.deeds import Do
from tests.simulation.zoo.forms import FORM
from tests.simulation.zoo.specimen import Begin, Specimen

TENANT = "acme"
PARTITIONS = 2
LEASE_MS = 2000
PACE = {(lane, "BLOCK_MS"): 2000, (timers, "LOOK_MS_MAX"): 1000, (process, "RECLAIM_PAUSE_S"): 1.0,
        (process, "REFRESH_PAUSE_S"): 3.0}  # fmt: skip
"""How often schedulers look around in here: less often than in a deployment, because to look and find
nothing is most of what a simulation would do."""

FAULTS_S = 8.0
"""How long things go wrong; then the sky clears, so that everything can come to its end."""

STALL_S_MAX = 4.0
CLOCK_JUMP_MS_MAX = 5000
RESTART_S_MAX = 2.0

STUCK_S = 240.0
"""Virtual time in which every run must have ended."""

SETTLE_S = 120.0
"""Virtual time, after the last run has ended, in which what came late or twice must be cleared away. Without
faults, everything goes in the commit that ends a run."""

POLL_S = 0.25


@dataclass(slots=True)
class Plan:
    """What a simulation does: (id, WfSpec, n) of its runs, and what goes wrong."""

    seed: int
    runs: list[tuple[str, str, int]]
    schedulers: int = 1
    workers: int = 1
    sdk_workers: int = 0
    weather: Weather = field(default_factory=Weather)
    manners: Manners = field(default_factory=Manners)
    scheduler_crashes: int = 0
    worker_crashes: int = 0
    scheduler_leaves: int = 0
    sdk_worker_leaves: int = 0
    script_losses: int = 0
    stalls: int = 0
    clock_jumps: int = 0
    contested: bool = False  # every scheduler works every partition

    @property
    def has_faults(self) -> bool:
        return self != Plan(self.seed, self.runs)

    @property
    def settle_s(self) -> float:
        return max(SPECS[name].settle_s for _, name, _ in self.runs)


@dataclass(slots=True)
class Story:
    """How it went: the outcome of each run, the inputs of each task, and what must not have been."""

    outcomes: dict[str, dict[str, Any]]
    executed: dict[str, set[bytes]]
    violations: list[str]
    trace: list[str]
    ended_s: float


def play(plan: Plan) -> Story:
    """Run a plan from its first to its last moment."""
    with virtual_time(plan.seed) as loop, _pace():
        world = World(plan, loop)
        try:
            with connecting(world.client_of_process):
                return loop.run_until_complete(world.play())
        finally:
            world.end()


@contextmanager
def _pace() -> Iterator[None]:
    before = {where: getattr(*where) for where in PACE}
    for where, value in PACE.items():
        setattr(*where, value)
    try:
        yield
    finally:
        for where, value in before.items():
            setattr(*where, value)


class World:
    """One simulation under way."""

    def __init__(self, plan: Plan, loop: VirtualLoop) -> None:
        self.plan, self.loop = plan, loop
        self.double = Double(loop.wall_ms)
        self.trace = Trace()
        self.witness = Witness(self.double, PARTITIONS, TENANT)
        self.network = FaultyNetwork(plan.seed, Weather(), self._note)
        self.ledger = Ledger()
        self._rng = random.Random(f"world {plan.seed}")
        self._tasks: dict[str, list[asyncio.Task[Any]]] = {}
        self._lives: dict[str, asyncio.Task[Any]] = {}
        self._named = 0
        self._consumers: dict[str, str] = {}
        self._stopping: dict[str, asyncio.Event] = {}
        self._errors: list[str] = []
        loop.set_task_factory(self._own_task)
        loop.set_exception_handler(lambda _, context: self._errors.append(str(context)))

    async def play(self) -> Story:
        await self._define()
        self.network.weather = self.plan.weather
        for _ in range(self.plan.schedulers):
            self._start_scheduler()
        for _ in range(self.plan.workers):
            self._start_worker()
        for _ in range(self.plan.sdk_workers):
            self._start_sdk_worker()
        people = People(
            self._client("api"),
            PARTITIONS,
            TENANT,
            self._rng,
            self.ledger,
            self._tell,
            self.witness.violations.append,
        )
        for wf_run_id, name, n in self.plan.runs:
            specimen = SPECS[name]
            if any(isinstance(deed, Do) and _rescues(deed) for deed in specimen.deeds):
                self.witness.may_be_rescued.add(wf_run_id)
            life = people.live(wf_run_id, name, specimen, specimen.inputs(wf_run_id, n))
            self._lives[wf_run_id] = self._run_as("people", life)
        await self._let_faults_happen()
        problems = await self._until_everything_is_over()
        calm = self._client("reader")
        outcomes = {
            wf_run_id: await self._outcome(calm, wf_run_id, SPECS[name])
            for wf_run_id, name, _ in self.plan.runs
        }
        programs = Programs(Metadata(calm))
        late = self.plan.weather.late > 0 or self.plan.scheduler_crashes > 0
        problems += await index_faults(self.double, calm, programs, PARTITIONS, TENANT, late)
        problems += self.witness.violations + self.ledger.violations + self._errors
        problems += [f"the double knows no command {name}" for name in sorted(self.double.unknown)]
        return Story(outcomes, self.ledger.executed, problems, self.trace.lines(), self.loop.now_s)

    async def _outcome(self, redis: Redis, wf_run_id: str, specimen: Specimen) -> dict[str, Any]:
        find = outcome_of_ticks if specimen.begins is Begin.EVERY_MINUTE else outcome_of
        return await find(redis, PARTITIONS, TENANT, wf_run_id)

    # The parts

    async def _define(self) -> None:
        redis = self._client("definer")
        await join_cluster(redis, PARTITIONS)
        metadata = Metadata(redis)
        for kind in TASKS.values():
            await metadata.put_task_def(TENANT, kind.request())
        await register_user_task_def(metadata, TENANT, FORM)
        for name in sorted({name for _, name, _ in self.plan.runs}):
            for needed, specimen in (*SPECS[name].needs, (name, SPECS[name])):
                workflow = specimen.workflow(needed)
                for external in workflow.external_event_defs():
                    await metadata.put_external_event_def(TENANT, external)
                for thrown in workflow.workflow_event_defs():
                    await metadata.put_workflow_event_def(TENANT, thrown)
                await register_wf_spec(metadata, Programs(metadata), TENANT, workflow.compile())

    def _client(self, who: str, retries: int = RETRIES_DEFAULT) -> Redis:
        return connect_to(self.double, who, self.network, retries)

    def client_of_process(self, retries: int) -> Redis:
        """A client of the process that asks."""
        task = asyncio.current_task()
        assert task is not None
        return self._client(task.get_name(), retries)

    def _name(self, kind: str) -> str:
        self._named += 1
        return f"{kind}-{self._named}"

    def _start_scheduler(self) -> None:
        name = self._name("scheduler")
        scheduler = Scheduler(self._client(name), PARTITIONS, name, LEASE_MS)
        scheduler.watchdog = _LooksAway()  # type: ignore[assignment]
        if self.plan.contested:
            scheduler.ownership = _HoldsEverything()  # type: ignore[assignment]
        self._stopping[name] = asyncio.Event()
        self._run_as(name, self._supervised(scheduler.run(self._stopping[name]), self._start_scheduler))

    def _start_worker(self, consumer: str | None = None) -> None:
        """A worker process; with the name of one that died, it finds the claims that this one held."""
        name = self._name("worker")
        streams = {keys.tasks(p, TENANT, task): p for task in TASKS for p in range(PARTITIONS)}
        worker = Worker(
            self._client(name),
            self._client(name, 0),
            consumer or name,
            streams,
            self.plan.manners,
            self.ledger,
            self.plan.seed,
            self._tell,
        )
        self._consumers[name] = consumer or name
        self._run_as(name, worker.run())

    def _start_sdk_worker(self) -> None:
        name = self._name("sdk-worker")
        self._stopping[name] = asyncio.Event()
        worker = sdk_worker(self.ledger, f"{name} {self.plan.seed}")
        work = worker.run(self._stopping[name], "redis://double", TENANT)
        self._run_as(name, self._supervised(work, self._start_sdk_worker))

    # What goes wrong

    async def _let_faults_happen(self) -> None:
        plan = self.plan
        faults = ["scheduler crash"] * plan.scheduler_crashes + ["worker crash"] * plan.worker_crashes
        faults += ["stall"] * plan.stalls + ["clock jump"] * plan.clock_jumps
        faults += ["scheduler leaves"] * plan.scheduler_leaves
        faults += ["sdk-worker leaves"] * plan.sdk_worker_leaves + ["script loss"] * plan.script_losses
        moments = sorted((self._rng.uniform(0, FAULTS_S), fault) for fault in faults)
        for moment, fault in moments:
            if await self._all_ended(by_s=moment):
                break
            self._go_wrong(fault)
        if not plan.weather.is_calm:
            await self._all_ended(by_s=FAULTS_S)
        self.network.weather = Weather()

    def _go_wrong(self, fault: str) -> None:
        kind = fault.partition(" ")[0]
        alive = self._alive("scheduler", "worker", "sdk-worker") if fault == "stall" else self._alive(kind)
        if fault.endswith("leaves"):
            alive = [who for who in alive if who in self._stopping]
        if fault == "clock jump":
            jump_ms = self._rng.randrange(1, CLOCK_JUMP_MS_MAX)
            self.loop.jumped_ms += jump_ms
            self._tell("world", f"the clock jumps {jump_ms} ms")
        elif fault == "script loss":
            self.double.loaded.clear()
            self._tell("world", "the server forgets its scripts")
        elif not alive:
            self._tell("world", f"no {fault}: nobody is left")
        elif fault == "stall":
            who, until = self._rng.choice(alive), self.loop.now_s + self._rng.uniform(0.2, STALL_S_MAX)
            self.network.stalled_until[who] = until
            self._tell("world", f"{who} stalls until {until:.3f}")
        elif fault.endswith("leaves"):
            self._leave(self._rng.choice(alive))
        else:
            who, before = self._rng.choice(alive), self._rng.random() < 0.5
            self.network.doomed[who] = (before, partial(self._crash, who))
            self._tell("world", f"{who} is to die {'before' if before else 'after'} its next write")

    def _alive(self, *kinds: str) -> list[str]:
        return [name for name in self._tasks if name.startswith(kinds) and name not in self.network.dead]

    def _crash(self, who: str) -> None:
        """The process is gone, with all it had in memory; another one starts."""
        self._tell("world", f"{who} crashes")
        self.network.dead.add(who)
        for task in self._tasks[who]:
            task.cancel()
        after_s = self._rng.uniform(0, RESTART_S_MAX)
        if who.startswith("scheduler"):
            self.loop.call_later(after_s, self._start_scheduler)
        else:
            keeps_name = any(SPECS[name].strict for _, name, _ in self.plan.runs) or self._rng.random() < 0.5
            self.loop.call_later(after_s, self._start_worker, self._consumers[who] if keeps_name else None)

    def _leave(self, who: str) -> None:
        """The process is asked to stop, and does so in order; another one starts at once."""
        self._tell("world", f"{who} is asked to leave")
        self._stopping.pop(who).set()
        if who.startswith("scheduler"):
            self._start_scheduler()
        else:
            self._start_sdk_worker()

    async def _until_everything_is_over(self) -> list[str]:
        if not await self._all_ended(by_s=self.loop.now_s + STUCK_S):
            wanted = [wf_run_id for wf_run_id, _, _ in self.plan.runs]
            known = self.witness.statuses.keys() | self.witness.gone
            missing = [f"{each} was never started" for each in wanted if each not in known]
            unlived = [f"people wait for {each}" for each in wanted if not self._lives[each].done()]
            return [f"stuck: {each}" for each in missing + unlived + self.witness.unended()]
        deadline = self.loop.now_s + (SETTLE_S if self.plan.has_faults else self.plan.settle_s)
        while self.witness.leftovers():
            if self.loop.now_s > deadline:
                return [f"left behind: {each}" for each in self.witness.leftovers()]
            await asyncio.sleep(POLL_S)
        return []

    async def _all_ended(self, by_s: float) -> bool:
        """Wait until people are through with every run and it is over, at most until this moment of virtual
        time."""
        while not all(self._is_over(wf_run_id, SPECS[name]) for wf_run_id, name, _ in self.plan.runs):
            if self.loop.now_s >= by_s:
                return False
            await asyncio.sleep(min(POLL_S, by_s - self.loop.now_s))
        return True

    def _is_over(self, wf_run_id: str, specimen: Specimen) -> bool:
        if not self._lives[wf_run_id].done():
            return False
        if specimen.begins is Begin.EVERY_MINUTE:
            return not self.witness.unended()
        return self.witness.is_over(wf_run_id)

    # Processes

    def _run_as(self, who: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Tasks that this one starts belong to the same process."""
        task = self.loop.create_task(work)
        task.set_name(who)
        self._tasks.setdefault(who, []).append(task)
        return task

    async def _supervised(self, work: Coroutine[Any, Any, Any], restart: Callable[[], None]) -> None:
        """A process that ends with an error, because Redis is away when it starts, is started again."""
        try:
            await work
        except (RedisError, OSError, Unavailable) as error:
            task = asyncio.current_task()
            assert task is not None
            self._tell(task.get_name(), f"ends: {error!r:.100}")
            self.network.dead.add(task.get_name())
            self.loop.call_later(self._rng.uniform(0, RESTART_S_MAX), restart)
        except Exception as error:
            self._errors.append(f"a process ended with {error!r}")
            raise

    def _own_task(self, loop: Any, work: Any, **more: Any) -> asyncio.Task[Any]:
        """A task gets the name of the one that starts it, which is that of its process."""
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
        parent = asyncio.current_task() if asyncio._get_running_loop() is not None else None
        if parent is not None:
            task.set_name(parent.get_name())
            self._tasks.setdefault(parent.get_name(), []).append(task)
        return task

    def end(self) -> None:
        """Cancel whatever still runs, until nothing does."""
        for name in self._tasks:
            self.network.dead.add(name)
        while tasks := [task for task in asyncio.all_tasks(self.loop) if not task.done()]:
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    def _note(self, who: str, what: str, commands: Any, replies: Any) -> None:
        self.trace.note(self.loop.now_s, who, what, commands, replies)

    def _tell(self, who: str, what: str) -> None:
        self.trace.tell(self.loop.now_s, who, what)


def _rescues(deed: Do) -> bool:
    return isinstance(deed.make(0, ""), RunRescued)


class _LooksAway:
    """In the place of Watchdog: what is lost stays lost here, so that it is seen."""

    async def run_once(self, partitions: Sequence[int], now_ms: int) -> dict[int, list[Any]]:
        return {}


class _HoldsEverything:
    """In the place of Ownership: this scheduler works every partition, whoever else does."""

    def __init__(self) -> None:
        self.held = list(range(PARTITIONS))

    async def run_once(self) -> int:
        return PARTITIONS

    async def leave(self) -> None:
        pass

"""family: the runs of one tree in one round of the stepper: what is stepped together commits together.

Most trees are one run. A tree with children is stepped as a whole when a step reaches from one run
into another: all of their versions hold, or nothing of it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redis.asyncio import Redis

from lhredis.engine.effects import Effect, SetTimer
from lhredis.engine.events import Event, ExternalEventPosted, RunDeleted, TimerFired, TimerKind
from lhredis.engine.run import Run
from lhredis.engine.step import Runs, step
from lhredis.engine.wakers import wakers_of
from lhredis.engine.world import World
from lhredis.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, ResourceExhausted
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Unit, Write
from lhredis.store.events import kept_names
from lhredis.store.quarantine import write_of as set_aside
from lhredis.store.receipts import receipt_write
from lhredis.store.run_writes import write_step
from lhredis.store.runs import StoredRun, Unreadable
from lhredis.store.timers import write_of as timer_write
from lhredis.store.wire import Command

_BEFORE_THE_START = frozenset((ExternalEventPosted, RunDeleted, TimerFired))
"""What may happen to a run that has only events yet."""

_REFUSALS = (InvalidArgument, FailedPrecondition, AlreadyExists, NotFound, ResourceExhausted)
"""What a step raises, before it has changed anything, when it cannot do what somebody asks for."""


class Family:
    """The work of one tree of runs, the runs that it needs, and what came of stepping them.

    `stored` has None for a run that does not exist; `more_ids` are runs that a step has asked for.
    Most are one root run and one event, and there are very many of them: nothing is made for such a one
    that it does not need.
    """

    __slots__ = (
        "_at_hand",
        "effects",
        "more_ids",
        "partition",
        "starts_over",
        "stored",
        "tenant",
        "unit",
        "works",
    )

    def __init__(self, partition: int, works: list[Work]) -> None:
        self.partition = partition
        self.works = works
        self.tenant = works[0].tenant
        self.stored: dict[str, StoredRun | None] = {}
        self.more_ids: tuple[str, ...] = ()
        self.effects: dict[str, list[Effect]] = {}
        self.unit: Unit | None = None
        self.starts_over = False
        self._at_hand: list[Work] = works

    def wanted(self) -> list[tuple[str, str]]:
        """(tenant, id) of the runs that are needed and not there yet, ancestors too."""
        if len(self.works) == 1 and not self.more_ids and "_" not in self.works[0].wf_run_id:
            return [self.works[0].key] if not self.stored else []
        ids = [*(work.wf_run_id for work in self.works), *self.more_ids]
        found = dict.fromkeys(ids)
        for wf_run_id in ids:
            while "_" in wf_run_id:
                wf_run_id = wf_run_id.rpartition("_")[0]
                found[wf_run_id] = None
        return [(self.tenant, wf_run_id) for wf_run_id in found if wf_run_id not in self.stored]

    def no_run(self, wf_run_id: str) -> StoredRun:
        """What stands for a run that does not exist, or no longer."""
        return StoredRun(Run(wf_run_id, self.tenant, None), 0, {})

    def make_new(self, wf_run_id: str) -> bool:
        """A run that is to be started, as long as nobody has seen one of its id."""
        for work in self.works:
            if work.wf_run_id == wf_run_id:
                if work.starts is None or work.looks_again:
                    return False
                self.stored[wf_run_id] = self.no_run(wf_run_id)
                return True
        return False

    def take_loaded(self, loaded: dict[tuple[str, str], StoredRun | Unreadable]) -> None:
        """The runs of this tree among those that were loaded."""
        for wf_run_id, there in list(self.stored.items()):
            found = loaded.get((self.tenant, wf_run_id)) if there is None else None
            if isinstance(found, Unreadable):
                for work in self.works:
                    work.poisoned = found.traceback
            elif found is not None:
                self.stored[wf_run_id] = found

    def step_all(self, world: World) -> None:
        """Step the work that has no outcome yet, in its order. Raises what a step raises, but for what
        refuses the work."""
        self.effects, self._at_hand = {}, self.works
        runs: Runs | None = None
        for work in self.works:
            if work.poisoned is not None:
                work.outcome = Outcome.QUARANTINED
            elif work.refused is not None:
                work.outcome, work.error = Outcome.REFUSED, work.refused
            if work.outcome is not None:
                continue
            if runs is None:
                runs = {}
                for wf_run_id, stored in self.stored.items():
                    runs[wf_run_id] = stored.run if stored is not None else None
            self._at_hand = [work]
            self._step(world, runs, work)
        self._at_hand = self.works

    def _step(self, world: World, runs: Runs, work: Work) -> None:
        """Step one piece of work and give it its outcome."""
        wf_run_id = work.wf_run_id
        stored = self.stored[wf_run_id]
        if stored is None:
            if not _makes_a_run(work):
                work.outcome = Outcome.MISSING
                return
            stored = self.stored[wf_run_id] = self.no_run(wf_run_id)
            runs[wf_run_id] = stored.run
        run = stored.run
        if work.starts is not None:
            if run.threads:
                ours = stored.version != 0 and run.born == work.event.nonce
                work.outcome = Outcome.COMMITTED if ours else Outcome.EXISTS
                return
            run.spec = work.starts
        elif not run.threads and type(work.event) not in _BEFORE_THE_START:
            work.outcome = Outcome.MISSING
            return
        try:
            changed = step(world, runs, wf_run_id, work.event)
        except _REFUSALS as error:
            work.outcome, work.error = Outcome.REFUSED, error
            if not run.threads:
                run.spec = None
            return
        work.outcome = Outcome.COMMITTED if changed else Outcome.IGNORED
        for changed_id, effects in changed.items():
            if changed_id in self.effects:
                self.effects[changed_id] += effects
            else:
                self.effects[changed_id] = effects
            if self.stored.get(changed_id) is None:  # started by this step, maybe looked for before
                started = runs[changed_id]
                assert started is not None
                self.stored[changed_id] = StoredRun(started, 0, {})

    def make_unit(self, now_ms: int) -> int | None:
        """Make what is to be committed. Returns when the earliest of the timers set is due, if any is."""
        writes: list[Write] = []
        for work in self.works:
            writes.extend(work.done)
            if work.outcome is Outcome.IGNORED and type(work.event) is TimerFired:
                writes.extend(self._set_again(work.wf_run_id, work.event))
            if work.receipt is not None and work.outcome is Outcome.COMMITTED:
                writes.append(receipt_write(self.partition, self.tenant, work.receipt))
            if work.poisoned is not None:
                event = work.event_json()
                writes.append(set_aside(self.partition, *work.key, event, work.poisoned, now_ms))
        due_ms: int | None = None
        for wf_run_id, effects in self.effects.items():
            stored = self.stored[wf_run_id]
            assert stored is not None
            timer_ms = write_step(self.partition, stored, effects, writes, now_ms)
            if timer_ms is not None and (due_ms is None or timer_ms < due_ms):
                due_ms = timer_ms
        checks = []
        for wf_run_id, stored in self.stored.items():
            version = stored.version if stored is not None else 0
            if version or self.effects:  # what finishes with an event whose run is gone is written anyway
                checks.append((keys.run(self.partition, self.tenant, wf_run_id), version))
        if writes or checks:
            self.unit = Unit(checks, writes)
        return due_ms

    def _set_again(self, wf_run_id: str, fired: TimerFired) -> list[Write]:
        """What an old timer took with it: one that was set while it fired, and has its name."""
        stored = self.stored[wf_run_id]
        place = (fired.kind, fired.thread, fired.position, fired.attempt)
        return [
            timer_write(self.partition, self.tenant, wf_run_id, SetTimer(*place, waker.due_ms))
            for waker in (wakers_of(stored.run) if stored is not None else ())
            if (waker.timer, waker.thread, waker.position, waker.attempt) == place
            and waker.due_ms is not None
        ]

    def forget_steps(self) -> None:
        """Steps changed the runs and are not committed: everything is loaded and stepped again."""
        self.stored.clear()
        self.effects.clear()
        for work in self.works:
            if work.poisoned is None and work.outcome is not Outcome.EXISTS:
                work.outcome, work.error = None, None

    def poison(self, text: str) -> None:
        """Mark the work whose step raised; the rest starts over without it."""
        for work in self._at_hand:
            work.poisoned = text
        self._start_over()

    def lack_spec(self, error: NotFound, text: str) -> None:
        """The work at hand needs a WfSpec that was deleted: who asks for it is refused, the rest starts
        over."""
        for work in self._at_hand:
            if work.is_asked:
                work.refused = FailedPrecondition(f"WfRun {work.wf_run_id!r} cannot go on: {error}")
            else:
                work.poisoned = text
        self._start_over()

    def _start_over(self) -> None:
        self.starts_over = True
        for work in self.works:
            work.outcome, work.error = None, None


def deletes(event: Event) -> bool:
    """Is its run gone afterwards?"""
    if type(event) is TimerFired:
        return event.kind is TimerKind.RUN_RETENTION
    return type(event) is RunDeleted


def _makes_a_run(work: Work) -> bool:
    """An event that is posted before its run was started is kept for it."""
    if work.starts is not None:
        return True
    return type(work.event) is ExternalEventPosted and not work.event.correlated


class Question(NamedTuple):
    """Is there something that makes a piece of work one that is done, `outcome` then? `command` asks for
    it."""

    family: Family
    work: Work
    outcome: Outcome
    command: Command

    def take(self, answer: int) -> None:
        """Give the work its outcome, if so."""
        family, work = self.family, self.work
        if answer and work.outcome is None:
            work.outcome = self.outcome
            family.stored[work.wf_run_id] = family.stored[work.wf_run_id] or family.no_run(work.wf_run_id)


def ask_for_duplicates(partition: int, families: Sequence[Family]) -> list[Question]:
    """By the receipt of its own commit, or because the field that it names is there."""
    questions: list[Question] = []
    for family in families:
        for work in family.works:
            if work.outcome is not None:
                continue
            if work.receipt is not None and work.looks_again:
                receipt = keys.receipt(partition, work.tenant, work.receipt)
                questions.append(Question(family, work, Outcome.COMMITTED, ("EXISTS", receipt)))
            if work.unless is not None:
                events = keys.events(partition, work.tenant, work.wf_run_id)
                questions.append(Question(family, work, Outcome.EXISTS, ("HEXISTS", events, work.unless)))
    return questions


async def find_kept_events(redis: Redis, partition: int, families: Sequence[Family]) -> None:
    """Tell runs that are about to be deleted which events they have in their hash of events."""
    for family in families:
        for work in family.works:
            stored = family.stored.get(work.wf_run_id) if deletes(work.event) else None
            if stored is not None:
                found = await kept_names(redis, partition, work.tenant, work.wf_run_id)
                stored.kept_events, stored.kept_thrown = found

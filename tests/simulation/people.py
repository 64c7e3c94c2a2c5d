"""people: start runs, post events, stop and resume, and ask again as long as they do not know what became of
it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.api.commander import Commander
from lhredis.api.commands import Command, Start
from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import ExternalEventPosted, RunDeleted
from lhredis.errors import AlreadyExists, FailedPrecondition, NotFound, Unavailable
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.store import bulk_jobs, keys
from lhredis.store.bulk_jobs import Portion
from lhredis.store.codec import migration_form
from lhredis.store.events import claimed_field
from lhredis.store.metadata import Metadata
from lhredis.store.runs import load_run
from tests.simulation.calendar import Calendar
from tests.simulation.network import LATE_S_MAX
from tests.simulation.worker import Ledger
from tests.simulation.zoo.deeds import Deed, Do, Mend, Post, PostCorrelated, Sweep, Until
from tests.simulation.zoo.specimen import Begin, Specimen

PAUSE_S_MAX = 1.5
AGAIN_S_MAX = 0.5
LOOK_S_MAX = 0.5

DONE_BEFORE = (AlreadyExists, FailedPrecondition, NotFound)
"""What somebody may hear whose command was carried out, when its answer got lost and it was sent again."""

R = TypeVar("R")


class People:
    """Those who use one API process. `complain` is told of an answer that nobody can make sense of."""

    def __init__(
        self,
        redis: Redis,
        partitions: int,
        tenant: str,
        rng: random.Random,
        ledger: Ledger,
        tell: Callable[[str, str], None],
        complain: Callable[[str], None],
    ) -> None:
        self._redis, self._partitions = redis, partitions
        self._tenant, self._rng, self._ledger = tenant, rng, ledger
        self._tell, self._complain = tell, complain
        self._metadata = Metadata(redis)
        self._commander = Commander(redis, self._metadata, Programs(self._metadata), Counters(), partitions)
        self._correlator = Correlator(redis, partitions)
        self._calendar = Calendar(redis, partitions, tenant)

    async def live(self, wf_run_id: str, name: str, specimen: Specimen, variables: dict[str, Any]) -> None:
        """Start a run, and do to it what people do. Early deeds may be done before it is started."""
        early = [(i, deed) for i, deed in enumerate(specimen.deeds) if deed.early]
        late = [(i, deed) for i, deed in enumerate(specimen.deeds) if not deed.early]
        begin = self._begin(wf_run_id, name, specimen, variables)
        await asyncio.gather(self._do_all(wf_run_id, name, early), begin)
        await self._do_all(wf_run_id, name, late)

    async def _begin(self, wf_run_id: str, name: str, specimen: Specimen, variables: dict[str, Any]) -> None:
        await self._pause()
        if specimen.begins is Begin.AT_ONCE:
            what = f"start of {wf_run_id}"
            start = partial(Start, self._tenant, wf_run_id, name, *specimen.starts_on)
            await self._until_known(what, lambda: start(dict(variables)))
        elif specimen.begins is Begin.LATER:
            await self._patiently(lambda: self._calendar.put_single(wf_run_id, name, variables))
        else:
            await self._patiently(lambda: self._calendar.put_cron(wf_run_id, name, variables))
            await self._look_until(lambda: self._calendar.has_ticked(wf_run_id))
            await self._patiently(lambda: self._calendar.delete(wf_run_id))

    async def _do_all(self, wf_run_id: str, name: str, deeds: list[tuple[int, Deed]]) -> None:
        for number, deed in deeds:
            await self._pause()
            what = f"{deed.what if isinstance(deed, Do | Until) else deed} for {wf_run_id}"
            self._tell("people", what)
            if isinstance(deed, PostCorrelated):
                await self._post_correlated(what, wf_run_id, deed)
            elif isinstance(deed, Mend):
                self._ledger.mended.add(wf_run_id)
            elif isinstance(deed, Sweep):
                await self._sweep(wf_run_id, name, deed)
            else:
                whose = await self._first_child(wf_run_id) if _is_of_child(deed) else wf_run_id
                if isinstance(deed, Do) and deed.make is RunDeleted:
                    await asyncio.sleep(LATE_S_MAX)  # a start that was sent twice would make the run again
                if isinstance(deed, Until):
                    await self._look_until(partial(self._holds, deed, whose))
                else:
                    await self._until_known(what, partial(_command, self._tenant, whose, number, deed))

    async def _first_child(self, wf_run_id: str) -> str:
        """The id of the first child of a run, as soon as there is one."""
        tree = keys.index_tree(self._partition_of(wf_run_id), self._tenant, wf_run_id)
        await self._look_until(lambda: self._redis.exists(tree))
        (child,) = await self._patiently(lambda: self._redis.zrange(tree, 0, 0))
        return child.decode()

    async def _holds(self, until: Until, wf_run_id: str) -> bool:
        stored = await load_run(self._redis, self._partition_of(wf_run_id), self._tenant, wf_run_id)
        return until.holds(stored.run if stored is not None else None)

    async def _sweep(self, wf_run_id: str, name: str, deed: Sweep) -> None:
        """Have a bulk job do it, and wait until it is done."""
        form = migration_form(deed.migration) if deed.migration is not None else None
        job_id = f"sweep-{wf_run_id}"
        portion = Portion(name, (0, 2**53), deed.status, migration=form)
        redis, partitions, tenant = self._redis, self._partitions, self._tenant

        async def is_done() -> bool:
            found = (await bulk_jobs.portions_of(redis, partitions, tenant, [job_id]))[job_id]
            if any(one is not None and one.failed for one in found):
                self._complain(f"{job_id} failed with some runs")
            return all(one is not None and one.done for one in found)

        await self._patiently(lambda: bulk_jobs.create(redis, partitions, tenant, job_id, b"{}", portion))
        await asyncio.sleep(LATE_S_MAX)  # what was sent twice may still come, and would make the job again
        await self._look_until(is_done)
        await self._patiently(lambda: bulk_jobs.delete(redis, partitions, tenant, job_id))

    async def _until_known(self, what: str, make: Callable[[], Start | Command]) -> None:
        """Ask until there is an answer. What exists already may be our own command of before."""
        unsure = False
        while True:
            command = make()
            await self._commander.do([command], None)
            error = command.error
            if isinstance(error, RedisError | OSError | Unavailable):
                self._tell("people", f"{what}: {error!r:.100}")
                unsure = True
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))
                continue
            if unsure and isinstance(error, DONE_BEFORE):
                return  # what its connection sent twice knows its own commit; what people send again does not
            if error is not None:
                self._complain(f"{what} was answered with {error!r}")
            return

    async def _post_correlated(self, what: str, wf_run_id: str, deed: PostCorrelated) -> None:
        born = f"{wf_run_id}/{deed}"
        config = await self._patiently(
            lambda: self._metadata.external_event_def(self._tenant, deed.event_def)
        )
        deletes = (
            config.correlated_event_config is not None
            and config.correlated_event_config.delete_after_first_correlation
        )

        def apply(correlation: Correlation) -> list[Delivery]:
            return post(correlation, CorrelatedEvent(_now_ms(), deed.content, deletes, born))

        change = Change(self._tenant, deed.event_def, wf_run_id, apply)
        await self._patiently(lambda: self._correlator.advance([change], _now_ms()))
        if change.error is not None:
            self._complain(f"{what} was answered with {change.error!r}")

    async def _look_until(self, holds: Callable[[], Awaitable[Any]]) -> None:
        while not await self._patiently(holds):  # noqa: ASYNC110 - people look, nobody tells them
            await asyncio.sleep(self._rng.uniform(0, LOOK_S_MAX))

    async def _patiently(self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask until Redis answers."""
        while True:
            try:
                return await ask()
            except (RedisError, OSError, Unavailable):
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))

    def _partition_of(self, wf_run_id: str) -> int:
        return keys.partition_of(wf_run_id, self._partitions)

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, PAUSE_S_MAX))


def _is_of_child(deed: Deed) -> bool:
    return isinstance(deed, Do | Until) and deed.of_child


def _command(tenant: str, wf_run_id: str, number: int, deed: Post | Do) -> Command:
    """What the API makes of a request; the guid of a post is always the same, however often it is asked."""
    if isinstance(deed, Do):
        return Command(tenant, wf_run_id, deed.make)
    guid = f"guid-{number}"
    return Command(
        tenant,
        wf_run_id,
        lambda now_ms, word: ExternalEventPosted(now_ms, word, deed.event_def, guid, deed.content),
        unless=claimed_field(deed.event_def, guid),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

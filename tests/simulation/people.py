"""people: start runs, post events, stop and resume, and ask again as long as they do not know what became of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import Event, ExternalEventPosted, RunResumed, RunStarted, RunStopped
from lhredis.errors import AlreadyExists, Unavailable
from lhredis.stepper.cache import RunCache
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.stepper import Stepper, nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.events import claimed_field
from lhredis.store.metadata import Metadata
from tests.simulation.zoo.specimen import Deed, Post, PostCorrelated, Specimen, Stop

PAUSE_S_MAX = 1.5
AGAIN_S_MAX = 0.5


class People:
    """Those who use one API process. `complain` is told of an answer that nobody can make sense of."""

    def __init__(
        self,
        redis: Redis,
        partitions: int,
        tenant: str,
        rng: random.Random,
        tell: Callable[[str, str], None],
        complain: Callable[[str], None],
    ) -> None:
        self._partitions, self._tenant, self._rng = partitions, tenant, rng
        self._tell, self._complain = tell, complain
        self._metadata = Metadata(redis)
        self._stepper = Stepper(redis, Programs(self._metadata), RunCache(0), Counters())
        self._correlator = Correlator(redis, partitions)

    async def live(self, wf_run_id: str, name: str, specimen: Specimen, variables: dict[str, Any]) -> None:
        """Start a run, and do to it what people do. Early deeds may be done before it is started."""
        early = [(i, deed) for i, deed in enumerate(specimen.deeds) if deed.early]
        late = [(i, deed) for i, deed in enumerate(specimen.deeds) if not deed.early]
        await asyncio.gather(self._do_all(wf_run_id, early), self._start(wf_run_id, name, variables))
        await self._do_all(wf_run_id, late)

    async def _start(self, wf_run_id: str, name: str, variables: dict[str, Any]) -> None:
        await self._pause()

        async def start() -> Work:
            version = await self._metadata.newest_of(self._tenant, name)
            event = RunStarted(_now_ms(), nonce(), dict(variables))
            return Work(self._tenant, wf_run_id, event, starts=version)

        await self._until_known(f"start of {wf_run_id}", start)

    async def _do_all(self, wf_run_id: str, deeds: list[tuple[int, Deed]]) -> None:
        for number, deed in deeds:
            await self._pause()
            what = f"{deed} for {wf_run_id}"
            if isinstance(deed, PostCorrelated):
                await self._post_correlated(what, wf_run_id, deed)
                continue
            guid = f"guid-{number}" if isinstance(deed, Post) else None
            unless = claimed_field(deed.event_def, guid) if isinstance(deed, Post) and guid else None

            async def do(deed: Deed = deed, guid: str | None = guid, unless: str | None = unless) -> Work:
                return Work(self._tenant, wf_run_id, _event(deed, guid), unless=unless)

            await self._until_known(what, do)

    async def _until_known(self, what: str, make: Callable[[], Awaitable[Work]]) -> None:
        """Ask until there is an answer. What exists already may be our own work of before."""
        unsure = False
        while True:
            try:
                work = await make()
                partition = keys.partition_of(work.wf_run_id, self._partitions)
                await self._stepper.advance({partition: [work]}, {}, _now_ms())
            except (RedisError, OSError, Unavailable) as error:
                self._tell("people", f"{what}: {error!r:.100}")
                unsure = True
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))
                continue
            exists = work.outcome is Outcome.EXISTS or isinstance(work.error, AlreadyExists)
            sent_twice = work.looks_again and work.starts is None  # the connection resent our own commit
            if work.outcome in (Outcome.COMMITTED, Outcome.IGNORED) or (exists and (unsure or sent_twice)):
                return
            self._complain(f"{what} was answered with {work.outcome}: {work.error or work.poisoned}")
            return

    async def _post_correlated(self, what: str, wf_run_id: str, deed: PostCorrelated) -> None:
        unsure = False
        while True:
            event_def = (await self._event_def(deed.event_def)).correlated_event_config
            deletes = event_def is not None and event_def.delete_after_first_correlation

            def apply(correlation: Correlation, deletes: bool = deletes) -> list[Delivery]:
                return post(correlation, CorrelatedEvent(_now_ms(), deed.content, deletes))

            change = Change(self._tenant, deed.event_def, wf_run_id, apply)
            try:
                await self._correlator.advance([change], _now_ms())
            except (RedisError, OSError, Unavailable) as error:
                self._tell("people", f"{what}: {error!r:.100}")
                unsure = True
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))
                continue
            return  # also with AlreadyExists: the connection may have sent our own commit twice

    async def _event_def(self, name: str) -> Any:
        while True:
            try:
                return await self._metadata.external_event_def(self._tenant, name)
            except (RedisError, OSError):
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, PAUSE_S_MAX))


def _event(deed: Deed, guid: str | None) -> Event:
    if isinstance(deed, Post):
        assert guid is not None
        return ExternalEventPosted(_now_ms(), nonce(), deed.event_def, guid, deed.content)
    return RunStopped(_now_ms(), nonce()) if isinstance(deed, Stop) else RunResumed(_now_ms(), nonce())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

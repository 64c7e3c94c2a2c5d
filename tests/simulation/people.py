"""people: start runs, post events, stop and resume, and ask again as long as they do not know what became of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.api.commander import Commander
from lhredis.api.commands import Command, Start
from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery, post
from lhredis.engine.events import ExternalEventPosted, RunResumed, RunStopped
from lhredis.errors import AlreadyExists, Unavailable
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.store.events import claimed_field
from lhredis.store.metadata import Metadata
from tests.simulation.zoo.specimen import Deed, Post, PostCorrelated, Resume, Specimen, Stop

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
        self._tenant, self._rng = tenant, rng
        self._tell, self._complain = tell, complain
        self._metadata = Metadata(redis)
        self._commander = Commander(redis, self._metadata, Programs(self._metadata), Counters(), partitions)
        self._correlator = Correlator(redis, partitions)

    async def live(self, wf_run_id: str, name: str, specimen: Specimen, variables: dict[str, Any]) -> None:
        """Start a run, and do to it what people do. Early deeds may be done before it is started."""
        early = [(i, deed) for i, deed in enumerate(specimen.deeds) if deed.early]
        late = [(i, deed) for i, deed in enumerate(specimen.deeds) if not deed.early]
        await asyncio.gather(self._do_all(wf_run_id, early), self._start(wf_run_id, name, variables))
        await self._do_all(wf_run_id, late)

    async def _start(self, wf_run_id: str, name: str, variables: dict[str, Any]) -> None:
        await self._pause()
        what = f"start of {wf_run_id}"
        await self._until_known(
            what, lambda: Start(self._tenant, wf_run_id, name, None, None, dict(variables))
        )

    async def _do_all(self, wf_run_id: str, deeds: list[tuple[int, Deed]]) -> None:
        for number, deed in deeds:
            await self._pause()
            what = f"{deed} for {wf_run_id}"
            if isinstance(deed, PostCorrelated):
                await self._post_correlated(what, wf_run_id, deed)
            else:
                await self._until_known(what, partial(_command, self._tenant, wf_run_id, number, deed))

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
            # A post with a guid of its own that its connection sent twice is told as existing.
            if isinstance(error, AlreadyExists) and (unsure or isinstance(command, Command)):
                return
            if error is not None:
                self._complain(f"{what} was answered with {error!r}")
            return

    async def _post_correlated(self, what: str, wf_run_id: str, deed: PostCorrelated) -> None:
        born = f"{wf_run_id}/{deed}"
        while True:
            event_def = (await self._event_def(deed.event_def)).correlated_event_config
            deletes = event_def is not None and event_def.delete_after_first_correlation

            def apply(correlation: Correlation, deletes: bool = deletes) -> list[Delivery]:
                return post(correlation, CorrelatedEvent(_now_ms(), deed.content, deletes, born))

            change = Change(self._tenant, deed.event_def, wf_run_id, apply)
            try:
                await self._correlator.advance([change], _now_ms())
            except (RedisError, OSError, Unavailable) as error:
                self._tell("people", f"{what}: {error!r:.100}")
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))
                continue
            if change.error is not None:
                self._complain(f"{what} was answered with {change.error!r}")
            return

    async def _event_def(self, name: str) -> Any:
        while True:
            try:
                return await self._metadata.external_event_def(self._tenant, name)
            except (RedisError, OSError):
                await asyncio.sleep(self._rng.uniform(0, AGAIN_S_MAX))

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.uniform(0, PAUSE_S_MAX))


def _command(tenant: str, wf_run_id: str, number: int, deed: Post | Stop | Resume) -> Command:
    """What the API makes of a request; the guid of a post is always the same, however often it is asked."""
    if isinstance(deed, Stop):
        return Command(tenant, wf_run_id, RunStopped)
    if isinstance(deed, Resume):
        return Command(tenant, wf_run_id, RunResumed)
    guid = f"guid-{number}"
    return Command(
        tenant,
        wf_run_id,
        lambda now_ms, word: ExternalEventPosted(now_ms, word, deed.event_def, guid, deed.content),
        unless=claimed_field(deed.event_def, guid),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

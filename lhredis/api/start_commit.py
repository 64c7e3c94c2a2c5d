"""start_commit: many starts made into work, stepped and committed together, each with its outcome."""

from __future__ import annotations

import time
from dataclasses import dataclass

from redis.asyncio import Redis

from lhredis.api.spec_versions import find_version
from lhredis.engine.events import RunStarted
from lhredis.engine.run import Run, SpecVersion
from lhredis.errors import AlreadyExists
from lhredis.model.values import Value
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.stepper import Stepper, nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store.durability import Durability
from lhredis.store.keys import partition_of
from lhredis.store.metadata import Metadata


@dataclass(slots=True)
class Start:
    """A run to be started. Afterwards either `run` (as committed) or `error` is there."""

    tenant: str
    wf_run_id: str
    wf_spec_name: str
    major_version: int | None
    revision: int | None
    variables: dict[str, Value]
    run: Run | None = None
    error: Exception | None = None


class StartCommit:
    """Commits starts. Not for concurrent calls; several of them side by side are fine."""

    def __init__(
        self,
        redis: Redis,
        metadata: Metadata,
        programs: Programs,
        counters: Counters,
        partitions: int,
        durability: Durability | None,
    ) -> None:
        self._redis = redis
        self._metadata = metadata
        self._programs = programs
        self._partitions = partitions
        self._durability = durability
        self._stepper = Stepper(redis, programs, RunCache(0), counters)

    async def commit(self, starts: list[Start]) -> None:
        """Step and commit these starts together. When this raises, those that have neither a run nor
        an error were, as far as anybody knows, not started."""
        versions: dict[tuple[str, str, int | None, int | None], SpecVersion | Exception] = {}
        batches: dict[int, list[Work]] = {}
        works: list[tuple[Start, Work]] = []
        now_ms = time.time_ns() // 1_000_000
        word = nonce()
        for start in starts:
            wanted = (start.tenant, start.wf_spec_name, start.major_version, start.revision)
            version = versions.get(wanted)
            if version is None:
                version = versions[wanted] = await self._find(*wanted)
            if isinstance(version, Exception):
                start.error = version
                continue
            event = RunStarted(now_ms, word, start.variables)
            work = Work(start.tenant, start.wf_run_id, event, starts=version)
            batches.setdefault(partition_of(start.wf_run_id, self._partitions), []).append(work)
            works.append((start, work))
        try:
            await self._stepper.advance(batches, {}, now_ms, self._durability)
        finally:
            for start, work in works:
                _settle(start, work)

    async def _find(
        self, tenant: str, name: str, major: int | None, revision: int | None
    ) -> SpecVersion | Exception:
        """The version meant, ready to run; or the answer of all who want it."""
        try:
            version = await find_version(self._metadata, tenant, name, major, revision)
            await self._programs.of(tenant, version)
            return version
        except Exception as error:  # noqa: BLE001 - starts of other specs in this commit go on
            return error


def _settle(start: Start, work: Work) -> None:
    """The outcome of the work is that of the start; without one, nothing is known of it."""
    if work.outcome is Outcome.COMMITTED:
        start.run = work.run
    elif work.outcome is Outcome.REFUSED:
        start.error = work.error
    elif work.outcome is Outcome.EXISTS:
        start.error = AlreadyExists(f"WfRun with id {start.wf_run_id} already exists!")
    elif work.outcome is Outcome.QUARANTINED:
        start.error = RuntimeError(f"the start was set aside:\n{work.poisoned}")

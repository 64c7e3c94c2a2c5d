"""commands: what people ask of runs, made into work, stepped and committed together; each has its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from redis.asyncio import Redis

from lhredis.api.spec_versions import find_version
from lhredis.engine.events import Event, RunStarted
from lhredis.engine.run import Run, SpecVersion
from lhredis.errors import AlreadyExists, NotFound
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
class Command:
    """An event for a run; `make(now_ms, nonce)` makes it. `unless` is as in stepper/work.py. Afterwards
    either `run` (as committed) or `error` is there."""

    tenant: str
    wf_run_id: str
    make: Callable[[int, str], Event]
    unless: str | None = None
    run: Run | None = None
    error: Exception | None = None


@dataclass(slots=True)
class Start:
    """A run to be started. Afterwards either `run` (as committed) or `error` is there."""

    tenant: str
    wf_run_id: str
    wf_spec_name: str
    major_version: int | None
    revision: int | None
    variables: dict[str, Value] = field(default_factory=dict)
    run: Run | None = None
    error: Exception | None = None


class CommandCommit:
    """Commits commands. Not for concurrent calls; several of them side by side are fine."""

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

    async def commit(self, commands: list[Start | Command]) -> None:
        """Step and commit these together. When this raises, those that have neither a run nor an error
        did, as far as anybody knows, not happen."""
        batches: dict[int, list[Work]] = {}
        works: list[tuple[Start | Command, Work]] = []
        versions: _Versions = {}
        now_ms = time.time_ns() // 1_000_000
        word = nonce()
        # Who has changed a definition, through whichever server, may rely on it.
        await self._programs.look({command.tenant for command in commands})
        for number, command in enumerate(commands):
            if isinstance(command, Start):
                work = await self._work_of_start(command, versions, now_ms)
            else:
                event = command.make(now_ms, word)
                work = Work(
                    command.tenant,
                    command.wf_run_id,
                    event,
                    unless=command.unless,
                    receipt=f"{word}{number}",
                    is_asked=True,
                )
            if work is not None:
                batches.setdefault(partition_of(command.wf_run_id, self._partitions), []).append(work)
                works.append((command, work))
        try:
            await self._stepper.advance(batches, {}, now_ms, self._durability)
        finally:
            for command, work in works:
                _settle(command, work)

    async def _work_of_start(self, start: Start, versions: _Versions, now_ms: int) -> Work | None:
        """None when the spec cannot be found; the start then has its error."""
        wanted = (start.tenant, start.wf_spec_name, start.major_version, start.revision)
        version = versions.get(wanted)
        if version is None:
            version = versions[wanted] = await self._find(*wanted)
        if isinstance(version, Exception):
            start.error = version
            return None
        event = RunStarted(now_ms, nonce(), start.variables)  # its own: it tells whose start made the run
        return Work(start.tenant, start.wf_run_id, event, starts=version)

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


_Versions = dict[tuple[str, str, int | None, int | None], SpecVersion | Exception]


def _settle(command: Start | Command, work: Work) -> None:
    """The outcome of the work is that of the command; without one, nothing is known of it."""
    if work.outcome is Outcome.COMMITTED or work.outcome is Outcome.IGNORED:
        command.run = work.run
    elif work.outcome is Outcome.REFUSED:
        command.error = work.error
    elif work.outcome is Outcome.EXISTS and isinstance(command, Start):
        command.error = AlreadyExists(f"WfRun with id {command.wf_run_id} already exists!")
    elif work.outcome is Outcome.EXISTS:
        command.error = AlreadyExists(f"WfRun {command.wf_run_id!r} has {work.unless} already")
    elif work.outcome is Outcome.MISSING:
        command.error = NotFound(f"there is no WfRun {command.wf_run_id!r}")
    elif work.outcome is Outcome.QUARANTINED:
        command.error = RuntimeError(f"the command was set aside:\n{work.poisoned}")

"""bulk: deletes, migrates or rescues the WfRuns that bulk jobs name, a bounded number at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from redis.asyncio import Redis

from lhredis.engine.events import Event, MigrationApplied, RunDeleted, RunRescued
from lhredis.engine.run import Migration
from lhredis.errors import NothingToDo
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.stepper.cache import RunCache
from lhredis.stepper.counters import Counters
from lhredis.stepper.programs import Programs
from lhredis.stepper.stepper import Stepper, nonce
from lhredis.stepper.work import Outcome, Work
from lhredis.store import keys
from lhredis.store.bulk_jobs import Portion, open_portions, save
from lhredis.store.codec import migration_of_form
from lhredis.store.metadata import Metadata
from lhredis.store.search import Search, find_page

RUNS_PER_PASS = 200
"""WfRuns that one pass deals with in one partition: bounds how long it holds up the steps of others."""


class Bulk:
    """Goes on with the bulk jobs in our partitions."""

    def __init__(self, redis: Redis, metadata: Metadata, programs: Programs, counters: Counters) -> None:
        self._redis = redis
        self._metadata = metadata
        self._stepper = Stepper(redis, programs, RunCache(0), counters)

    async def run_once(self, partitions: Sequence[int]) -> int:
        """One pass over what is left to do; returns how many WfRuns were dealt with."""
        if not partitions:
            return 0
        total = 0
        for partition, tenant, job_id, portion in await open_portions(self._redis, partitions):
            total += await self._go_on(partition, tenant, portion)
            await save(self._redis, partition, tenant, job_id, portion)
        return total

    async def _go_on(self, partition: int, tenant: str, portion: Portion) -> int:
        """Do it to the next runs, the oldest first, and note in the portion how far that got."""
        migration = migration_of_form(portion.migration) if portion.migration is not None else None
        search = await self._search(partition, tenant, portion, migration)
        found = await find_page(self._redis, search, portion.after, RUNS_PER_PASS)
        now_ms = time.time_ns() // 1_000_000
        works = []
        for _, wf_run_id, _ in found.rows:
            word = nonce()
            event = _event(portion, migration, now_ms, word)
            works.append(Work(tenant, wf_run_id, event, receipt=word))
        if works:
            await self._stepper.advance({partition: works}, {}, now_ms)
        for work in works:
            if work.outcome is not Outcome.COMMITTED:
                portion.failed += not _is_over(work)
            elif migration is not None:
                portion.migrated += 1
            elif portion.rescue_skips is not None:
                portion.rescued += 1
            else:
                portion.deleted += 1
        portion.after, portion.done = found.more or portion.after, found.more is None
        return len(works)

    async def _search(
        self, partition: int, tenant: str, portion: Portion, migration: Migration | None
    ) -> Search:
        name = portion.wf_spec_name
        if migration is not None:
            going_on = [s.name for s in LHStatus if s not in TERMINAL_STATUSES]
            of_old = [keys.index_status(partition, tenant, migration.old, status) for status in going_on]
            return Search([lambda _: of_old], [partition], *portion.between_ms, newest_first=False)
        statuses = list(LHStatus.__members__) if portion.status is None else [portion.status]
        groups = [
            [
                keys.index_status(partition, tenant, (name, major, revision), status)
                for major, revision in sorted(await self._metadata.used_numbers(tenant, name))
                if portion.major in (None, major) and portion.revision in (None, revision)
                for status in statuses
            ],
            *([keys.index_variable(partition, tenant, name, word)] for word in portion.words),
        ]
        search = [partial(_sets, sets) for sets in groups]
        return Search(search, [partition], *portion.between_ms, newest_first=False)


def _event(portion: Portion, migration: Migration | None, now_ms: int, word: str) -> Event:
    if migration is not None:
        return MigrationApplied(now_ms, word, migration)
    if portion.rescue_skips is not None:
        return RunRescued(now_ms, word, None, portion.rescue_skips)
    return RunDeleted(now_ms, word)


def _sets(sets: Sequence[str], _partition: int) -> Sequence[str]:
    return sets


def _is_over(work: Work) -> bool:
    """Has it been done before, by a pass that could not note it, or did the run go or end meanwhile?"""
    return work.outcome is Outcome.MISSING or isinstance(work.error, NothingToDo)

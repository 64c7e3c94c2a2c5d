"""results: what workers reported, and messages to the partition's owner, read as work.

A plain XREAD: an entry exists exactly as long as it is not consumed, because the commit that
consumes it deletes it. A successor starts at the beginning.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis

from lhredis.stepper.counters import Counters
from lhredis.stepper.stepper import nonce
from lhredis.stepper.work import Work
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write
from lhredis.store.messages import Message, decode_message
from lhredis.store.quarantine import write_of
from lhredis.store.task_results import TaskResult, decode_result
from lhredis.store.wire import execute

ENTRIES_MAX = 8
"""Entries read of one stream at a time."""


@dataclass(slots=True, frozen=True)
class Carried:
    """A message on its way: it is deleted from the inbox once it is where it belongs."""

    inbox: str
    entry: bytes
    message: Message


@dataclass(slots=True)
class ResultBatch:
    """Work by partition, the results entries that it came from, messages to be carried, and whether a
    timer was set from outside (so that the next due time has to be looked up again)."""

    works: dict[int, list[Work]] = field(default_factory=dict)
    consumed: dict[int, list[str]] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    woken: bool = False


class Results:
    """Reads the results and inbox streams of the partitions at hand."""

    def __init__(self, redis: Redis, counters: Counters, partitions: int) -> None:
        self._redis = redis
        self._partitions = partitions
        self._counters = counters
        self._last: dict[str, str] = {}

    def start_over(self) -> None:
        """Read everything again that was not consumed: for use after an error."""
        self._last.clear()

    async def read(self, partitions: Sequence[int], block_ms: int) -> list[Any]:
        """New entries as the server sends them; none when nothing came within `block_ms`."""
        streams = [keys.results(p) for p in partitions] + [keys.inbox(p) for p in partitions]
        ids = [self._last.get(stream, "0-0") for stream in streams]
        command = ("XREAD", "COUNT", ENTRIES_MAX, "BLOCK", block_ms, "STREAMS", *streams, *ids)
        reply = await execute(self._redis, *command)
        return list(reply or ())

    async def decode(self, reply: list[Any], partitions: Sequence[int], now_ms: int) -> ResultBatch:
        """Entries as work. What cannot be read is set aside in the quarantine stream."""
        batch = ResultBatch()
        by_stream = {keys.results(p).encode(): p for p in partitions}
        inboxes = {keys.inbox(p).encode(): p for p in partitions}
        word = nonce()
        for stream, entries in reply:
            self._last[stream.decode()] = entries[-1][0].decode()
            partition = by_stream.get(stream)
            if partition is None:
                await self._read_inbox(inboxes[stream], entries, batch, now_ms)
                continue
            works = batch.works.setdefault(partition, [])
            batch.consumed.setdefault(partition, []).extend(entry.decode() for entry, _ in entries)
            for _, fields in entries:
                reported = [
                    data for name, data in zip(fields[::2], fields[1::2], strict=True) if name == b"result"
                ]
                for data in reported:
                    try:
                        works.append(self._work(partition, decode_result(data, now_ms, word)))
                    except ValueError:
                        await self._set_aside(partition, data, now_ms)
                if not reported:
                    await self._set_aside(
                        partition, b" ".join(fields), now_ms, "an entry without a result field"
                    )
        return batch

    def _work(self, partition: int, result: TaskResult) -> Work:
        """ValueError for a result that was sent to another partition than its task came from."""
        home = keys.partition_of(result.wf_run_id, self._partitions)
        if home != partition:
            raise ValueError(
                f"WfRun {result.wf_run_id!r} is of partition {home}; it was reported to {partition}"
            )
        stream = keys.tasks(partition, result.tenant, result.task_def)
        done: list[Write] = [("FINISH", stream, result.entry)]
        return Work(result.tenant, result.wf_run_id, result.event, done=done)

    async def _read_inbox(self, partition: int, entries: list[Any], batch: ResultBatch, now_ms: int) -> None:
        """Wake-ups are done with when they are read; messages when they were carried."""
        inbox, done = keys.inbox(partition), []
        for entry, fields in entries:
            try:
                message = decode_message(fields[0], fields[1])
            except ValueError:
                await self._set_aside(partition, fields[1], now_ms)
                message = None
            if message is None:
                batch.woken = True
                done.append(entry)
            else:
                batch.carried.append(Carried(inbox, entry, message))
        if done:
            await self._redis.xdel(inbox, *done)

    async def _set_aside(self, partition: int, data: bytes, now_ms: int, why: str = "") -> None:
        self._counters.add("unreadable_results", 1)
        why = why or traceback.format_exc()
        await execute(self._redis, *write_of(partition, "", "", data, why, now_ms))

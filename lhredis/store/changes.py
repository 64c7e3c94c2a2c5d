"""changes: telling whoever waits that a WfRun has another status, or has thrown an event."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from lhredis.model.enums import LHStatus
from lhredis.store import keys
from lhredis.store.wire import execute

BATCH_ENTRIES_MAX = 1000


@dataclass(slots=True, frozen=True)
class Change:
    """`wf_run_id` of `tenant` has this status now, or has thrown a WorkflowEvent (`status` is None)."""

    tenant: str
    wf_run_id: str
    status: LHStatus | None


class ChangeReader:
    """Reads the changes of all partitions from now on."""

    def __init__(self, redis: Redis, partitions: int) -> None:
        self._redis = redis
        self._last = {keys.changes(partition): "$" for partition in range(partitions)}

    async def start(self) -> None:
        """Fix `from now on` to this moment: a change after this call is not missed."""
        pipeline = self._redis.pipeline(transaction=False)
        for stream in self._last:
            pipeline.xrevrange(stream, count=1)
        for stream, rows in zip(self._last, await pipeline.execute(), strict=True):
            self._last[stream] = rows[0][0].decode() if rows else "0-0"

    async def read(self, block_ms: int) -> list[Change]:
        """The next changes; none when nothing changed for `block_ms`."""
        command = [
            "XREAD",
            "COUNT",
            BATCH_ENTRIES_MAX,
            "BLOCK",
            block_ms,
            "STREAMS",
            *self._last,
            *self._last.values(),
        ]
        reply = await execute(self._redis, *command)
        found = []
        for stream, entries in reply or ():
            for entry, fields in entries:
                self._last[stream.decode()] = entry.decode()
                values = dict(zip(fields[::2], fields[1::2], strict=True))
                tenant, _, wf_run_id = values[b"run"].decode().partition("/")
                status = values.get(b"status")
                found.append(
                    Change(tenant, wf_run_id, LHStatus[status.decode()] if status is not None else None)
                )
        return found

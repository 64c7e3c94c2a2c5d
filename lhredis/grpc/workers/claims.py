"""claims: the attempts that this process has claimed for workers, remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace

from lhredis.store.consumers import Consumer
from lhredis.store.tasks import ScheduledTask

REMEMBERED_MAX = 20_000
"""Attempts that are remembered, without their inputs."""


@dataclass(slots=True, frozen=True)
class Claimed:
    """An attempt in the hands of a worker since `since_ms`, claimed under the consumer's name."""

    task: ScheduledTask
    consumer: Consumer
    since_ms: int


class Claims:
    """Which attempts were claimed here: so that their reports need not be looked up, and no entry is handed
    out twice when our claims are read again. Only a memory: what is not in it is found in Redis."""

    def __init__(self) -> None:
        self._by_attempt: OrderedDict[tuple[str, str], Claimed] = OrderedDict()
        self._entries: set[tuple[int, str, str, str]] = set()

    def remember(self, claimed: Claimed) -> None:
        self.forget(claimed)
        task = claimed.task
        self._by_attempt[task.tenant, task.id] = replace(claimed, task=replace(task, inputs={}))
        self._entries.add(_entry(task))
        if len(self._by_attempt) > REMEMBERED_MAX:
            self.forget(next(iter(self._by_attempt.values())))

    def forget(self, claimed: Claimed) -> None:
        """It was given back, or is too long ago."""
        known = self._by_attempt.pop((claimed.task.tenant, claimed.task.id), None)
        if known is not None:
            self._entries.discard(_entry(known.task))

    def of(self, tenant: str, attempt_id: str) -> Claimed | None:
        """`attempt_id` is `<wf_run_id>/<thread>/<position>/<attempt>`."""
        return self._by_attempt.get((tenant, attempt_id))

    def knows(self, task: ScheduledTask) -> bool:
        """Was this entry claimed here?"""
        return _entry(task) in self._entries


def _entry(task: ScheduledTask) -> tuple[int, str, str, str]:
    return task.partition, task.tenant, task.task_def, task.entry

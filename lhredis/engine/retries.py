"""retries: whether a failed attempt is tried again, and when (semantics.md 10)."""

from __future__ import annotations

from dataclasses import dataclass

from lhredis.model.enums import TaskStatus
from lhredis.model.nodes import TaskNode

RETRIED = frozenset((TaskStatus.TASK_FAILED, TaskStatus.TASK_TIMEOUT))
"""Attempts that end so are tried again; exceptions and conversion errors never are."""


@dataclass(slots=True, frozen=True)
class RetryPolicy:
    """`base_ms` 0 means at once; otherwise the wait grows by `multiplier` up to `max_ms`."""

    total_attempts: int
    base_ms: int = 0
    multiplier: float = 1.0
    max_ms: int = 0

    @staticmethod
    def of(node: TaskNode) -> RetryPolicy:
        backoff = node.exponential_backoff
        if backoff is None:
            return RetryPolicy(node.retries + 1)
        return RetryPolicy(
            node.retries + 1, backoff.base_interval_ms, backoff.multiplier, backoff.max_delay_ms
        )

    def delay_ms(self, attempts_so_far: int, status: TaskStatus) -> int | None:
        """Milliseconds until the next attempt, or None when there is none."""
        if status not in RETRIED or attempts_so_far >= self.total_attempts:
            return None
        if self.base_ms == 0:
            return 0
        try:
            return int(min(self.base_ms * self.multiplier ** (attempts_so_far - 1), self.max_ms))
        except OverflowError:
            return self.max_ms

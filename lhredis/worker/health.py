"""health: whether a worker is at work and Redis answers it, for liveness probes (features.md 30)."""

from __future__ import annotations

import time
from enum import StrEnum

ANSWER_S_MAX = 10.0
"""How long Redis may leave a worker without an answer. Each of its questions blocks for a second at most."""


class WorkerHealth(StrEnum):
    """UNHEALTHY is a worker that does not run, or whose Redis does not answer."""

    HEALTHY = "HEALTHY"
    UNHEALTHY = "UNHEALTHY"


class Pulse:
    """A worker's questions for tasks. One whose hands are full asks nothing, and is well."""

    def __init__(self) -> None:
        self.is_running = False
        self._asked_at: float | None = None

    def asks(self) -> None:
        """It asks; again, if there was no answer to the last question."""
        if self._asked_at is None:
            self._asked_at = time.monotonic()

    def hears(self) -> None:
        """It got an answer."""
        self._asked_at = None

    def stops(self) -> None:
        """It asks no more."""
        self.is_running, self._asked_at = False, None

    @property
    def health(self) -> WorkerHealth:
        in_time = self._asked_at is None or time.monotonic() - self._asked_at <= ANSWER_S_MAX
        return WorkerHealth.HEALTHY if self.is_running and in_time else WorkerHealth.UNHEALTHY

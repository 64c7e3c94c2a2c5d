"""outage: tells in the log that Redis does not work: at once, again now and then, and when that is over."""

from __future__ import annotations

import logging
import time

TOLD_PAUSE_S = 10.0
"""How often an outage that lasts is told of."""

WORKS_S_MIN = 1.0
"""An outage is over when nothing has failed for so long: a server that takes no writes answers reads in
between."""

SAID_CHARS_MAX = 200


class Outage:
    """What one loop that asks Redis again and again has to tell. `who` says which."""

    def __init__(self, log: logging.Logger, who: str) -> None:
        self._log = log
        self._who = who
        self._since: float | None = None
        self._works_since: float | None = None
        self._told_at = 0.0
        self._told = ""
        self._failures = 0

    def fails(self, error: Exception) -> None:
        """It failed. Told at once when it is news."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
        self._works_since = None
        self._failures += 1
        said = what_redis_said(error)
        if said == self._told and now - self._told_at < TOLD_PAUSE_S:
            return
        again = f" (failed {self._failures} times in {now - self._since:.0f} s)" if self._failures > 1 else ""
        self._log.warning("%s waits for Redis: %s%s", self._who, said, again)
        self._told, self._told_at = said, now

    def works(self) -> None:
        """It did not fail."""
        if self._since is None:
            return
        now = time.monotonic()
        if self._works_since is None:
            self._works_since = now
        if now - self._works_since < WORKS_S_MIN:
            return
        self._log.warning("%s: Redis works again, after %.1f s", self._who, self._works_since - self._since)
        self._since, self._works_since, self._told, self._failures = None, None, "", 0


def what_redis_said(error: Exception) -> str:
    """The beginning of what the server said; of a pipeline's command, redis-py puts the whole command before
    it."""
    return str(error).rpartition("of pipeline caused error: ")[2].strip("()'\",")[:SAID_CHARS_MAX]

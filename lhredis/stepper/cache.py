"""cache: the runs that this process stepped last, by version. Never truth: a commit compares."""

from __future__ import annotations

from collections import OrderedDict

from lhredis.model.enums import TERMINAL_STATUSES
from lhredis.store.runs import StoredRun

CACHED_RUNS_MAX = 20_000
"""Runs kept in memory by one scheduler; about 5 KiB each."""


class RunCache:
    """The runs stepped last, the least recently used forgotten first. Size 0 caches nothing."""

    def __init__(self, runs_max: int = CACHED_RUNS_MAX) -> None:
        self._runs_max = runs_max
        self._runs: OrderedDict[tuple[str, str], StoredRun] = OrderedDict()

    def take(self, key: tuple[str, str]) -> StoredRun | None:
        """Take a run out: whoever steps it puts it back when it is committed."""
        return self._runs.pop(key, None)

    def put(self, key: tuple[str, str], stored: StoredRun) -> None:
        if self._runs_max == 0 or stored.run.status in TERMINAL_STATUSES:
            return
        self._runs[key] = stored
        if len(self._runs) > self._runs_max:
            self._runs.popitem(last=False)

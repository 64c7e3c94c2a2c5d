"""recent: a dict for what can be looked up again: it forgets what was put in first when it is full."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(dict[K, V]):
    """At most `entries_max` entries; reading costs what it costs of any dict. Only what is set by
    `recent[key] = value` is counted."""

    def __init__(self, entries_max: int) -> None:
        super().__init__()
        self._entries_max = entries_max

    def __setitem__(self, key: K, value: V) -> None:
        if key not in self and len(self) >= self._entries_max:
            del self[next(iter(self))]
        super().__setitem__(key, value)

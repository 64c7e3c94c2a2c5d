"""clock: a loop whose time passes only when nobody has anything to do, and everything that is random from a
seed.

With it, a program is a function of its seed: the same seed, the same order of events, to the letter.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

START_MS = 1_700_000_000_000
"""What the clock on the wall says when a simulation begins."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time goes straight to the next thing that is due. `jumped_ms` is what was added to the wall clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.jumped_ms = 0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now_s

    def wall_ms(self) -> int:
        return START_MS + self.jumped_ms + int(self.now_s * 1000)


class _Selector(selectors.SelectSelector):
    """Nothing comes from outside; to wait is to let the virtual time pass."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("nobody in the simulation has anything to do, and nobody ever will")
        self._loop.now_s += max(timeout, 0)
        return []


@contextmanager
def virtual_time(seed: int) -> Iterator[VirtualLoop]:
    """A loop of virtual time; meanwhile the clocks and the random words of this thread are its own."""
    loop = VirtualLoop()
    words = random.Random(seed)
    true_clocks = time.time_ns, time.time, time.monotonic, secrets.token_hex, random.getstate()
    time.time_ns = lambda: loop.wall_ms() * 1_000_000
    time.time = lambda: loop.wall_ms() / 1000
    time.monotonic = loop.time
    secrets.token_hex = lambda nbytes=16: words.randbytes(nbytes or 16).hex()
    random.seed(seed)
    try:
        asyncio.set_event_loop(loop)
        yield loop
    finally:
        time.time_ns, time.time, time.monotonic, secrets.token_hex, state = true_clocks
        random.setstate(state)
        asyncio.set_event_loop(None)
        loop.close()

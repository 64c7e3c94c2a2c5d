"""watch: look at something again and again: redrawn on a terminal, each change appended elsewhere."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from lhredis.cli.console import err, json_text, out, plain
from lhredis.cli.look import Look
from lhredis.errors import Unavailable

LOOK_PAUSE_S = 1.0


class _Screen(Protocol):
    def draw(self, seen: Look) -> None: ...

    def away(self, error: Unavailable) -> None: ...


def watched(look: Callable[[], Look], as_json: bool) -> Look:
    """The last look: returns when it has ended, which many things never do. An API that goes away while it
    is watched is waited for; every other error of a look is raised."""
    seen = look()
    with _screen(as_json) as screen:
        screen.draw(seen)
        is_away = False
        while not seen.ended:
            _pause()
            try:
                seen = look()
                screen.draw(seen)
                is_away = False
            except Unavailable as error:
                if not is_away:
                    screen.away(error)
                is_away = True
    return seen


def _pause() -> None:
    """A second, or BrokenPipeError: `| head -1` has read enough, and nothing may change for days."""
    stdout = select.poll()
    stdout.register(1, 0)  # asks for nothing: that nobody reads the other end is told all the same
    if stdout.poll(LOOK_PAUSE_S * 1000):
        raise BrokenPipeError


@contextmanager
def _screen(as_json: bool) -> Iterator[_Screen]:
    console = out()
    if as_json:
        yield _Documents()
    elif not console.is_terminal:
        yield _Tables(console)
    else:
        with Live(console=console, auto_refresh=False) as live:
            yield _Redrawn(live)


class _Redrawn:
    """One table, in place. What does not fit the terminal is cut off until the end."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._table: RenderableType = ""

    def draw(self, seen: Look) -> None:
        self._table = seen.table()
        self._update("" if seen.ended else "Ctrl-C ends it", "dim")

    def away(self, error: Unavailable) -> None:
        self._update(f"{error}; trying again", "red")

    def _update(self, note: str, style: str) -> None:
        self._live.update(Group(self._table, "", Text(f"{_now()}  {note}", style)), refresh=True)


class _Tables:
    """The time and the table, whenever the table has changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def draw(self, seen: Look) -> None:
        with self._console.capture() as capture:
            self._console.print(seen.table(), crop=False)
        if capture.get() != self._last:
            self._last = capture.get()
            print(f"{_now()}\n{self._last}", flush=True)

    def away(self, error: Unavailable) -> None:
        _note(error)


class _Documents:
    """A line of JSON, whenever it has changed."""

    def __init__(self) -> None:
        self._last = ""

    def draw(self, seen: Look) -> None:
        line = json_text(plain(seen.found))
        if line != self._last:
            self._last = line
            print(line, flush=True)

    def away(self, error: Unavailable) -> None:
        _note(error)


def _note(error: Unavailable) -> None:
    err().print(f"{_now()}  {error}; trying again", style="red", markup=False)


def _now() -> str:
    return datetime.now().strftime("%H:%M:%S")

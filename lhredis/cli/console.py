"""console: where commands write: results to stdout, all else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, Protocol

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}

PLAIN_WIDTH = 160
"""Columns when nobody looks: a table in a file or a pipe is not folded at 80."""


class Shown(Protocol):
    """A model that has a JSON form."""

    def to_json(self) -> dict[str, Any]: ...


def out() -> Console:
    """Results. Made anew each time, as tests replace the streams."""
    return _console(stderr=False)


def err() -> Console:
    """Progress, notes and errors."""
    return _console(stderr=True)


class _Console(Console):
    """What is shown was written by anybody: no value may move the cursor or change the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for one in super().render(renderable, options):
            yield one if one.control else Segment(harmless(one.text), one.style)

    def on_broken_pipe(self) -> None:
        """`| head` has read enough: that is no failure, as rich has it."""
        raise BrokenPipeError


def harmless(text: str) -> str:
    """Without characters that a terminal obeys instead of showing them."""
    return text.translate(_CONTROLS)


def _console(stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return _Console(stderr=stderr, width=width, highlight=False, emoji=False, soft_wrap=False)


def print_json(shown: Shown | Iterable[Shown] | Any) -> None:
    """Exactly one JSON document on stdout: indented for people, the API's own form."""
    print(json_text(plain(shown), indent=2))


def json_text(form: Any, indent: int | None = None) -> str:
    """JSON that stdout can hold, whatever its encoding."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(form, indent=indent, ensure_ascii=not is_utf8)


def plain(shown: Any) -> Any:
    """What json.dumps takes: models in their JSON form."""
    if hasattr(shown, "to_json"):
        return shown.to_json()
    if isinstance(shown, dict):
        return {name: plain(value) for name, value in shown.items()}
    if isinstance(shown, list | tuple):
        return [plain(item) for item in shown]
    return shown

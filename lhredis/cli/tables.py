"""tables: what all tables for people are made of: statuses, values, durations, rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Column, Table
from rich.text import Text

from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.values import MASK, Value, encode_value

VALUE_CHARS_MAX = 200
ID_CHARS_MAX = 40
WORD_CHARS_MAX = 13
FOLDED_CHARS_MIN = 8
GAP_CHARS = 2
"""Columns between two cells."""

_STYLES = {
    "COMPLETED": "green",
    "TASK_SUCCESS": "green",
    "RUNNING": "cyan",
    "HALTING": "magenta",
    "HALTED": "magenta",
    "TASK_RUNNING": "cyan",
    "EXCEPTION": "yellow",
    "TASK_EXCEPTION": "yellow",
    "ERROR": "bold red",
    "TASK_FAILED": "bold red",
    "TASK_TIMEOUT": "bold red",
    "TASK_OUTPUT_SERDE_ERROR": "bold red",
    "TASK_INPUT_VAR_SUB_ERROR": "bold red",
}


def status(value: LHStatus | TaskStatus) -> Text:
    """The name of a status in its colour."""
    return Text(value.name, style=_STYLES.get(value.name, ""))


def shown(value: Value, masked: bool = False) -> Text:
    """A value in one short line; nothing for null."""
    if masked:
        return Text(MASK)
    if value is None:
        return Text("")
    form = encode_value(value)
    text = form if isinstance(form, str) else json.dumps(form, ensure_ascii=False)
    text = text.replace("\n", "⏎")
    return Text(text if len(text) <= VALUE_CHARS_MAX else text[: VALUE_CHARS_MAX - 1] + "…")


def duration(start: str | None, end: str | None) -> str:
    """`12 ms`, `3.4 s`, `5 min 6 s` between two moments of RFC 3339; nothing unless both are there."""
    if start is None or end is None:
        return ""
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def grid(rows: Iterable[tuple[str, RenderableType | None]]) -> Table:
    """Names and values, without those that are nothing."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value is not None and str(value) != "":
            table.add_row(name, value)
    return table


def listed(columns: Sequence[str], rows: Iterable[Sequence[Any]], empty: str = "none") -> RenderableType:
    """A table with a header, without the columns that are empty in every row; a word when there is no row."""
    cells = [[cell if isinstance(cell, Text) else Text(str(cell)) for cell in row] for row in rows]
    if not cells:
        return Text(empty, style="dim")
    used = [index for index in range(len(columns)) if any(row[index].plain for row in cells)]
    table = _Listed(box=None, pad_edge=False, header_style="bold")
    for index in used:
        table.add_column(columns[index], overflow="fold")
    for row in cells:
        table.add_row(*(row[index] for index in used))
    return table


class _Listed(Table):
    """Folds long cells where the terminal is narrow, and never an id or a word, so long as there is room for
    them: an id in two lines cannot be copied."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = [max(cell_len(text) for text in self._texts(column)) for column in self.columns]
        whole = [
            width <= (ID_CHARS_MAX if index == 0 else WORD_CHARS_MAX) for index, width in enumerate(widths)
        ]
        least = sum(
            width if is_whole else FOLDED_CHARS_MIN for width, is_whole in zip(widths, whole, strict=True)
        )
        has_room = least + GAP_CHARS * len(widths) <= options.max_width
        for column, is_whole in zip(self.columns, whole, strict=True):
            column.no_wrap = is_whole and has_room
        yield from super().__rich_console__(console, options)

    @staticmethod
    def _texts(column: Column) -> list[str]:
        return [str(column.header), *(line for cell in column.cells for line in str(cell).split("\n"))]

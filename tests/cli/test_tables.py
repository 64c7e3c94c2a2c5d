"""What people read: durations, values, and runs that have something to tell."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from lhredis.cli import tables
from lhredis.cli.look import show
from lhredis.cli.pages import page_with
from lhredis.client import Page
from lhredis.model.values import MASK

START = "2026-01-02T03:04:05.000Z"


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("2026-01-02T03:04:05.012Z", "12 ms"),
        ("2026-01-02T03:04:08.400Z", "3.4 s"),
        ("2026-01-02T03:09:11.000Z", "5 min 6 s"),
        ("2026-01-02T05:09:11.000Z", "2 h 5 min"),
        (None, ""),
    ],
)
def test_durations_are_in_the_unit_that_people_would_say(end: str | None, words: str) -> None:
    assert tables.duration(START, end) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("a\nb", "a⏎b"),
        (True, "true"),
        ({"a": "ä"}, '{"a": "ä"}'),
        (b"hi", '{"$bytes": "aGk="}'),
        ("x" * 300, "x" * 199 + "…"),
        ("[bold]", "[bold]"),
    ],
)
def test_a_value_is_one_short_line(value: Any, text: str) -> None:
    assert tables.shown(value).plain == text


def test_a_masked_value_is_never_shown() -> None:
    assert tables.shown("secret", masked=True).plain == MASK


def test_a_column_that_is_empty_in_every_row_is_left_out() -> None:
    console = Console(width=80, file=StringIO())
    console.print(tables.listed(("a", "b", "c"), [(1, "", "x"), (2, "", "")]))
    console.print(tables.listed(("a", "b"), []))
    assert isinstance(console.file, StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert lines == [["a", "c"], ["1", "x"], ["2"], ["none"]]


def drawn(width: int) -> str:
    """A table of WfRuns on a terminal of this width."""
    console = Console(width=width, force_terminal=False)
    columns = ("wf-run", "wf-spec", "status", "started", "took")
    row = (
        "2d3b538ac57448b39039f0fd2463bc7b",
        "user-tasks/0.0",
        "COMPLETED",
        "2026-11-23T14:21:39.500Z",
        "4 ms",
    )
    with console.capture() as capture:
        console.print(tables.listed(columns, [row]))
    return capture.get()


@pytest.mark.parametrize("width", [75, 80, 90])
def test_a_narrow_terminal_folds_neither_ids_nor_words(width: int) -> None:
    text = drawn(width)
    assert "2d3b538ac57448b39039f0fd2463bc7b" in text and "COMPLETED" in text
    assert "2026-11-23T14:21:39.500Z" not in text, "something has to"
    assert max(len(line) for line in text.splitlines()) <= width


def test_where_nothing_fits_everything_is_folded_and_nothing_lost() -> None:
    letters = "".join(drawn(30).split())
    assert len(letters) == len("".join(drawn(200).split()))


def test_a_bookmark_stays_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    bookmark = "x" * 300
    page = Page([{"name": "a"}], bookmark)
    show(page_with(page, lambda: "a table", "lhredis list things …"), as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "a table",
        f"more: lhredis list things … --bookmark {bookmark}",
    ]

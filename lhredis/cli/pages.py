"""pages: many things as one look: a table of them, and how to get the next page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lhredis.cli.look import Look

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lhredis.client import Page
    from lhredis.model.wf_run import WfRun


def results(found: Sequence[Any], table: Callable[[], RenderableType]) -> Look:
    """All of them, in a table of their own."""
    return Look({"results": found}, table)


def rows(found: Sequence[Any], columns: Sequence[str], cells: Iterable[Sequence[Any]]) -> Look:
    """All of them, a row of cells each."""
    return results(found, lambda: _listed(columns, cells))


def page_of(page: Page[Any], columns: Sequence[str], cells: Iterable[Sequence[Any]], command: str) -> Look:
    """A page, a row of cells each; `command` gives the next one."""
    return page_with(page, lambda: _listed(columns, cells), command)


def page_with(page: Page[Any], table: Callable[[], RenderableType], command: str) -> Look:
    """A page, in a table of its own; `command` gives the next one."""
    if not page.bookmark:
        return results(page.items, table)
    found = {"results": page.items, "bookmark": page.bookmark}
    return Look(found, lambda: _with_more(table(), f"more: {command} --bookmark {page.bookmark}"))


def page_of_runs(page: Page[WfRun], command: str) -> Look:
    """A page of WfRuns."""
    from lhredis.cli import tables

    cells = (
        (
            one.id, one.wf_spec_id, tables.status(one.status), one.start_time,
            tables.duration(one.start_time, one.end_time),
        )
        for one in page.items
    )  # fmt: skip
    return page_of(page, ("wf-run", "wf-spec", "status", "started", "took"), cells, command)


def page_of_names(noun: str, page: Page[str], command: str) -> Look:
    """A page of names; `noun` is what they are names of."""
    from lhredis.client import Page

    named = Page([{"name": name} for name in page.items], page.bookmark)
    return page_of(named, (noun,), ((name,) for name in page.items), command)


def _listed(columns: Sequence[str], cells: Iterable[Sequence[Any]]) -> RenderableType:
    from lhredis.cli import tables

    return tables.listed(columns, cells)


def _with_more(table: RenderableType, line: str) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    whole = Text(
        line, style="dim", no_wrap=True, overflow="ignore"
    )  # a bookmark in two lines cannot be copied
    return Group(table, whole)

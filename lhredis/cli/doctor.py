"""doctor: `lhredis doctor`: look at Redis, the API and all that works there, and say what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from lhredis.cli.exits import OK, RUN_FAILED
from lhredis.cli.look import Look, Watch, show
from lhredis.cli.options import ApiUrl, Json, Level, RedisUrl

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lhredis.doctor.findings import Finding


def doctor(
    redis_url: RedisUrl = None,
    watch: Watch = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Look for what is wrong with a deployment. The exit code is 1 when something FAILs."""
    if watch:
        from lhredis.cli.watch import watched

        seen = watched(lambda: _look(redis_url, api_url), as_json)
    else:
        seen = _look(redis_url, api_url)
        show(seen, as_json)
    raise typer.Exit(seen.code)


def _look(redis_url: str | None, api_url: str | None) -> Look:
    import asyncio

    from lhredis.cli.where import find_api_url, find_redis_url
    from lhredis.doctor.examine import examine
    from lhredis.doctor.findings import Level, worst

    findings = asyncio.run(examine(find_redis_url(redis_url), find_api_url(api_url)))
    verdict = worst(findings)
    code = RUN_FAILED if verdict is Level.FAIL else OK
    return Look({"verdict": verdict, "findings": findings}, lambda: _table(findings), code=code)


def _table(findings: list[Finding]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=False, box=None, pad_edge=False)
    for _ in range(2):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    styles = {"OK": "green", "WARN": "yellow", "FAIL": "bold red"}
    for one in findings:
        said = Text(one.text)
        if one.change:
            said.append(f"\n→ {one.change}", style="dim")
        table.add_row(Text(one.level, styles[one.level]), Text(one.subject, "cyan"), said)
    return table

"""scheduler: `lhredis scheduler`: a process that advances WfRuns."""

from __future__ import annotations

from typing import Annotated

import typer

from lhredis.cli.options import Level, Partitions, RedisUrl


def scheduler(
    redis_url: RedisUrl = None,
    partitions: Partitions = None,
    lease_ms: Annotated[
        int, typer.Option(min=100, max=60_000, help="A scheduler that dies is missed after this time.")
    ] = 2_000,
    log_level: Level = None,
) -> None:
    """Advance WfRuns. It holds nothing that matters: run as many as you like, kill any of them."""
    from lhredis.cli.service import run_service
    from lhredis.cli.where import find_redis_url
    from lhredis.scheduler.process import main

    url = find_redis_url(redis_url)
    run_service(lambda stopping: main(url, partitions, lease_ms, stopping), log_level)

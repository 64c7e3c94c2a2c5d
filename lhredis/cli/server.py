"""server: `lhredis server`: the HTTP API in this process."""

from __future__ import annotations

from typing import Annotated

import typer

from lhredis.cli.options import Level, Partitions, RedisUrl


def server(
    host: Annotated[
        str, typer.Option(envvar="LHREDIS_HOST", help="0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="LHREDIS_PORT", min=1, max=65535)] = 8000,
    redis_url: RedisUrl = None,
    partitions: Partitions = None,
    log_level: Level = None,
) -> None:
    """Run the HTTP API. It is stateless: run as many as you like behind a load balancer."""
    from lhredis.api.process import serve
    from lhredis.cli.service import run_service
    from lhredis.cli.where import find_redis_url

    url = find_redis_url(redis_url)
    run_service(lambda stopping: serve(url, partitions, host, port, stopping), log_level)

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
    import asyncio

    from lhredis.api.process import serve
    from lhredis.cli.children import end_with_parent
    from lhredis.cli.logs import set_up_logs
    from lhredis.cli.where import find_redis_url

    set_up_logs(log_level)
    end_with_parent()
    asyncio.run(serve(find_redis_url(redis_url), partitions, host, port))

"""server: `lhredis server`: the HTTP API in this process, and LittleHorse's gRPC beside it if wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.options import Level, Partitions, RedisUrl

if TYPE_CHECKING:
    from lhredis.api.process import Beside


def server(
    host: Annotated[
        str, typer.Option(envvar="LHREDIS_HOST", help="0.0.0.0 lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="LHREDIS_PORT", min=1, max=65535)] = 8000,
    grpc_port: Annotated[
        int | None,
        typer.Option(
            envvar="LHREDIS_GRPC_PORT",
            min=1,
            max=65535,
            help="Serve LittleHorse's clients there, too; theirs is 2023. Needs the extra grpc.",
        ),
    ] = None,
    grpc_advertised: Annotated[
        str | None,
        typer.Option(
            envvar="LHREDIS_GRPC_ADVERTISED",
            metavar="HOST:PORT",
            help="Where LittleHorse's task workers reach this server, if that is not the address above.",
        ),
    ] = None,
    redis_url: RedisUrl = None,
    partitions: Partitions = None,
    log_level: Level = None,
) -> None:
    """Run the HTTP API. It is stateless: run as many as you like behind a load balancer."""
    from lhredis.api.process import serve
    from lhredis.cli.service import run_service
    from lhredis.cli.where import find_redis_url

    url = find_redis_url(redis_url)
    beside = None if grpc_port is None else _grpc(host, grpc_port, grpc_advertised)
    run_service(lambda stopping: serve(url, partitions, host, port, stopping, beside=beside), log_level)


def _grpc(host: str, port: int, advertised: str | None) -> Beside:
    from lhredis.cli.extras import check_grpc

    check_grpc()
    from lhredis.grpc.front import serving

    return lambda services: serving(services, host, port, advertised)

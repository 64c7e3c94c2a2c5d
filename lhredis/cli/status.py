"""status: `lhredis version` and `lhredis health`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.look import Look, shows
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from rich.console import RenderableType

    from lhredis.client import SyncClient


def _print_version(asked: bool) -> None:
    if asked:
        from lhredis import __version__

        print(f"lhredis {__version__}")
        raise typer.Exit


def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Show the version of this command."
        ),
    ] = False,
) -> None:
    """What stands before any command."""


def version(api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """The version of this command, and of the server if one answers."""
    from lhredis import __version__
    from lhredis.cli.console import out, print_json
    from lhredis.errors import LHRedisError

    server = None
    try:
        with connect(api_url) as client:
            server = client.server()
    except LHRedisError:
        pass  # no server is no error here
    if as_json:
        print_json({"version": __version__, "server": server})
        return
    out().print(f"lhredis {__version__}")
    out().print(f"server  {server['version']}" if server else "server  none answers", markup=False)


@shows
def health(client: SyncClient) -> Look:
    """Whether the API can do its work now: exit code 0, or 4."""
    ready = client.ready()
    return Look(ready, lambda: _health(client, ready))


def _health(client: SyncClient, ready: dict[str, Any]) -> RenderableType:
    from lhredis.cli.tables import grid

    server = client.server()
    rows = {
        "API": client.base_url,
        "status": ready.get("status"),
        "version": server.get("version"),
        "redis": server.get("redis"),
        "partitions": server.get("partitions"),
        "durability": server.get("durability"),
    }
    return grid((name, None if value is None else str(value)) for name, value in rows.items())

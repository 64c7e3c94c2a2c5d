"""dev: `lhredis dev`: a whole lhredis on this machine, with one command."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lhredis import config
from lhredis.cli.options import Durability, Json, Level
from lhredis.cli.where import DATA_FOLDER_DEFAULT, remove_note, write_note

if TYPE_CHECKING:
    from lhredis.cli.stack import Stack

API_PORT = 8000
REDIS_PORT = 6379
GRPC_PORT = 2023


def dev(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of the API. Default: 8000, or a free one.")
    ] = None,
    redis_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Of Valkey. Default: 6379, or a free one.")
    ] = None,
    grpc_port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Of LittleHorse's gRPC. Default: 2023, or a free one; needs the extra grpc.",
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="The folder that survives a restart.")] = DATA_FOLDER_DEFAULT,
    module: Annotated[
        list[str] | None, typer.Option(help="module:object, run by a worker; may be given several times.")
    ] = None,
    durability: Annotated[
        Durability, typer.Option(help="memory: nothing survives a restart.")
    ] = Durability.logged,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Run a whole lhredis: Valkey, API, scheduler, and workers if you name modules. Ctrl-C stops all."""
    from lhredis.cli.children import end_with_parent
    from lhredis.cli.extras import check_grpc, has_grpc
    from lhredis.cli.ports import choose_port
    from lhredis.cli.stack import Stack

    end_with_parent()
    if grpc_port is not None:
        check_grpc()
    api_port, valkey_port = choose_port(port, API_PORT), choose_port(redis_port, REDIS_PORT)
    lh_port = choose_port(grpc_port, GRPC_PORT) if has_grpc() else None
    for what, chosen, wanted in (
        ("API", api_port, port or API_PORT),
        ("Valkey", valkey_port, redis_port or REDIS_PORT),
        ("gRPC", lh_port or GRPC_PORT, grpc_port or GRPC_PORT),
    ):
        if chosen != wanted:
            say(f"port {wanted} is taken; {what} takes {chosen}")
    modules = tuple(module or ())
    stack = Stack(data, api_port, valkey_port, lh_port, durability.value, modules, log_level, say)
    asyncio.run(_run(stack, as_json))


async def _run(stack: Stack, as_json: bool) -> None:
    from lhredis.cli.children import stop_on_signals

    stopping = asyncio.Event()
    stop_on_signals(stopping)
    noted = False
    try:
        await stack.start(stopping)
        if not stopping.is_set():
            write_note(stack.server.folder, stack.where())
            noted = True
            _show(stack, as_json)
        await stack.watch(stopping)
        say("stopping")
    finally:
        if noted:
            remove_note(stack.server.folder)
        await stack.stop()
    say("stopped")


def say(text: str) -> None:
    """A line on stderr, for people."""
    from lhredis.cli.console import err

    err().print(f"lhredis dev: {text}", markup=False)


def _show(stack: Stack, as_json: bool) -> None:
    where = stack.where()
    if as_json:
        print(json.dumps(where), flush=True)
        return
    from rich.table import Table

    from lhredis.cli.console import out

    table = Table(show_header=False, box=None)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("API", where["api_url"])
    table.add_row("docs", where["docs_url"])
    table.add_row("metrics", where["metrics_url"])
    table.add_row("gRPC", where["grpc_address"] or "needs the extra grpc: pip install 'lhredis[grpc]'")
    table.add_row("Redis", f"{where['redis_url']}  ({where['server']}, durability: {where['durability']})")
    table.add_row("data", where["data_folder"])
    for process in where["processes"]:
        table.add_row(process["name"], f"process {process['pid']}")
    table.add_row(
        "run a worker", f"{_environment(where['redis_url'], where['api_url'])}lhredis worker my_module"
    )
    console = out()
    console.print("lhredis dev is ready", style="bold green")
    console.print(table)
    console.print(f"{who_finds_it(Path(where['data_folder']))} Ctrl-C stops all.", style="dim", markup=False)


def who_finds_it(data: Path) -> str:
    """What to tell of where commands look for a dev that has its data here."""
    if data.resolve() == DATA_FOLDER_DEFAULT.resolve():
        return "Commands that run in this folder find it by themselves."
    return "Other commands are told where it is by LHREDIS_API_URL and LHREDIS_REDIS_URL."


def _environment(redis_url: str, api_url: str) -> str:
    """What a shell in another folder needs before a command; nothing when all is at its default."""
    wanted = (
        ("LHREDIS_REDIS_URL", redis_url, config.REDIS_URL_DEFAULT),
        ("LHREDIS_API_URL", api_url, config.API_URL_DEFAULT),
    )
    return "".join(f"{name}={url} " for name, url, default in wanted if url != default)

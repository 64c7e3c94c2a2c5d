"""options: the options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer


class LogLevel(StrEnum):
    """What is logged: this and everything worse."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class Durability(StrEnum):
    """What survives a crash of the machine; all of it survives a crash of lhredis but `memory`."""

    logged = "logged"
    fsync = "fsync"
    memory = "memory"


@dataclass
class Settings:
    """What the reporting of errors has to know of the command that runs; `called` is its own context."""

    called: typer.Context | None = None
    json: bool = False
    log_level: str | None = None


def _remember_json(ctx: typer.Context, value: bool) -> bool:
    settings = _settings(ctx)
    settings.called, settings.json = ctx, value
    return value


def _remember_log_level(ctx: typer.Context, value: LogLevel | None) -> LogLevel | None:
    if value is not None:
        _settings(ctx).log_level = value
        from lhredis.cli.logs import set_up_logs

        set_up_logs(value)
    return value


def _settings(ctx: typer.Context) -> Settings:
    settings: Any = ctx.find_root().ensure_object(Settings)
    assert isinstance(settings, Settings)
    return settings


Json = Annotated[
    bool,
    typer.Option(
        "--json",
        callback=_remember_json,
        help="Print the API's JSON and nothing else; errors as problem JSON.",
    ),
]
Level = Annotated[
    LogLevel | None,
    typer.Option(
        "--log-level",
        envvar="LHREDIS_LOG_LEVEL",
        callback=_remember_log_level,
        help="debug shows tracebacks.",
    ),
]
ApiUrl = Annotated[
    str | None,
    typer.Option(
        "--api-url",
        envvar="LHREDIS_API_URL",
        help="Where the API is. Otherwise a running `lhredis dev` of this folder, or http://127.0.0.1:8000.",
    ),
]
RedisUrl = Annotated[
    str | None,
    typer.Option(
        "--redis-url",
        envvar="LHREDIS_REDIS_URL",
        help="Where Redis is. Otherwise a running `lhredis dev` of this folder, or redis://127.0.0.1:6379/0.",
    ),
]
Partitions = Annotated[
    int | None,
    typer.Option("--partitions", help="Fixed by the first process that starts; another number is refused."),
]
WantedDurability = Annotated[
    str | None,
    typer.Option("--durability", help="More than the server gives: memory, logged, fsync or replicated:<n>."),
]
MajorVersion = Annotated[int | None, typer.Option("--major-version", min=0)]
Revision = Annotated[int | None, typer.Option("--revision", min=0)]

"""Every URL of the API has a command, and docs/cli.md says which."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from lhredis.api.app import OPERATIONS
from lhredis.cli.main import app
from tests.cli.processes import REPOSITORY

NOT_FOR_PEOPLE = {"GET /health/live", "GET /metrics", "GET /openapi.json", "GET /docs"}
_ROW = re.compile(r"^\| `((?:GET|POST|PUT|DELETE) /\S+)` \| (.+) \|$", re.MULTILINE)


def told() -> dict[str, list[str]]:
    """The table of docs/cli.md: a URL, its commands."""
    text = (REPOSITORY / "docs/cli.md").read_text()
    return {
        _plain(url): re.findall(r"`lhredis ([a-z -]+)`", commands) for url, commands in _ROW.findall(text)
    }


def _plain(url: str) -> str:
    """Whatever its parameters are called."""
    return re.sub(r"\{\w+\}", "{}", url)


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def test_every_url_has_a_command() -> None:
    urls = {_plain(f"{operation.method} {operation.path}") for operation in OPERATIONS}
    assert urls - NOT_FOR_PEOPLE == set(told())


def test_every_command_that_the_docs_name_is_there() -> None:
    known = dict(commands(typer.main.get_command(app)))
    named = {command for commands in told().values() for command in commands}
    assert all(told().values())
    assert named - set(known) == set()


def test_whatever_shows_something_can_be_watched_and_printed_as_json() -> None:
    showing = (
        "get ",
        "list ",
        "search ",
        "count ",
        "explain",
        "health",
        "metrics ",
        "schedule get",
        "schedule list",
        "migration get",
        "migration list",
    )
    for name, command in commands(typer.main.get_command(app)):
        if name.startswith(showing):
            options = {option for parameter in command.params for option in parameter.opts}
            assert {"--watch", "--json", "--api-url"} <= options, name

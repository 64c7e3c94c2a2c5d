"""similar: what somebody may have meant who named what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import typer


def meant(ctx: typer.Context) -> list[str]:
    """For each word of the command that the server knows nothing by, the name most like it: of those that a
    shell would complete."""
    return [like for word, known in _words(ctx) if word not in known for like in _like(word, known)]


def _words(ctx: typer.Context) -> Iterator[tuple[str, list[str]]]:
    for parameter in ctx.command.params:
        given = ctx.params.get(parameter.name or "")
        for word in given if isinstance(given, list) else [given]:
            if isinstance(word, str):
                name, _, _ = word.partition("/")  # what follows is a version, or the place of a form
                yield name, [one.value for one in parameter.shell_complete(ctx, "")]


def _like(word: str, known: list[str]) -> list[str]:
    by_small = {name.lower(): name for name in reversed(known)}
    return [by_small[name] for name in get_close_matches(word.lower(), by_small, n=1)]

"""look: commands that show something: once, or with --watch again and again."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from lhredis.cli.connect import connect
from lhredis.cli.exits import OK
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from rich.console import RenderableType

Watch = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Look again every second: redrawn on a terminal, each change appended elsewhere. Ctrl-C ends it.",
    ),
]


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has found.

    `found` is what --json prints, `table` makes what people see. `ended`: nothing of it changes any more,
    so that --watch ends, with this exit `code`.
    """

    found: Any
    table: Callable[[], RenderableType]
    ended: bool = False
    code: int = OK


def shows(look: Callable[..., Look]) -> Callable[..., None]:
    """Make a command of a function that looks at something: of its parameters behind the first, which is
    the client, and the options that all of these have: --watch, --json, --api-url and --log-level."""

    def command(*, watch: bool, api_url: str | None, as_json: bool, log_level: Any, **arguments: Any) -> None:
        with connect(api_url) as client:
            if not watch:
                show(look(client, **arguments), as_json)
                return
            from lhredis.cli.watch import watched

            raise typer.Exit(watched(lambda: look(client, **arguments), as_json).code)

    hints = get_type_hints(look, localns={"SyncClient": Any}, include_extras=True)
    _, *own = inspect.signature(look).parameters.values()
    shared = {
        "watch": (Watch, False),
        "api_url": (ApiUrl, None),
        "as_json": (Json, False),
        "log_level": (Level, None),
    }
    parameters = [
        *(one.replace(annotation=hints[one.name], kind=inspect.Parameter.KEYWORD_ONLY) for one in own),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in shared.items()
        ),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__name__, command.__doc__, command.__module__ = look.__name__, look.__doc__, look.__module__
    return command


def show(seen: Look, as_json: bool) -> None:
    """Once, without --watch."""
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json(seen.found)
    else:
        out().print(seen.table(), crop=False)  # tables fold what is too wide themselves

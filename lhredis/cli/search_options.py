"""search_options: the options by which things are found and counted."""

from __future__ import annotations

from typing import Annotated

import typer

from lhredis.cli import names


def in_capitals(word: str | None) -> str | None:
    """The names of statuses may be typed in small letters."""
    return None if word is None else word.upper()


Spec = Annotated[
    str | None, typer.Option("--spec", help="Only of this WfSpec.", autocompletion=names.wf_specs)
]
Major = Annotated[int | None, typer.Option("--major-version", min=0)]
Revision = Annotated[int | None, typer.Option("--revision", min=0)]
Status = Annotated[
    str | None,
    typer.Option(
        "--status",
        help="RUNNING, COMPLETED, ERROR…",
        autocompletion=names.wf_run_statuses,
        callback=in_capitals,
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", help="variable=value of a searchable variable; all of them must hold."),
]
Since = Annotated[
    str | None, typer.Option("--since", help="90s, 30m, 1h, 7d ago, a day (UTC) or a timestamp.")
]
Until = Annotated[str | None, typer.Option("--until", help="The same.")]
Parent = Annotated[
    str | None, typer.Option("--parent", help="Children of this WfRun.", autocompletion=names.wf_runs)
]
Tree = Annotated[bool, typer.Option("--tree", help="With --parent: their children too.")]
Oldest = Annotated[bool, typer.Option("--oldest-first")]

"""run_batch: `lhredis run-batch`: start many WfRuns from a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lhredis.cli.connect import connect
from lhredis.cli.exits import OK, USAGE, problem
from lhredis.cli.options import ApiUrl, Json, Level, WantedDurability
from lhredis.errors import InvalidArgument, InvalidSpec, Problem

if TYPE_CHECKING:
    from lhredis.model.wf_run import RunWfRequest


def run_batch(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Of JSON objects, one a line; - is standard input.")
    ],
    durability: WantedDurability = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Start many WfRuns: a line each, such as {"wf_spec_name": "greet", "variables": {"name": "Ada"}}.

    Each is started or refused for itself; if one was refused, the exit code is 2.
    """
    from lhredis.cli.console import out, print_json
    from lhredis.model.limits import BATCH_RUNS_MAX
    from lhredis.model.wf_run import WfRun

    requests = _requests(_read(file))
    with connect(api_url) as client:
        started = [
            one
            for at in range(0, len(requests), BATCH_RUNS_MAX)
            for one in client.run_wf_batch(requests[at : at + BATCH_RUNS_MAX], durability=durability)
        ]
    if as_json:
        results = [
            {"wf_run": one} if isinstance(one, WfRun) else {"problem": problem(one)} for one in started
        ]
        print_json({"results": results})
    else:
        for number, one in enumerate(started, 1):
            if isinstance(one, WfRun):
                out().print(f"{one.id}  {one.wf_spec_id}  {one.status.name}", markup=False)
            else:
                out().print(f"WfRun {number}: {one}", style="red", markup=False)
    raise typer.Exit(OK if all(isinstance(one, WfRun) for one in started) else USAGE)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidArgument(f"{file} cannot be read: {error.strerror}") from None


def _requests(text: bytes) -> list[RunWfRequest]:
    """InvalidSpec names every line that is none."""
    from pydantic import ValidationError

    from lhredis.model.wf_run import RunWfRequest

    requests: list[RunWfRequest] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                requests.append(RunWfRequest.model_validate_json(line))
            except ValidationError as error:
                problems += [Problem(_place(number, one["loc"]), one["msg"]) for one in error.errors()]
    if problems:
        raise InvalidSpec(problems)
    if not requests:
        raise InvalidArgument("there is nothing to start: no line of JSON")
    return requests


def _place(number: int, location: tuple[Any, ...]) -> str:
    return ".".join(map(str, (f"line {number}", *location)))

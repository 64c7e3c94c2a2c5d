"""control: `lhredis stop`, `resume`, `rescue` and `explain`: step in, and see why nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.look import Look, shows
from lhredis.cli.names import RunId
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.wf_run import WfRun

Thread = Annotated[int, typer.Option(min=0, help="Number of the ThreadRun; its descendants follow it.")]


def stop(
    id: RunId, thread: Thread = 0, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """Halt a WfRun, or one of its threads, until it is resumed. A task that is at work ends first."""
    with connect(api_url) as client:
        _show(client.stop_wf_run(id, thread), as_json)


def resume(
    id: RunId, thread: Thread = 0, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None
) -> None:
    """Let a WfRun go on that was stopped."""
    with connect(api_url) as client:
        _show(client.resume_wf_run(id, thread), as_json)


def rescue(
    id: RunId,
    thread: Thread = 0,
    skip: Annotated[
        bool, typer.Option("--skip", help="Go on behind the failed node instead of running it again.")
    ] = False,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Have a thread in ERROR run its failed node again; what died of it lives again, too."""
    with connect(api_url) as client:
        run = client.rescue_thread_run(id, thread, skip_current_node=skip)
    _show(run, as_json)
    if run.status.name == "ERROR" and not as_json:
        _tell_what_failed_first(run, thread)


@shows
def explain(client: SyncClient, id: RunId) -> Look:
    """Say why a WfRun does not move: what each of its threads waits for. --watch ends with the run."""
    from lhredis.cli.run_tables import explanation
    from lhredis.model.enums import TERMINAL_STATUSES

    found = client.explain_wf_run(id)
    return Look(found, lambda: explanation(found), ended=found.status in TERMINAL_STATUSES)


def _tell_what_failed_first(run: WfRun, thread: int) -> None:
    from lhredis.cli.console import err

    for number in _failed_below(run, thread):
        err().print(
            f"thread {thread} fails as long as thread {number} has failed: `lhredis rescue {run.id} --thread {number}`",
            markup=False,
        )


def _failed_below(run: WfRun, thread: int) -> list[int]:
    """The threads below this one that are in ERROR, and none below them is."""
    failed = {one.number: one.child_thread_ids for one in run.thread_runs if one.status.name == "ERROR"}
    children = [number for number in failed.get(thread, ()) if number in failed]
    return [deepest for number in children for deepest in _failed_below(run, number) or [number]]


def _show(run: WfRun, as_json: bool) -> None:
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json(run)
        return
    out().print(f"{run.id}  {run.wf_spec_id}  {run.status.name}", markup=False)
    if len(run.thread_runs) > 1:
        from lhredis.cli.run_tables import threads

        out().print(threads(run))

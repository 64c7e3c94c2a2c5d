"""control: `lhredis stop`, `resume`, `rescue` and `explain`: step in, and see why nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.get import RunId
from lhredis.cli.options import ApiUrl, Json, Level

if TYPE_CHECKING:
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
        _show(client.rescue_thread_run(id, thread, skip_current_node=skip), as_json)


def explain(id: RunId, api_url: ApiUrl = None, as_json: Json = False, log_level: Level = None) -> None:
    """Say why a WfRun does not move: what each of its threads waits for."""
    from lhredis.cli.console import out, print_json

    with connect(api_url) as client:
        explanation = client.explain_wf_run(id)
    if as_json:
        print_json(explanation)
        return
    out().print(f"{explanation.wf_run_id}  {explanation.status.name}  {explanation.text}", markup=False)
    for one in explanation.threads if len(explanation.threads) > 1 else ():
        out().print(f"  thread {one.thread_run_number} ({one.thread_spec_name}) {one.text}", markup=False)


def _show(run: WfRun, as_json: bool) -> None:
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json(run)
        return
    out().print(f"{run.id}  {run.wf_spec_id}  {run.status.name}", markup=False)
    if len(run.thread_runs) > 1:
        from lhredis.cli.run_tables import threads

        out().print(threads(run))

"""run: `lhredis run`: start a WfRun, and wait for it if asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lhredis.cli.connect import connect
from lhredis.cli.exits import OK, RUN_FAILED
from lhredis.cli.names import SpecName, wf_runs
from lhredis.cli.options import ApiUrl, Json, Level, MajorVersion, Revision, WantedDurability
from lhredis.cli.versions import spec_version

if TYPE_CHECKING:
    from lhredis.client import SyncClient
    from lhredis.model.wf_run import WfRun


def run(
    wf_spec: SpecName,
    variables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE",
            help="Typed as the WfSpec declares: BOOL true, BYTES base64, TIMESTAMP 2026-01-02T03:04:05Z, JSON as JSON.",
        ),
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="Of the new WfRun; otherwise a random one.")] = None,
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent",
            metavar="WF_RUN_ID",
            help="The WfRun that it is a child of.",
            autocompletion=wf_runs,
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended, showing how it goes.")] = False,
    timeout_s: Annotated[
        float | None, typer.Option("--timeout-s", min=0, help="How long --wait waits; otherwise for ever.")
    ] = None,
    major_version: MajorVersion = None,
    revision: Revision = None,
    durability: WantedDurability = None,
    api_url: ApiUrl = None,
    as_json: Json = False,
    log_level: Level = None,
) -> None:
    """Start a WfRun. With --wait, the exit code tells how it ended (see lhredis --help)."""
    from lhredis.cli.arguments import parse_variables
    from lhredis.model.enums import FAILED_STATUSES

    name, major_version, revision = spec_version(wf_spec, major_version, revision)
    with connect(api_url) as client:
        spec = client.get_wf_spec(name, major_version, revision)
        declared = spec.thread_specs[spec.entrypoint_thread_name].variable_defs
        started = client.run_wf(
            name,
            parse_variables(variables or (), declared),
            id=id,
            parent_wf_run_id=parent,
            major_version=major_version,
            revision=revision,
            durability=durability,
        )
        ended = _follow(client, started, timeout_s, as_json) if wait else started
        _show(client, ended, wait, as_json)
    failed = ended.status in FAILED_STATUSES
    raise typer.Exit(RUN_FAILED if failed else OK)


def _follow(client: SyncClient, started: WfRun, timeout_s: float | None, as_json: bool) -> WfRun:
    from lhredis.cli.console import err
    from lhredis.cli.follow import progress, wait_for_end

    if as_json:
        return wait_for_end(client, started, timeout_s, None)
    console = err()
    console.print(f"wf-run {started.id} of {started.wf_spec_id}", markup=False)
    with progress(console) as show:
        return wait_for_end(client, started, timeout_s, show)


def _show(client: SyncClient, shown: WfRun, whole: bool, as_json: bool) -> None:
    from lhredis.cli import run_tables
    from lhredis.cli.console import out, print_json

    if as_json:
        print_json(shown)
    elif whole:
        out().print(
            run_tables.wf_run(shown, client.list_node_runs(shown.id), client.list_task_runs(shown.id))
        )
    else:
        out().print(f"{shown.id}  {shown.wf_spec_id}  {shown.status.name}", markup=False)

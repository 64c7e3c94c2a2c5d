"""`lhredis search …`, `count …` and `bulk-delete` find what they are told to."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import typer

from lhredis.cli import exits
from lhredis.cli.bulk import tell_job
from lhredis.client import SyncClient
from lhredis.model.bulk_job import BulkJob
from lhredis.workflow import Workflow, WorkflowThread
from tests.cli.conftest import Call


def test_runs_are_found_by_spec_status_and_variable(lhredis: Call) -> None:
    email = f"{uuid4().hex}@a.b"
    for _ in range(3):
        assert lhredis("run", "story-find", f"email={email}", "age=36", "--wait", "--json").code == 0
    where = ("--spec", "story-find", "--where", f"email={email}", "--where", "age=36")
    found = lhredis("search", "wf-runs", *where, "--status", "COMPLETED", "--since", "1h", "--json").json
    assert len(found["results"]) == 3
    assert lhredis("count", "wf-runs", *where).out.strip() == "3"
    assert lhredis("count", "runs", *where, "--until", "1h", "--json").json == {"count": 0}
    page = lhredis("search", "runs", *where, "--limit", "2").out
    assert "story-find/0.0" in page and "--bookmark" in page
    variables = lhredis("search", "variables", "story-find", f"email={email}", "--json").json["results"]
    assert [one["name"] for one in variables] == ["email"] * 3
    ended = ("--where", f"email={email}", "--status", "COMPLETED")
    deleted = lhredis("bulk-delete", "story-find", *ended, "--wait", "--yes", "--json").json
    told = lhredis("get", "bulk-job", deleted["id"]["id"]).out
    assert "deletes WfRuns of story-find" in told and f"COMPLETED, email={email}" in " ".join(told.split())
    assert deleted["status"] == "COMPLETED"
    assert lhredis("count", "wf-runs", *where).out.strip() == "0"


def test_a_bulk_job_that_failed_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    share = {"partition": 0, "deleted": 2, "migrated": 0, "failed": 1, "done": True}
    job = BulkJob.model_validate(
        {
            "id": {"id": "clean-up"},
            "status": "FAILED",
            "subprocesses": [share],
            "total_subprocesses": 1,
            "created_at": "2026-01-02T03:04:05.000Z",
            "bulk_delete_wf_run": {"wf_spec_name": "story-find"},
        }
    )
    with SyncClient("http://127.0.0.1:1") as client, pytest.raises(typer.Exit) as ended:
        tell_job(client, job, wait=True, as_json=False)
    assert ended.value.exit_code == exits.RUN_FAILED
    assert capsys.readouterr().out == "clean-up  FAILED  2 deleted, 1 failed\n"


def test_runs_are_found_just_so(lhredis: Call, tmp_path: Path) -> None:
    def thread(wf: WorkflowThread) -> None:
        email = wf.declare_str("email").searchable()
        wf.complete(email.cast_to("INT"))

    spec = tmp_path / "quickstart.json"
    spec.write_text(json.dumps({"kind": "WfSpec", **Workflow("quickstart", thread).compile().to_json()}))
    assert lhredis("deploy", str(spec)).code == exits.OK
    failed = lhredis("run", "quickstart", "email=a@b.c", "--wait", "--json").json["id"]
    passed = lhredis("run", "quickstart", "email=5", "--wait", "--json").json["id"]
    search = "search runs --spec quickstart --where email=a@b.c --status ERROR"
    found = lhredis(*search.split()).out
    assert failed in found and passed not in found
    assert "quickstart/0.0" in found and "ERROR" in found


def test_tasks_and_nodes_are_found(lhredis: Call) -> None:
    id = f"greeted-{uuid4().hex[:8]}"
    lhredis("run", "story-greet", "name=Ada", "--wait", "--id", id, "--json")
    tasks = lhredis("search", "task-runs", "story-greet", "--status", "TASK_SUCCESS", "--json").json[
        "results"
    ]
    assert {"wf_run_id": id, "task_guid": "0-1"} in tasks
    nodes = lhredis("search", "node-runs", "--spec", "story-greet", "--limit", "1000", "--json").json[
        "results"
    ]
    assert {"wf_run_id": id, "thread_run_number": 0, "position": 2} in nodes
    assert any(id in line and "TASK_SUCCESS" in line for line in _lines(lhredis, "task-runs", "story-greet"))
    by_name = [line for line in _lines(lhredis, "node-runs", "--spec", "story-greet") if id in line]
    assert [line.split()[3] for line in by_name] == [
        "0-entrypoint-ENTRYPOINT",
        "1-story-greet-TASK",
        "2-exit-EXIT",
    ]
    assert int(lhredis("count", "node-runs", "story-greet").out) >= 3
    assert lhredis("count", "task-runs", "story-greet").out.strip() == "0"
    assert lhredis("search", "external-events", "nothing", "--unclaimed", "--json").json == {"results": []}


def _lines(lhredis: Call, *words: str) -> list[str]:
    return lhredis("search", *words, "--limit", "1000").out.splitlines()


def test_statuses_and_times_are_typed_as_people_do(lhredis: Call) -> None:
    id = f"typed-{uuid4().hex[:8]}"
    lhredis("run", "story-greet", "name=Ada", "--wait", "--id", id)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    for words in (
        "--status completed",
        f"--status Completed --since {today}",
        f"--until {today} --since 9999d",
    ):
        found = lhredis("search", "runs", "--spec", "story-greet", "--limit", "1000", *words.split())
        assert found.code == exits.OK
        assert (id in found.out) == ("--until" not in words)
    assert id in lhredis("list", "runs", "--status", "completed", "--limit", "1000").out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("search", "wf-runs", "--since", "yesterday"), "--since: wanted is how long ago"),
        (("search", "wf-runs", "--where", "a=b"), "--where says nothing without a --spec"),
        (("search", "wf-runs", "--spec", "story-find", "--where", "email"), "write variable=value"),
        (("search", "wf-runs", "--spec", "story-find", "--where", "age=x"), "an INT is wanted"),
        (("search", "wf-runs", "--spec", "story-find", "--where", "nope=x"), "no searchable variable 'nope'"),
        (("count", "wf-runs", "--status", "DONE"), "expected one of STARTING"),
        (("bulk-delete", "story-find", "--status", "RUNNING", "--yes"), "is wanted; got RUNNING"),
        (("bulk-delete", "story-nobody"), "say --yes to delete 0 WfRuns of story-nobody"),
        (("bulk-delete", "story-nobody", "--json"), "say --yes to delete 0 WfRuns of story-nobody"),
        (("bulk-rescue", "story-nobody", "--json"), "say --yes to rescue 0 WfRuns of story-nobody"),
    ],
)
def test_what_makes_no_sense_is_told(lhredis: Call, words: tuple[str, ...], complaint: str) -> None:
    outcome = lhredis(*words)
    assert outcome.code == exits.USAGE
    assert complaint in " ".join(outcome.err.split())

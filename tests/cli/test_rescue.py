"""`lhredis rescue` says where to begin: a parent that died of its child only dies of it again."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from lhredis.cli import exits
from lhredis.workflow import Workflow, WorkflowThread
from tests.cli.conftest import Call


def family(wf: WorkflowThread) -> None:
    def child(wf: WorkflowThread) -> None:
        def grandchild(wf: WorkflowThread) -> None:
            wf.complete(wf.declare_str("word", default_value="no number").cast_to_int())

        wf.wait_for_threads(wf.spawn_thread(grandchild, "grandchild"))

    wf.wait_for_threads(wf.spawn_thread(child, "child"))


def test_the_thread_that_failed_first_is_named(lhredis: Call, tmp_path: Path) -> None:
    spec = tmp_path / "family.json"
    spec.write_text(json.dumps({"kind": "WfSpec", **Workflow("story-family", family).compile().to_json()}))
    assert lhredis("deploy", str(spec)).code == exits.OK
    id = f"family-{uuid4().hex[:8]}"
    assert lhredis("run", "story-family", "--wait", "--id", id).code == exits.RUN_FAILED

    in_vain = lhredis("rescue", id)
    assert in_vain.out.startswith(f"{id}  story-family/0.0  ERROR")
    assert f"thread 0 fails as long as thread 2 has failed: `lhredis rescue {id} --thread 2`" in " ".join(
        in_vain.err.split()
    )
    assert lhredis("rescue", id, "--json").err == ""

    rescued = lhredis("rescue", id, "--thread", "2", "--skip")
    assert rescued.out.startswith(f"{id}  story-family/0.0  COMPLETED")
    assert rescued.err == ""


def test_all_that_failed_go_on_where_they_failed_first(lhredis: Call, tmp_path: Path) -> None:
    spec = tmp_path / "families.json"
    spec.write_text(json.dumps({"kind": "WfSpec", **Workflow("story-families", family).compile().to_json()}))
    assert lhredis("deploy", str(spec)).code == exits.OK
    for _ in range(3):
        assert lhredis("run", "story-families", "--wait").code == exits.RUN_FAILED
    unsure = lhredis("bulk-rescue", "story-families")
    assert unsure.code == exits.USAGE
    assert "say --yes to rescue 3 WfRuns of story-families without being asked" in " ".join(
        unsure.err.split()
    )

    job = lhredis(
        "bulk-rescue", "story-families", "--since", "1h", "--skip", "--wait", "--yes", "--id", "mended"
    )
    assert (job.code, job.out) == (exits.OK, "mended  COMPLETED  3 rescued\n")
    assert lhredis("count", "runs", "--spec", "story-families", "--status", "COMPLETED").out.strip() == "3"
    assert "rescues WfRuns of story-families" in lhredis("get", "bulk-job", "mended").out

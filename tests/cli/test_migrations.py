"""`lhredis migration`: a plan is registered, shown, tried and applied."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from lhredis.cli import exits
from tests.cli.conftest import Call

SPEC = """
from lhredis.workflow import Workflow

def story(wf):
    {body}

flow = Workflow("{name}", story)
"""


def version(lhredis: Call, folder: Path, name: str, body: str) -> str:
    """Deploy a version of the spec: its number."""
    file = folder / f"flow_{uuid4().hex[:8]}.py"
    file.write_text(SPEC.format(name=name, body=body))
    assert lhredis("deploy", str(file)).code == exits.OK
    found = lhredis("get", "wf-spec", name, "--json").json
    return f"{found['id']['major_version']}.{found['id']['revision']}"


def node(lhredis: Call, name: str, part: str) -> str:
    nodes = lhredis("get", "wf-spec", name, "--json").json["thread_specs"]["entrypoint"]["nodes"]
    (found,) = [one for one in nodes if part in one]
    return found


def test_a_plan_is_tried_and_applied_to_one_and_to_all(lhredis: Call, tmp_path: Path) -> None:
    name = f"moving-{uuid4().hex[:8]}"
    assert version(lhredis, tmp_path, name, "wf.sleep(3600)") == "0.0"
    old_node = node(lhredis, name, "SLEEP")
    runs = [lhredis("run", name, "--json").json["id"] for _ in range(2)]
    body = 'wf.declare_int("n", default_value=1); wf.sleep(1)'
    assert version(lhredis, tmp_path, name, body) == "0.1"
    plan = tmp_path / "plan.json"
    form = {
        "name": name,
        "old_wf_spec": {"name": name, "major_version": 0, "revision": 0},
        "major_version": 0,
        "revision": 1,
        "thread_migrations": {
            "entrypoint": {
                "new_thread_name": "entrypoint",
                "node_migrations": {old_node: {"new_node_name": node(lhredis, name, "SLEEP")}},
            }
        },
    }
    plan.write_text(json.dumps(form))
    assert lhredis("migration", "put", str(plan)).code == exits.OK
    assert old_node in lhredis("migration", "get", name).out
    assert name in lhredis("migration", "list", "--spec", name).out
    tried = lhredis("migration", "try", name)
    assert "2 MOVES_NOW" in tried.out and f"ThreadRun 0 leaves {old_node}" in tried.out
    one = lhredis("migration", "apply", name, runs[0], "--var", "entrypoint.n=5", "--json").json
    assert one["wf_spec_id"]["revision"] == 1
    assert "5" in lhredis("list", "variables", runs[0]).out
    assert "1 migrated" in lhredis("migration", "apply", name, "--all", "--wait").out
    assert lhredis("get", "run", runs[1], "--json").json["wf_spec_id"]["revision"] == 1
    assert lhredis("migration", "delete", name).code == exits.OK
    assert lhredis("migration", "get", name).code == exits.NOT_FOUND


def test_wrong_words_are_named(lhredis: Call, tmp_path: Path) -> None:
    assert "name a WfRun, or say --all" in lhredis("migration", "apply", "plan").err
    assert "THREAD.NAME=JSON" in lhredis("migration", "apply", "plan", "run", "--var", "x").err
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    assert "is no JSON" in lhredis("migration", "put", str(broken)).err
    broken.write_text('{"name": "x"}')
    assert "old_wf_spec" in lhredis("migration", "put", str(broken)).err

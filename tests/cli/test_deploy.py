"""`lhredis deploy` registers what it finds, and names every problem of what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lhredis.cli import exits
from lhredis.workflow import Workflow
from tests.cli.conftest import Call
from tests.cli.stories import greeting


def test_what_is_registered_already_is_told_to_be_unchanged(lhredis: Call) -> None:
    outcome = lhredis("deploy", "tests.cli.stories")
    assert outcome.code == 0
    lines = [line.split() for line in outcome.out.splitlines()]
    assert ["TaskDef", "story-greet", "unchanged"] in lines
    assert ["WfSpec", "story-greet/0.0", "unchanged"] in lines


def test_a_changed_spec_becomes_a_new_version(lhredis: Call, tmp_path: Path) -> None:
    file = tmp_path / "spec.json"
    for tasks in (1, 2):
        Workflow("changing", lambda wf, n=tasks: [wf.execute("story-refuse") for _ in range(n)]).save(file)
        outcome = lhredis("deploy", str(file))
    assert outcome.out.split() == ["WfSpec", "changing/0.1", "registered"]


def test_one_object_of_a_module_can_be_deployed(lhredis: Call) -> None:
    outcome = lhredis("deploy", "tests.cli.stories:greeting", "tests.cli.stories:story_greet", "--json")
    task_def, wf_spec = outcome.json["results"]
    assert task_def["id"] == {"name": "story-greet"}
    assert wf_spec["id"]["name"] == "story-greet"
    assert set(wf_spec["thread_specs"]) == {"entrypoint"}


def test_every_problem_of_a_spec_has_a_line_with_its_path(lhredis: Call, tmp_path: Path) -> None:
    spec = greeting.compile().to_json()
    nodes = spec["thread_specs"]["entrypoint"]["nodes"]
    nodes["1-story-greet-TASK"]["task"]["task_def_id"]["name"] = "nobody-knows"
    nodes["0-entrypoint-ENTRYPOINT"]["outgoing_edges"][0]["sink_node_name"] = "nowhere"
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(spec))
    outcome = lhredis("deploy", str(file))
    assert outcome.code == exits.USAGE
    problems = outcome.err.splitlines()[1:]
    assert any("nobody-knows" in line and "1-story-greet-TASK" in line for line in problems)
    assert any("nowhere" in line and "0-entrypoint-ENTRYPOINT" in line for line in problems)


def test_a_file_that_has_not_even_the_form_is_refused_here(lhredis: Call, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text('{"name": "bad name", "thread_specs": {"main": {"nodes": 3}}}')
    outcome = lhredis("deploy", str(file))
    assert outcome.code == exits.USAGE
    assert {line.split(":")[0].strip() for line in outcome.err.splitlines()[1:]} == {
        "name",
        "thread_specs.main.nodes",
        "entrypoint_thread_name",
    }
    file.write_text("{")
    assert "is no JSON" in lhredis("deploy", str(file)).err
    assert "cannot be read" in lhredis("deploy", "nowhere.json").err


def test_a_task_def_of_another_signature_is_refused(lhredis: Call, tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text('{"name": "story-greet"}')
    outcome = lhredis("deploy", str(file))
    assert outcome.code == exits.USAGE
    assert outcome.err.startswith("error: story-greet: ")
    assert "already exists" in outcome.err


def test_what_is_deleted_is_gone(lhredis: Call, tmp_path: Path) -> None:
    file = tmp_path / "task.json"
    file.write_text('{"name": "short-lived"}')
    assert lhredis("deploy", str(file)).out.split() == ["TaskDef", "short-lived", "registered"]
    assert lhredis("delete", "task-def", "short-lived").out.split() == ["TaskDef", "short-lived", "deleted"]
    assert lhredis("delete", "task-def", "short-lived").code == exits.NOT_FOUND

    Workflow("short-lived", lambda wf: None).save(file)
    assert lhredis("deploy", str(file)).code == 0
    assert lhredis("delete", "wf-spec", "short-lived", "0").code == exits.USAGE
    assert lhredis("delete", "wf-spec", "short-lived", "0.0").out.split()[1:] == [
        "short-lived/0.0",
        "deleted",
    ]
    assert lhredis("get", "wf-spec", "short-lived").code == exits.NOT_FOUND


def test_the_events_of_a_module_are_deployed_before_what_waits_for_them(
    lhredis: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "deployed_events.py").write_text(
        "from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest\n"
        "from lhredis.workflow import Workflow\n"
        "waits = Workflow('waits-for-it', lambda wf: wf.wait_for_event('it-came'))\n"
        "came = PutExternalEventDefRequest(name='it-came')\n"
        "went = PutWorkflowEventDefRequest(name='it-went')\n"
    )
    outcome = lhredis("deploy", "deployed_events")
    assert outcome.code == exits.OK, outcome.err
    assert [line.split()[:2] for line in outcome.out.splitlines()] == [
        ["ExternalEventDef", "it-came"],
        ["WorkflowEventDef", "it-went"],
        ["WfSpec", "waits-for-it/0.0"],
    ]
    assert lhredis("deploy", "deployed_events:came").out.split() == [
        "ExternalEventDef",
        "it-came",
        "unchanged",
    ]
    for noun, name in (("workflow-event-def", "it-went"), ("external-event-def", "it-came")):
        assert lhredis("delete", noun, name).code == exits.OK

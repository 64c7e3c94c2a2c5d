"""`lhredis get` and `lhredis list` show everything, for people and as the API's JSON."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lhredis import __version__
from lhredis.cli import exits
from lhredis.model.values import MASK
from tests.cli.conftest import Call


@pytest.fixture
def broken(lhredis: Call) -> str:
    """The id of a run whose task failed twice."""
    id = f"broken-{uuid4().hex[:8]}"
    lhredis("run", "story-break", "--wait", "--id", id, "--json")
    return id


@pytest.fixture
def greeted(lhredis: Call) -> str:
    """The id of a run that completed."""
    id = f"greeted-{uuid4().hex[:8]}"
    assert lhredis("run", "story-greet", "name=Ada", "--wait", "--id", id, "--json").code == 0
    return id


def test_a_run_is_shown_with_its_nodes_and_why_it_failed(lhredis: Call, broken: str) -> None:
    text = lhredis("get", "wf-run", broken).out
    for part in (broken, "story-break/0.0", "ERROR", "1-story-break-TASK", "2 of 2", "RuntimeError"):
        assert part in text
    assert lhredis("get", "wf-run", broken, "--json").json["id"] == broken


def test_nodes_and_tasks_are_shown_one_by_one(lhredis: Call, broken: str) -> None:
    assert "1-story-break-TASK" in lhredis("get", "node-run", broken, "0", "1").out
    assert lhredis("get", "node-run", broken, "0", "1", "--json").json["id"]["position"] == 1
    text = lhredis("get", "task-run", broken, "0-1").out
    assert text.count("TASK_FAILED") == 3, "the task and both attempts"
    assert "attempt 1 logged:" in text
    assert len(lhredis("get", "task-run", broken, "0-1", "--json").json["attempts"]) == 2


def test_nodes_and_tasks_are_listed(lhredis: Call, broken: str) -> None:
    assert "1-story-break-TASK" in lhredis("list", "node-runs", broken).out
    assert "2 of 2" in lhredis("list", "task-runs", broken).out
    nodes = lhredis("list", "node-runs", broken, "--thread", "0", "--json").json["results"]
    assert [node["node_name"] for node in nodes] == ["0-entrypoint-ENTRYPOINT", "1-story-break-TASK"]
    assert len(lhredis("list", "task-runs", broken, "--json").json["results"]) == 1


def test_checkpoints_are_listed(lhredis: Call, broken: str) -> None:
    assert '{"done": "half"}' in lhredis("list", "checkpoints", broken, "0-1").out
    (found,) = lhredis("list", "checkpoints", broken, "0-1", "--json").json["results"]
    assert (found["id"]["checkpoint_number"], found["value"]) == (0, {"done": "half"})
    assert lhredis("list", "checkpoints", broken, "0-7").code == exits.NOT_FOUND


def test_variables_are_shown_and_masked_ones_are_not(lhredis: Call, greeted: str) -> None:
    assert "Ada" in lhredis("get", "variable", greeted, "name").out
    assert MASK in lhredis("get", "variable", greeted, "secret").out
    table = lhredis("list", "variables", greeted).out
    assert MASK in table
    assert "hidden" not in table
    values = lhredis("list", "variables", greeted, "--json").json["results"]
    assert {value["id"]["name"]: value["value"] for value in values} == {
        "name": "Ada", "times": 1, "secret": MASK,
    }  # fmt: skip


def test_definitions_are_shown_and_listed(lhredis: Call) -> None:
    assert "Say hello." in lhredis("get", "task-def", "story-greet").out
    assert "required" in lhredis("get", "wf-spec", "story-greet").out
    assert "task story-greet, 60 s" in lhredis("get", "wf-spec", "story-greet", "--major-version", "0").out
    assert "story-greet" in lhredis("list", "task-defs").out.split()
    assert {"name": "story-greet"} in lhredis("list", "task-defs", "--json").json["results"]
    assert "story-greet" in lhredis("list", "wf-specs").out
    assert lhredis("list", "wf-specs", "story-greet", "--json").json["results"][0]["name"] == "story-greet"


def test_runs_are_listed_page_by_page(lhredis: Call, greeted: str, broken: str) -> None:
    first = lhredis("list", "wf-runs", "--limit", "1", "--json").json
    second = lhredis("list", "wf-runs", "--limit", "1", "--bookmark", first["bookmark"], "--json").json
    assert len(first["results"]) == len(second["results"]) == 1
    assert first["results"][0]["id"] != second["results"][0]["id"]
    assert "more: lhredis list wf-runs --bookmark" in lhredis("list", "wf-runs", "--limit", "1").out
    assert greeted in lhredis("list", "wf-runs").out


def test_runs_are_listed_by_spec_and_status(lhredis: Call, greeted: str, broken: str) -> None:
    listed = lhredis("list", "runs", "--spec", "story-break", "--status", "ERROR", "--limit", "1000").out
    assert broken in listed and greeted not in listed
    lhredis("run", "story-break", "--json")
    more = lhredis("list", "runs", "--spec", "story-break", "--limit", "1").out
    assert "more: lhredis list wf-runs --spec story-break --bookmark" in more
    assert "expected one of STARTING" in lhredis("list", "runs", "--status", "DONE").err


def test_a_thread_is_shown(lhredis: Call, greeted: str) -> None:
    assert "COMPLETED" in lhredis("get", "thread-run", greeted, "0").out
    assert lhredis("get", "thread-run", greeted, "0", "--json").json["thread_run"]["number"] == 0
    assert lhredis("get", "thread-run", greeted, "7").code == exits.NOT_FOUND


def test_nothing_is_in_quarantine(lhredis: Call) -> None:
    assert lhredis("list", "quarantine").out.split() == ["none"]
    assert lhredis("list", "quarantine", "--json").json == {"results": []}


@pytest.mark.parametrize(
    "arguments",
    [
        ["wf-run", "x"], ["wf-spec", "x"], ["task-def", "x"], ["node-run", "x", "0", "0"],
        ["task-run", "x", "0-1"], ["variable", "x", "y"],
    ],
)  # fmt: skip
def test_what_does_not_exist_is_code_3(lhredis: Call, arguments: list[str]) -> None:
    outcome = lhredis("get", *arguments)
    assert outcome.code == exits.NOT_FOUND
    assert len(outcome.err.splitlines()) == 1


def test_version_and_health_tell_of_the_server(lhredis: Call, alone: Call) -> None:
    assert lhredis("version").out.splitlines() == [f"lhredis {__version__}", f"server  {__version__}"]
    assert "partitions" in lhredis("health").out
    assert lhredis("health", "--json").json["status"] == "ready"
    away = ("--api-url", "http://127.0.0.1:1")
    assert "none answers" in alone("version", *away).out
    assert alone("version", "--json", *away).json == {"version": __version__, "server": None}
    assert alone("health", *away).code == exits.UNREACHABLE

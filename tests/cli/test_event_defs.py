"""Event definitions on the command line: deployed from a file, shown, listed, deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lhredis.cli import exits
from tests.cli.conftest import Call


def definition(folder: Path, **body: Any) -> str:
    """The path of a file with this definition."""
    file = folder / "definition.json"
    file.write_text(json.dumps(body))
    return str(file)


def test_an_external_event_def_is_deployed_changed_shown_and_deleted(lhredis: Call, tmp_path: Path) -> None:
    body: dict[str, Any] = {"kind": "ExternalEventDef", "name": "story-paid", "content_type": "INT"}
    first = lhredis("deploy", definition(tmp_path, **body))
    assert first.out.split() == ["ExternalEventDef", "story-paid", "registered"]
    assert "unchanged" in lhredis("deploy", definition(tmp_path, **body)).out
    body |= {"retention_policy": {"seconds_after_put": 60}, "correlated_event_config": {"ttl_seconds": 5}}
    del body["kind"]  # these fields tell it
    assert "registered" in lhredis("deploy", definition(tmp_path, **body)).out

    text = lhredis("get", "external-event-def", "story-paid").out
    for part in ("story-paid", "INT", "60 s", "for 5 s"):
        assert part in text
    assert lhredis("get", "external-event-def", "story-paid", "--json").json["id"] == {"name": "story-paid"}
    assert "story-paid" in lhredis("list", "external-event-defs", "--prefix", "story").out.split()

    assert "deleted" in lhredis("delete", "external-event-def", "story-paid").out
    assert lhredis("delete", "external-event-def", "story-paid").code == exits.NOT_FOUND
    assert lhredis("get", "external-event-def", "story-paid").code == exits.NOT_FOUND


def test_a_workflow_event_def_is_deployed_once_shown_and_deleted(lhredis: Call, tmp_path: Path) -> None:
    body = {"kind": "WorkflowEventDef", "name": "story-sent", "content_type": "STR"}
    first = lhredis("deploy", definition(tmp_path, **body))
    assert first.out.split() == ["WorkflowEventDef", "story-sent", "registered"]
    assert "unchanged" in lhredis("deploy", definition(tmp_path, **body)).out
    refused = lhredis("deploy", definition(tmp_path, **body | {"content_type": "INT"}))
    assert refused.code == exits.USAGE
    assert refused.err.startswith("error: story-sent: WorkflowEventDef [story-sent] already exists")

    assert "STR" in lhredis("get", "workflow-event-def", "story-sent").out
    listed = lhredis("list", "workflow-event-defs", "--json").json
    assert listed == {"results": [{"name": "story-sent"}]}

    assert "deleted" in lhredis("delete", "workflow-event-def", "story-sent").out
    assert lhredis("get", "workflow-event-def", "story-sent").code == exits.NOT_FOUND
    assert lhredis("list", "workflow-event-defs").out.split() == ["none"]


def test_names_are_listed_page_by_page(lhredis: Call, tmp_path: Path) -> None:
    for name in ("page-a", "page-b", "page-c"):
        lhredis("deploy", definition(tmp_path, kind="ExternalEventDef", name=name))
    first = lhredis("list", "external-event-defs", "--prefix", "page", "--limit", "2")
    more = first.out.splitlines()[-1].removeprefix("more: lhredis ").split()
    assert lhredis(*more, "--json").json == {"results": [{"name": "page-c"}]}


@pytest.mark.parametrize(
    ("body", "says"),
    [({"kind": "Odd", "name": "a"}, "kind is one of TaskDef"), ({"kind": ["x"]}, "['x']")],
)
def test_a_file_of_no_known_kind_is_refused(alone: Call, tmp_path: Path, body: Any, says: str) -> None:
    outcome = alone("deploy", definition(tmp_path, **body))
    assert outcome.code == exits.USAGE
    assert says in outcome.err

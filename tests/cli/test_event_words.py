"""The content of events as typed on a command line, and what people are shown of events and threads."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console, RenderableType

from lhredis.cli import event_tables, exits, run_tables
from lhredis.cli.arguments import parse_content
from lhredis.errors import InvalidArgument
from lhredis.model.events import CorrelatedEvent, ExternalEvent, WorkflowEvent
from lhredis.model.node_run import NodeRun
from lhredis.model.types import ReturnType
from lhredis.model.values import WfRunId
from lhredis.model.wf_run import WfRun
from tests.api.test_event_calls import CORRELATED, POSTED, RUN, THROWN
from tests.api.test_run_models import NODE_PARTS, NODE_RUN_ID, NOW, SPEC_ID, THREAD_RUN
from tests.cli.conftest import Call


def text(shown: RenderableType) -> str:
    console = Console(width=160, file=StringIO())
    console.print(shown)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("word", "kind", "value"),
    [
        ("42", "INT", 42),
        ("42", "STR", "42"),
        ('{"a": 1}', "JSON_OBJ", {"a": 1}),
        ("null", "INT", None),
        ("42", None, 42),
        ("[1]", None, [1]),
        ("hello", None, "hello"),
        ('"42"', None, "42"),
        ('{"$wf_run_id": "a_b"}', None, WfRunId("a_b")),
        ("", None, ""),
    ],
)
def test_content_is_what_the_def_says_or_json_or_text(word: str, kind: str | None, value: Any) -> None:
    declared = ReturnType.model_validate(kind) if kind else None
    found = parse_content(word, declared)
    assert (found, type(found)) == (value, type(value))


def test_content_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="content: an INT is wanted"):
        parse_content("x", ReturnType.model_validate("INT"))
    with pytest.raises(InvalidArgument, match="content: such events have none"):
        parse_content("x", ReturnType())


@pytest.mark.parametrize("word", ["sent", "sent/x", "s_t/0", "sent/-1", "/0"])
def test_an_event_to_ignore_that_is_none_is_refused(alone: Call, word: str) -> None:
    outcome = alone("await-event", "a", "sent", "--ignore", word)
    assert outcome.code == exits.USAGE
    assert "<def>/<number>" in outcome.err


def test_events_are_shown() -> None:
    posted = ExternalEvent.model_validate(POSTED | {"content": "money", "thread_run_number": 1})
    for part in ("paid", "g1", "yes", "thread 1", "money"):
        assert part in text(event_tables.external_event(posted))
        assert part in text(event_tables.external_events([posted]))
    thrown = WorkflowEvent.model_validate(THROWN)
    for part in ("sent", "5", "0/1"):
        assert part in text(event_tables.workflow_event(thrown))
        assert part in text(event_tables.workflow_events([thrown]))
    correlated = text(event_tables.correlated_event(CorrelatedEvent.model_validate(CORRELATED)))
    assert "order 1" in correlated and "parent_child" in correlated


def test_threads_are_shown_with_why_they_halt() -> None:
    main = THREAD_RUN | {"number": 0, "halt_reasons": [], "status": "RUNNING"}
    run = WfRun.model_validate(RUN | {"thread_runs": [main, THREAD_RUN]})
    assert "parent_halted, manual_halt" in text(run_tables.threads(run))


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("external_event", ["waits for", "paid", "order 1", "g1"]),
        ("throw_event", ["sent 0"]),
        ("start_thread", ["1 of child"]),
        ("start_multiple_threads", ["1, 2 of child"]),
        ("wait_for_threads", ["THREAD_COMPLETED_OR_FAILURE_HANDLED", "COMPLETED", "4"]),
        ("run_child_wf", ["a_b", "flow/0.0", "input n"]),
        ("wait_for_child_wf", ["a_b"]),
        ("wait_for_condition", ["1-node"]),
    ],
)
def test_a_node_run_is_shown_with_what_its_kind_has_to_tell(part: str, words: list[str]) -> None:
    form = {
        "id": NODE_RUN_ID,
        "wf_spec_id": SPEC_ID,
        "status": "RUNNING",
        "thread_spec_name": "entrypoint",
        "node_name": "1-node",
        "arrival_time": NOW,
        part: NODE_PARTS[part],
    }
    shown = text(run_tables.node_run(NodeRun.model_validate(form)))
    assert all(word in shown for word in words), shown

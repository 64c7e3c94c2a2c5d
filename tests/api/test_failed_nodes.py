"""Nodes that fail before they have anything to show are shown all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lhredis.cli import run_tables
from lhredis.client import Client
from lhredis.model.enums import LHStatus
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.workflow import WorkflowThread
from tests.api.specs import compiled
from tests.cli.test_event_words import text

Story = Callable[[WorkflowThread, Any], object]


def needing(thread: WorkflowThread) -> None:
    thread.declare_int("needed").required()


STORIES: dict[str, Story] = {
    "task": lambda wf, null: wf.execute(wf.format("no-{0}", null)),
    "sleep": lambda wf, null: wf.sleep(null["x"]),
    "external_event": lambda wf, null: wf.wait_for_event("came", timeout=null["x"]),
    "throw_event": lambda wf, null: wf.throw_event("thrown", null["x"] + 1),
    "start_thread": lambda wf, null: wf.spawn_thread(needing, "child", {"needed": null["x"]}),
    "start_multiple_threads": lambda wf, null: wf.spawn_thread_for_each(
        null["x"], lambda each: None, "child"
    ),
    "wait_for_condition": lambda wf, null: wf.wait_for_condition(null["x"]),
}


@pytest.mark.parametrize("kind", STORIES)
async def test_a_node_that_could_not_start_is_shown_with_why(client: Client, kind: str) -> None:
    await client.put_external_event_def(PutExternalEventDefRequest(name="came"))
    await client.put_workflow_event_def(PutWorkflowEventDefRequest(name="thrown"))
    await client.put_wf_spec(compiled("flow", lambda wf: STORIES[kind](wf, wf.declare_json_obj("null"))))
    run = await client.run_wf("flow")
    assert run.status is LHStatus.ERROR
    failed = await client.get_node_run(run.id, 0, 1)
    assert failed.status is LHStatus.ERROR and len(failed.failures) == 1
    assert getattr(failed, kind) is not None
    assert failed.node_name in text(run_tables.node_run(failed))

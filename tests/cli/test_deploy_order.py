"""What is deployed together is registered in an order in which each finds what it refers to."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.cli.deploy_order import in_order
from lhredis.errors import InvalidArgument
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.workflow import Workflow, WorkflowBuildError, WorkflowThread


def running(name: str, *children: str, parent: str | None = None) -> Any:
    def story(wf: WorkflowThread) -> None:
        for child in children:
            wf.run_wf(child)

    return Workflow(name, story, parent_wf=parent).compile()


def names(*requests: Any) -> list[str]:
    return [request.name for request in in_order(requests)]


def test_children_come_before_those_that_run_them_and_after_their_parents() -> None:
    a, b, c, d = running("a", "b", "elsewhere"), running("b", "c"), running("c"), running("d", parent="e")
    assert names(a, d, b, c, running("e")) == ["c", "b", "a", "e", "d"]


def test_a_circle_is_left_as_it_is() -> None:
    assert names(running("a", "b"), running("b", "a")) == ["b", "a"]


def test_tasks_and_events_come_first_and_an_event_only_once() -> None:
    typed = Workflow("typed", lambda wf: wf.wait_for_event("paid", return_type=int)).requests()
    untyped = Workflow("untyped", lambda wf: wf.wait_for_event("paid", auto_register=True)).requests()
    requests = in_order([*typed, *untyped, PutTaskDefRequest(name="work")])
    assert [request.name for request in requests] == ["work", "paid", "typed", "untyped"]
    assert requests[1] == typed[0]


def test_a_name_stands_for_one_wf_spec() -> None:
    assert names(running("a"), running("a")) == ["a"]
    with pytest.raises(InvalidArgument, match="two different WfSpecs called 'a'"):
        in_order([running("a"), running("a", "b")])


def test_two_workflows_that_contradict_each_other_about_an_event_are_refused() -> None:
    one, other = (
        Workflow("x", lambda wf, kind=kind: wf.wait_for_event("paid", return_type=kind)).requests()
        for kind in (int, str)
    )
    with pytest.raises(WorkflowBuildError, match="'paid' is registered with another content_type"):
        in_order([*one, *other])

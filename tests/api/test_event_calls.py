"""What the client sends for events and run control, and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest

from lhredis.client import Client
from lhredis.errors import DeadlineExceeded, InvalidArgument, NotFound
from lhredis.model.enums import LHStatus
from lhredis.model.ids import WorkflowEventId
from tests.api.test_run_models import EVENT_ID, NODE_RUN_ID, NOW, SPEC_ID, THREAD_RUN

POSTED = {"id": EVENT_ID, "created_at": NOW, "claimed": True}
CORRELATED = {
    "id": {"key": "order 1", "external_event_def_id": {"name": "paid"}},
    "created_at": NOW,
    "external_events": [EVENT_ID],
}
THROWN_ID = {"wf_run_id": "a", "workflow_event_def_id": {"name": "sent"}, "number": 0}
THROWN = {"id": THROWN_ID, "content": 5, "created_at": NOW, "node_run_id": NODE_RUN_ID}
RUN = {"id": "a_b", "wf_spec_id": SPEC_ID, "status": "HALTING", "start_time": NOW, "thread_runs": []}
THREAD = {"id": {"wf_run_id": "a", "thread_run_number": 1}, "thread_run": THREAD_RUN, "archived": {}}


class Api:
    """Answers every request with the next of its answers, and remembers what was asked."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, Any]] = []

    def client(self) -> Client:
        return Client("http://lhredis", tenant="default", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.raw_path.decode(), body))
        answer = self._answers.pop(0) if self._answers else {}
        if isinstance(answer, int):
            code = "DEADLINE_EXCEEDED" if answer == 504 else "NOT_FOUND"
            return httpx.Response(answer, json={"code": code, "detail": "none came"})
        return httpx.Response(200, json=answer) if answer else httpx.Response(204)


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "answer"),
    [
        (
            lambda client: client.post_event("a_b", "paid"),
            "POST", "/v1/external-events",
            {"wf_run_id": "a_b", "external_event_def_id": {"name": "paid"}}, POSTED,
        ),
        (
            lambda client: client.post_event(
                "a", "paid", b"hi", guid="g1", thread_run_number=0, node_run_position=2
            ),
            "POST", "/v1/external-events",
            {
                "wf_run_id": "a", "external_event_def_id": {"name": "paid"}, "guid": "g1",
                "content": {"$bytes": "aGk="}, "thread_run_number": 0, "node_run_position": 2,
            },
            POSTED,
        ),
        (
            lambda client: client.get_external_event("a", "paid", "g1"),
            "GET", "/v1/wf-runs/a/external-events/paid/g1", None, POSTED,
        ),
        (
            lambda client: client.put_correlated_event("paid", "order 1", {"a": 1}),
            "POST", "/v1/correlated-events",
            {"key": "order 1", "external_event_def_id": {"name": "paid"}, "content": {"a": 1}}, CORRELATED,
        ),
        (
            lambda client: client.get_correlated_event("paid", "ö ?#%.."),
            "GET", "/v1/correlated-events/paid/%C3%B6%20%3F%23%25%2E%2E", None, CORRELATED,
        ),
        (
            lambda client: client.get_workflow_event("a", "sent", 3),
            "GET", "/v1/wf-runs/a/workflow-events/sent/3", None, THROWN,
        ),
        (
            lambda client: client.stop_wf_run("a_b"),
            "POST", "/v1/wf-runs/a_b:stop", {"thread_run_number": 0}, RUN,
        ),
        (
            lambda client: client.resume_wf_run("a_b", 2),
            "POST", "/v1/wf-runs/a_b:resume", {"thread_run_number": 2}, RUN,
        ),
        (lambda client: client.get_thread_run("a", 1), "GET", "/v1/wf-runs/a/threads/1", None, THREAD),
    ],
)  # fmt: skip
async def test_one_thing_is_asked_for_and_read(
    call: Callable[[Client], Any], method: str, path: str, body: Any, answer: dict[str, Any]
) -> None:
    api = Api(answer)
    async with api.client() as client:
        found = await call(client)
    assert api.asked == [(method, path, body)]
    assert type(found).model_validate(answer) == found


async def test_events_are_listed() -> None:
    api = Api({"results": [POSTED]}, {"results": [THROWN]})
    async with api.client() as client:
        (posted,) = await client.list_external_events("a")
        (thrown,) = await client.list_workflow_events("a")
    assert (posted.claimed, thrown.content) == (True, 5)
    assert [path for _, path, _ in api.asked] == [
        "/v1/wf-runs/a/external-events",
        "/v1/wf-runs/a/workflow-events",
    ]


@pytest.mark.parametrize("key", [".", ".."])
async def test_a_key_of_dots_is_no_step_up_in_the_path(key: str) -> None:
    api = Api()
    async with api.client() as client:
        await client.delete_correlated_event("paid", key)
    assert api.asked == [("DELETE", f"/v1/correlated-events/paid/{key.replace('.', '%2E')}", None)]


async def test_a_stopped_run_is_read_as_it_is() -> None:
    async with Api(RUN).client() as client:
        assert (await client.stop_wf_run("a_b")).status is LHStatus.HALTING


async def test_an_event_is_waited_for_by_def_and_not_those_that_are_known() -> None:
    api = Api(THROWN)
    async with api.client() as client:
        known = WorkflowEventId.model_validate(THROWN_ID)
        found = await client.await_workflow_event("a", ["sent", "other"], [known], wait_s=0)
    assert found.id.number == 0
    ((method, path, _),) = api.asked
    assert method == "GET"
    assert path == (
        "/v1/wf-runs/a/workflow-events:await?event_def=sent&event_def=other&ignore=sent%2F0&wait_ms=0"
    )


async def test_a_long_wait_is_asked_for_in_pieces() -> None:
    api = Api(504, 504, THROWN)
    async with api.client() as client:
        assert (await client.await_workflow_event("a", wait_s=float("inf"))).content == 5
    assert [path.rpartition("=")[2] for _, path, _ in api.asked] == ["60000"] * 3


async def test_a_wait_ends_with_its_time() -> None:
    api = Api(504)
    async with api.client() as client:
        with pytest.raises(DeadlineExceeded, match=r"'a' threw no such WorkflowEvent within 0.1 s"):
            await client.await_workflow_event("a", wait_s=0.1)
    assert len(api.asked) == 1
    async with Api(404).client() as client:
        with pytest.raises(NotFound):
            await client.await_workflow_event("a")


async def test_what_cannot_stand_in_a_request_is_not_sent() -> None:
    api = Api()
    async with api.client() as client:
        for call, says in (
            (client.post_event("a/b", "paid"), "WfRun id: letters"),
            (client.post_event("a", "pa id"), "ExternalEventDef: letters"),
            (client.post_event("a", "paid", {1, 2}), "content: no variable type holds a Python set"),
            (client.put_correlated_event("paid", "a/b"), "key: any characters but / and ~"),
            (client.get_correlated_event("paid", ""), "key: 1 to 1024 characters"),
            (client.get_external_event("a", "paid", "../x"), "guid: letters"),
            (client.await_workflow_event("a", ["s?x"]), "WorkflowEventDef: letters"),
        ):
            with pytest.raises(InvalidArgument, match=says):
                await call
    assert api.asked == []

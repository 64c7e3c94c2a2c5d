"""Requests about user tasks that nobody should send: each is refused, and says why."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from lhredis.client import Client
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.workflow import Workflow
from tests.api.test_bad_requests import refused

DEFS = "/v1/user-task-defs"


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        ({"name": "a b"}, "name", "letters, digits and inner hyphens"),
        ({"name": "f", "fields": [{"name": "x", "type": "JSON_OBJ"}]}, "fields[0].type", "one of STR, INT"),
        ({"name": "f", "fields": [{"name": "x", "type": "TEXT"}]}, "fields[0].type", "expected one of"),
        ({"name": "f", "fields": [{"name": " ", "type": "STR"}]}, "fields[0].name", "printable characters"),
        ({"name": "f", "fields": [{"type": "STR"}]}, "fields[0].name", "is required"),
        ({"name": "f", "fields": [{"name": "x", "type": "STR"}] * 2}, "", "doubled: x"),
        ({"name": "f", "fields": [{"name": "x", "type": "STR"}] * 201}, "fields", "at most 200 items"),
    ],
)
async def test_a_form_that_cannot_be(
    http: httpx.AsyncClient, body: dict[str, Any], path: str, says: str
) -> None:
    problem = await refused(await http.post(DEFS, json=body), 400)
    (one,) = problem["problems"]
    assert (one["path"], says in one["message"]) == (path, True)


async def asking(client: Client) -> str:
    """The URL of a user task that is open."""
    await client.put_user_task_def(PutUserTaskDefRequest(name="form"))
    await client.put_wf_spec(Workflow("asks", lambda wf: wf.assign_user_task("form", "ann")).compile())
    run = await client.run_wf("asks")
    return f"/v1/wf-runs/{run.id}/user-task-runs/0-1"


@pytest.mark.parametrize(
    ("verb", "body", "says"),
    [
        (":assign", {}, "give user_id, user_group or both"),
        (":assign", {"user_id": 7}, "expected a string"),
        (":assign", {"user_id": "x" * 5000, "override_claim": True}, "at most 4096 characters"),
        (":claim", {}, "is required"),
        (":claim", {"user_id": ""}, "UserId can't be empty"),
        (":complete", {}, "is required"),
        (":complete", {"user_id": "ann", "results": {"x": 1}}, "there is no such field"),
        (":complete", {"user_id": "ann", "results": []}, "expected an object"),
        (":save", {"user_id": "ann", "policy": "MINE"}, "expected one of FAIL_IF_CLAIMED_BY_OTHER"),
        (":save", {"user_id": " "}, "UserId can't be empty"),
        (":cancel", {"why": "x"}, "there is no such field"),
        ("/comments", {"user_id": "ann"}, "is required"),
        ("/comments", {"user_id": "ann", "comment": ""}, "Comment can't be empty"),
    ],
)
async def test_an_operation_that_makes_no_sense(
    client: Client, http: httpx.AsyncClient, verb: str, body: dict[str, Any], says: str
) -> None:
    url = await asking(client)
    problem = await refused(await http.post(url + verb, json=body), 400)
    assert says in str(problem)


async def test_urls_of_user_tasks_that_are_not_there(client: Client, http: httpx.AsyncClient) -> None:
    url = await asking(client)
    runs = url.rpartition("/")[0]
    await refused(await http.get(f"{runs}/one"), 400)
    await refused(await http.get(f"{runs}/0-9"), 404, "NOT_FOUND")
    await refused(await http.post(f"{runs}/0-0:cancel"), 404, "NOT_FOUND")
    await refused(await http.post("/v1/wf-runs/nobody/user-task-runs/0-1:cancel"), 404, "NOT_FOUND")
    await refused(await http.delete(f"{url}/comments/1"), 400)
    await refused(await http.delete(f"{url}/comments/1?user_id=ann"), 404, "NOT_FOUND")
    await refused(await http.delete(f"{url}/comments/0?user_id=ann"), 412, "FAILED_PRECONDITION")
    await refused(await http.get(f"{DEFS}/form?version=7"), 404, "NOT_FOUND")
    await refused(await http.get(f"{DEFS}/nothing/versions"), 404, "NOT_FOUND")

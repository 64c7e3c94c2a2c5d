"""Requests that are well formed and mean harm, or come at a bad time: each gets a clear answer, and does
nothing by half."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from lhredis.client import Client
from lhredis.model.event_def import PutExternalEventDefRequest
from tests.api.specs import compiled, put_instant
from tests.api.test_bad_requests import refused

TOO_DEEP = "_".join(["a"] * 33)
VERY_DEEP = "_".join(["a"] * 20_000)


@pytest.mark.parametrize("deep", [TOO_DEEP, VERY_DEEP])
async def test_an_id_with_too_many_ancestors_is_refused_before_any_is_looked_for(
    client: Client, http: httpx.AsyncClient, deep: str
) -> None:
    await put_instant(client)
    await client.put_external_event_def(PutExternalEventDefRequest(name="happened"))
    said = "WfRuns nest at most 32 levels deep (WF_RUN_DEPTH_MAX)"
    event: dict[str, Any] = {"wf_run_id": deep, "external_event_def_id": {"name": "happened"}}
    for url, body in (
        ("/v1/external-events", event),
        ("/v1/wf-runs", {"wf_spec_name": "instant", "parent_wf_run_id": deep}),
        ("/v1/wf-runs", {"wf_spec_name": "instant", "variables": {"n": {"$wf_run_id": deep}}}),
        (f"/v1/wf-runs/{deep}:stop", {}),
    ):
        assert said in (await refused(await http.post(url, json=body), 400))["detail"]
    assert said in (await refused(await http.get(f"/v1/wf-runs/{deep}"), 400))["detail"]


async def test_a_child_of_the_deepest_run_is_refused(client: Client, http: httpx.AsyncClient) -> None:
    await client.put_wf_spec(compiled("top", lambda wf: wf.sleep(1000)))
    body = {"wf_spec_name": "top", "parent_wf_run_id": TOO_DEEP.removesuffix("_a")}
    problem = await refused(await http.post("/v1/wf-runs", json=body), 400)
    assert "parent_wf_run_id: WfRuns nest at most 32 levels deep" in problem["detail"]


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
async def test_the_first_and_the_last_moments_are_times_like_any_other(
    client: Client, http: httpx.AsyncClient, at: str, shown: str
) -> None:
    await put_instant(client)
    body = {"wf_spec_name": "instant", "id": "once", "start_at": at}
    answer = await http.post("/v1/scheduled-wf-runs", json=body)
    assert (answer.status_code, answer.json()["start_at"]) == (201, shown)
    assert (await client.get_scheduled_wf_run("once")).start_at == shown


@pytest.mark.parametrize("key", ["plain", "a b", "..", ".", "\x00", "é:{p0}%2F", "😀", "k" * 1024])
async def test_what_was_made_is_where_the_answer_says(
    client: Client, http: httpx.AsyncClient, key: str
) -> None:
    keyed: dict[str, Any] = {"name": "keyed", "correlated_event_config": {}}
    await client.put_external_event_def(PutExternalEventDefRequest.model_validate(keyed))
    body = {"key": key, "external_event_def_id": {"name": "keyed"}, "content": 1}
    made = await http.post("/v1/correlated-events", json=body)
    assert made.status_code == 201
    assert (await http.get(made.headers["location"])).json() == made.json()


async def test_a_bulk_job_is_where_the_answer_says(http: httpx.AsyncClient) -> None:
    body = {"id": "job", "bulk_delete_wf_run": {"wf_spec_name": "nothing"}}
    made = await http.post("/v1/bulk-jobs", json=body)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/bulk-jobs/job")
    assert (await http.get(made.headers["location"])).json()["id"] == {"id": "job"}


async def test_what_is_asked_of_a_run_whose_spec_was_deleted_is_refused_and_not_set_aside(
    client: Client, http: httpx.AsyncClient
) -> None:
    await client.put_external_event_def(PutExternalEventDefRequest(name="happened"))
    await client.put_wf_spec(compiled("waits", lambda wf: wf.wait_for_event("happened")))
    await client.run_wf("waits", id="r1")
    await client.delete_wf_spec("waits", 0, 0)
    event = {"wf_run_id": "r1", "external_event_def_id": {"name": "happened"}, "guid": "g"}
    requests = [
        http.post("/v1/external-events", json=event),
        http.post("/v1/wf-runs/r1:resume", json={}),
        http.post("/v1/wf-runs/r1:rescue", json={"thread_run_number": 0, "skip_current_node": True}),
        *[http.post("/v1/wf-runs/r1:stop", json={}) for _ in range(100)],
    ]
    for answer in await asyncio.gather(*requests):
        problem = await refused(answer, 412, "FAILED_PRECONDITION")
        assert problem["detail"] == "WfRun 'r1' cannot go on: there is no WfSpec 'waits' 0.0"
    assert await client.quarantine() == []
    assert await client.list_external_events("r1") == []
    assert (await client.get_wf_run("r1")).status.name == "RUNNING"
    await client.delete_wf_run("r1")


async def test_of_fifty_that_want_the_same_id_one_gets_it(client: Client, http: httpx.AsyncClient) -> None:
    keyed: dict[str, Any] = {"name": "keyed", "correlated_event_config": {}}
    await client.put_external_event_def(PutExternalEventDefRequest.model_validate(keyed))
    await client.put_wf_spec(compiled("sleeps", lambda wf: wf.sleep(1000)))
    run = {"wf_spec_name": "sleeps", "id": "same"}
    for url, body in (
        ("/v1/wf-runs", run),
        ("/v1/scheduled-wf-runs", run | {"cron_expression": "0 0 1 1 *"}),
        (
            "/v1/external-events",
            {"wf_run_id": "same", "external_event_def_id": {"name": "keyed"}, "guid": "g"},
        ),
        ("/v1/correlated-events", {"key": "same", "external_event_def_id": {"name": "keyed"}}),
    ):
        answers = await asyncio.gather(*[http.post(url, json=body) for _ in range(50)])
        taken = [answer for answer in answers if answer.status_code != 201]
        assert len(taken) == 49, url
        for answer in taken:
            await refused(answer, 409, "ALREADY_EXISTS")


HUGE = 2**62


@pytest.mark.parametrize(
    ("url", "body", "path"),
    [
        (
            "/v1/external-event-defs",
            {"name": "e", "retention_policy": {"seconds_after_put": HUGE}},
            "retention_policy.seconds_after_put",
        ),
        (
            "/v1/external-event-defs",
            {"name": "e", "correlated_event_config": {"ttl_seconds": 2**70}},
            "correlated_event_config.ttl_seconds",
        ),
        (
            "/v1/wf-specs",
            {
                "name": "s",
                "thread_specs": {},
                "entrypoint_thread_name": "e",
                "retention_policy": {"seconds_after_wf_termination": HUGE},
            },
            "retention_policy.seconds_after_wf_termination",
        ),
        (
            "/v1/external-events",
            {"wf_run_id": "r", "external_event_def_id": {"name": "e"}, "thread_run_number": HUGE},
            "thread_run_number",
        ),
        ("/v1/wf-runs/r:stop", {"thread_run_number": 2**70}, "thread_run_number"),
        ("/v1/wf-runs", {"wf_spec_name": "s", "major_version": 2**70}, "major_version"),
        (
            "/v1/wf-runs:search",
            {"wf_spec_name": "s", "wf_spec_major_version": HUGE},
            "wf_spec_major_version",
        ),
    ],
)
async def test_a_number_that_nothing_can_have_is_refused(
    http: httpx.AsyncClient, url: str, body: dict[str, Any], path: str
) -> None:
    problem = await refused(await http.post(url, json=body), 400)
    (found,) = [one for one in problem["problems"] if one["path"] == path]
    assert "less than or equal to" in found["message"] or "more than 64 bits" in found["message"]


@pytest.mark.parametrize("verb", ["stop", "resume"])
async def test_a_body_that_says_nothing_may_be_left_out_and_the_description_says_so(
    client: Client, http: httpx.AsyncClient, verb: str
) -> None:
    await client.put_wf_spec(compiled("sleeps", lambda wf: wf.sleep(1000)))
    await client.run_wf("sleeps", id="r1")
    assert (await http.post(f"/v1/wf-runs/r1:{verb}")).status_code == 200
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert paths[f"/v1/wf-runs/{{wf_run_id}}:{verb}"]["post"]["requestBody"]["required"] is False
    assert paths["/v1/wf-runs"]["post"]["requestBody"]["required"] is True

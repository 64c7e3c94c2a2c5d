"""Requests that nobody should send: each is refused with a problem that says what is wrong and where."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from lhredis.client import Client
from lhredis.model.limits import BODY_BYTES_MAX
from tests.api.specs import compiled, put_instant

START = "/v1/wf-runs"


async def refused(answer: httpx.Response, status: int, code: str = "INVALID_ARGUMENT") -> dict[str, Any]:
    """The problem of an answer, after a look at everything that every problem has."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["type"] == f"https://lhredis.dev/problems/{code.lower().replace('_', '-')}"
    assert problem["title"] and problem["detail"]
    assert problem["instance"] == answer.request.url.path
    return problem


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body is empty"),
        (b"{", "the body is no JSON"),
        (b"not json", "the body is no JSON"),
        (b'{"wf_spec_name": "a"} {}', "the body is no JSON"),
        (b'{"wf_spec_name": "\xff"}', "the body is no JSON"),
        (b'{"wf_spec_name": "\\ud800"}', "the body is no JSON"),
        (b'{"wf_spec_name": "a", "variables": {"n": ' + b"9" * 5000 + b"}}", "the body is no JSON"),
        (b"[" * 100_000, "the body is no JSON"),
        (b"[]", "expected an object"),
        (b"null", "expected an object"),
        (b"7", "expected an object"),
    ],
)
async def test_a_body_that_is_no_json_object(http: httpx.AsyncClient, body: bytes, says: str) -> None:
    problem = await refused(await http.post(START, content=body), 400)
    assert says in problem["detail"]


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        ({}, "wf_spec_name", "is required"),
        ({"wf_spec_name": 7}, "wf_spec_name", "expected a string"),
        ({"wf_spec_name": ""}, "wf_spec_name", "letters, digits and inner hyphens"),
        ({"wf_spec_name": "a\x00b"}, "wf_spec_name", "letters, digits and inner hyphens"),
        ({"wf_spec_name": "a" * 129}, "wf_spec_name", "at most 128 characters; got 129"),
        ({"wf_spec_name": "a", "id": "a_b"}, "id", "letters, digits and inner hyphens"),
        ({"wf_spec_name": "a", "idd": "b"}, "idd", "there is no such field"),
        ({"wf_spec_name": "a", "major_version": "1"}, "major_version", "expected an integer"),
        ({"wf_spec_name": "a", "major_version": True}, "major_version", "expected an integer"),
        ({"wf_spec_name": "a", "major_version": 1.5}, "major_version", "expected an integer"),
        ({"wf_spec_name": "a", "major_version": -1}, "major_version", "greater than or equal to 0"),
        ({"wf_spec_name": "a", "variables": []}, "variables", "expected an object"),
        ({"wf_spec_name": "a", "variables": {"n": 2**63}}, "variables.n", "an INT has 64 bits"),
        ({"wf_spec_name": "a", "variables": {"n": [2**64]}}, "variables.n", "at most 64 bits"),
        ({"wf_spec_name": "a", "variables": {"n": float("nan")}}, "variables.n", "a DOUBLE is finite"),
        ({"wf_spec_name": "a", "variables": {"n": {"$bytes": "?"}}}, "variables.n", "base64"),
        ({"wf_spec_name": "a", "variables": {"n": {"$odd": "1"}}}, "variables.n", "unknown value tag '$odd'"),
        ({"wf_spec_name": "a", "variables": {"n": {"$timestamp": "now"}}}, "variables.n", "RFC 3339"),
    ],
)
async def test_a_start_with_a_wrong_field(
    http: httpx.AsyncClient, body: dict[str, Any], path: str, says: str
) -> None:
    problem = await refused(await http.post(START, content=json.dumps(body)), 400)
    assert [one["path"] for one in problem["problems"]] == [path]
    assert says in problem["problems"][0]["message"]


async def test_json_that_nests_too_deeply(http: httpx.AsyncClient) -> None:
    for depth in (101, 150, 250):
        value = "[" * depth + "]" * depth
        body = f'{{"wf_spec_name": "a", "variables": {{"n": {value}}}}}'
        problem = await refused(await http.post(START, content=body), 400)
        assert "100 levels" in problem["detail"] or "recursion" in problem["detail"]


async def test_an_expression_that_nests_too_deeply(http: httpx.AsyncClient) -> None:
    inner: dict[str, Any] = {"literal_value": 1}
    for _ in range(60):
        inner = {"expression": {"lhs": inner, "rhs": {"literal_value": 1}, "mutation_type": "ADD"}}
    nodes = {
        "0-e-ENTRYPOINT": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "1-x-EXIT"}]},
        "1-x-EXIT": {"exit": {"return_content": inner}},
    }
    spec = {"name": "deep", "thread_specs": {"main": {"nodes": nodes}}, "entrypoint_thread_name": "main"}
    await refused(await http.post("/v1/wf-specs", json=spec), 400)


async def test_everything_that_is_wrong_in_a_spec_is_named_with_its_path(http: httpx.AsyncClient) -> None:
    spec = {
        "name": "bad name",
        "thread_specs": {
            "main": {
                "nodes": {
                    "2-task": {"task": {"task_def_id": {"name": "t"}, "variables": [{"literal_valu": 1}]}},
                    "3-two": {"nop": {}, "exit": {}},
                }
            }
        },
        "entrypoint_thread_name": "main",
    }
    problem = await refused(await http.post("/v1/wf-specs", json=spec), 400)
    paths = [one["path"] for one in problem["problems"]]
    assert "name" in paths
    assert "thread_specs.main.nodes.2-task.task.variables[0].literal_valu" in paths
    assert "thread_specs.main.nodes.3-two" in paths


async def test_a_document_with_countless_problems_gets_a_short_answer(http: httpx.AsyncClient) -> None:
    body = {"wf_spec_name": "a", **{f"x{i}": i for i in range(50_000)}}
    answer = await http.post(START, json=body)
    problem = await refused(answer, 400)
    assert len(answer.content) < 50_000
    assert problem["problems"][-1]["message"] == "… and 49900 more problems"


async def test_a_body_that_is_too_large(http: httpx.AsyncClient) -> None:
    answer = await http.post(START, content=b" " * (BODY_BYTES_MAX + 1))
    problem = await refused(answer, 413, "RESOURCE_EXHAUSTED")
    assert f"at most {BODY_BYTES_MAX} bytes (BODY_BYTES_MAX)" in problem["detail"]


async def test_a_body_that_grows_too_large_is_stopped(http: httpx.AsyncClient) -> None:
    async def endless() -> Any:
        for _ in range(BODY_BYTES_MAX // 65_536 + 2):
            yield b" " * 65_536

    await refused(await http.post(START, content=endless()), 413, "RESOURCE_EXHAUSTED")


async def test_a_form_is_no_json(http: httpx.AsyncClient) -> None:
    await refused(await http.post(START, files={"file": b"x"}), 415)
    await refused(await http.post(START, data={"wf_spec_name": "x"}), 400)


async def test_the_content_type_of_json_does_not_matter(client: Client, http: httpx.AsyncClient) -> None:
    await put_instant(client)
    as_curl_sends_it = "application/x-www-form-urlencoded"
    for kind in ("text/plain", "application/json; charset=utf-8", "", as_curl_sends_it):
        answer = await http.post(
            START, content=b'{"wf_spec_name": "instant"}', headers={"Content-Type": kind}
        )
        assert answer.status_code == 201


@pytest.mark.parametrize(
    ("url", "path", "says"),
    [
        (
            "/v1/wf-runs?limt=3",
            "limt",
            "there is no such query parameter; known here: wf_spec_name, status, limit, bookmark",
        ),
        ("/v1/server?x=1", "x", "known here: none"),
        ("/v1/wf-runs?limit=99999999999999999999", "limit", "from 1 to 1000; got '99999999999999999999'"),
        ("/v1/wf-runs?limit=-1", "limit", "expected an integer"),
        ("/v1/wf-runs?limit=1.0", "limit", "expected an integer"),
        ("/v1/wf-runs?limit=%D9%A3", "limit", "expected an integer"),
        ("/v1/wf-runs?limit=", "limit", "expected an integer"),
        ("/v1/wf-runs?limit=1&limit=2", "limit", "is given twice"),
        ("/v1/wf-runs/a?wait_ms=x", "wait_ms", "expected an integer from 0 to 60000"),
        ("/v1/wf-runs/a/node-runs?thread_run_number=x", "thread_run_number", "expected an integer"),
        ("/v1/wf-specs/a?major_version=9999999999", "major_version", "expected an integer"),
    ],
)
async def test_a_wrong_query(http: httpx.AsyncClient, url: str, path: str, says: str) -> None:
    problem = await refused(await http.get(url), 400)
    assert [one["path"] for one in problem["problems"]] == [path]
    assert says in problem["problems"][0]["message"]


@pytest.mark.parametrize("query", ["limit=%FF", "%00=1", "a" * 5000])
async def test_a_query_that_cannot_be_read(http: httpx.AsyncClient, query: str) -> None:
    await refused(await http.get(f"/v1/wf-runs?{query}"), 400)


@pytest.mark.parametrize(
    "url",
    [
        "/v1/wf-runs/a%00b",
        "/v1/wf-runs/a%20b",
        "/v1/wf-runs/-a",
        "/v1/wf-runs/a__b",
        "/v1/wf-runs/%F0%9F%98%80",
        "/v1/wf-runs/" + "a" * 129,
        "/v1/wf-runs/a/node-runs/x/1",
        "/v1/wf-runs/a/node-runs/0/-1",
        "/v1/wf-runs/a/node-runs/0/99999999999999999999",
        "/v1/wf-runs/a/task-runs/zero",
        "/v1/wf-runs/a/task-runs/0-1-2",
        "/v1/wf-runs/a/variables/0/a.b",
        "/v1/task-defs/a.b",
        "/v1/wf-specs/a_b",
    ],
)
async def test_a_path_that_breaks_the_rules_of_ids(http: httpx.AsyncClient, url: str) -> None:
    await refused(await http.get(url), 400)


@pytest.mark.parametrize("version", ["1", "1.", "a.b", "1.2.3", "99999999999.0", "-1.0"])
async def test_a_version_that_is_none(http: httpx.AsyncClient, version: str) -> None:
    problem = await refused(await http.delete(f"/v1/wf-specs/a/versions/{version}"), 400)
    assert "<major>.<revision>" in problem["detail"]


@pytest.mark.parametrize("tenant", ["", "a b", "a/b", "ä", "x" * 129])
async def test_a_tenant_that_is_no_name(http: httpx.AsyncClient, tenant: str) -> None:
    headers = {b"LHRedis-Tenant": tenant.encode("latin-1")}
    problem = await refused(await http.get("/v1/task-defs", headers=headers), 400)
    assert "LHRedis-Tenant" in problem["detail"]


@pytest.mark.parametrize("url", ["/", "/v1", "/v2/wf-runs", "/v1/wf-runs/", "/v1/wf-runs/a/b", "//"])
async def test_a_url_that_does_not_exist(http: httpx.AsyncClient, url: str) -> None:
    answer = await http.get(httpx.URL(str(http.base_url) + url))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (404, "NOT_FOUND")


async def test_a_method_that_a_url_does_not_have(http: httpx.AsyncClient) -> None:
    answer = await http.request("PUT", "/v1/task-defs")
    await refused(answer, 405, "UNIMPLEMENTED")
    assert answer.headers["allow"] == "GET, POST, HEAD"
    await refused(await http.delete("/v1/wf-runs:batch"), 405, "UNIMPLEMENTED")


async def test_head_is_get_without_a_body(http: httpx.AsyncClient) -> None:
    answer = await http.head("/v1/server")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_variable_of_another_type_is_named(client: Client, http: httpx.AsyncClient) -> None:
    await client.put_wf_spec(compiled("typed", lambda wf: wf.declare_json_obj("j").required()))
    answer = await http.post(START, json={"wf_spec_name": "typed", "variables": {"j": [1]}})
    problem = await refused(answer, 400)
    assert "'j' is JSON_OBJ" in problem["detail"]
    problem = await refused(await http.post(START, json={"wf_spec_name": "typed"}), 400)
    assert "variable 'j' is required" in problem["detail"]

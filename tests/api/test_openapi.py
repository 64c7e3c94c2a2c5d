"""The description of the API: complete, without doubles, and true."""

from __future__ import annotations

import re
from typing import Any

import httpx

from lhredis.api.app import OPERATIONS
from lhredis.client import Client


async def document(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(value) for value in part.values()))
    return set().union(*(references(item) for item in part)) if isinstance(part, list) else set()


async def test_every_url_is_described_once(http: httpx.AsyncClient) -> None:
    paths = (await document(http))["paths"]
    described = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    assert sorted(described) == sorted((operation.method, operation.path) for operation in OPERATIONS)
    ids = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


def test_a_client_calls_an_operation_by_its_name() -> None:
    operations = {operation.handler.__name__ for operation in OPERATIONS}
    calls = {name for name in dir(Client) if not name.startswith("_")}
    named_otherwise = {"put_external_event", "list_quarantine", "get_server", "get_metrics", "live"}
    for_readers_of_the_api = {"get_openapi", "get_docs"}
    assert operations - calls == named_otherwise | for_readers_of_the_api
    assert calls - operations == {
        "post_event",
        "quarantine",
        "server",
        "metrics",
        "create_struct_def",  # of a Python class
        "close",
    }


async def test_every_reference_leads_somewhere_and_every_schema_is_used(http: httpx.AsyncClient) -> None:
    found = await document(http)
    schemas = {f"#/components/schemas/{name}" for name in found["components"]["schemas"]}
    assert references(found) == schemas


async def test_no_schema_is_there_twice(http: httpx.AsyncClient) -> None:
    schemas = (await document(http))["components"]["schemas"]
    assert not [name for name in schemas if re.search(r"(-Input|-Output|__)", name)]


async def test_every_operation_says_what_it_does_and_how_it_fails(http: httpx.AsyncClient) -> None:
    for path, methods in (await document(http))["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            assert "\n" not in operation["summary"]
            assert {"400", "500"} <= set(operation["responses"])
            names = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert names == set(re.findall(r"\{(\w+)\}", path))


async def test_the_page_for_people_needs_nothing_but_this_server(http: httpx.AsyncClient) -> None:
    answer = await http.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "/openapi.json" in answer.text
    assert re.findall(r"https?://", answer.text) == []

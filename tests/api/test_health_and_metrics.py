"""Health, metrics, what the server is, and what was set aside."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

import lhredis
from lhredis.client import Client
from lhredis.errors import Unavailable
from lhredis.store import keys
from tests.api.conftest import PARTITIONS, StartWorker
from tests.api.specs import double, put_doubling
from tests.support import wait_until


async def figures(client: Client) -> dict[tuple[str, frozenset[Any]], float]:
    """Every sample, by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(await client.metrics())
        for sample in family.samples
    }


def plain(name: str) -> tuple[str, frozenset[Any]]:
    return f"lhredis_{name}", frozenset()


def of_queue(name: str) -> tuple[str, frozenset[Any]]:
    return f"lhredis_{name}", frozenset({("tenant", "default"), ("task_def", "double")})


async def test_metrics_tell_what_waits_and_who_works(client: Client) -> None:
    await put_doubling(client)
    for _ in range(3):
        await client.run_wf("doubling")
    found = await figures(client)
    assert found[of_queue("tasks_waiting")] == 3
    assert found[of_queue("tasks_claimed")] == 0
    assert found[plain("partitions_unowned")] == PARTITIONS
    assert found[plain("schedulers_live")] == 0
    assert found[plain("redis_up")] == 1


async def test_a_redis_that_takes_no_writes_is_told_in_its_own_words(client: Client, redis: Redis) -> None:
    assert await client.ready() == {"status": "ready"}
    assert (await figures(client))[plain("redis_writable")] == 1
    await put_doubling(client)
    await redis.config_set("maxmemory", 1)
    try:
        refusals = [client.ready(), client.run_wf("doubling")]
        for refusal in refusals:
            with pytest.raises(Unavailable, match=r"Redis refuses to work right now: .*maxmemory"):
                await refusal
        found = await figures(client)
    finally:
        await redis.config_set("maxmemory", 0)
    assert (found[plain("redis_up")], found[plain("redis_writable")]) == (1, 0)
    assert await client.ready() == {"status": "ready"}


async def test_metrics_count_what_was_done(client: Client, scheduling: None, work: StartWorker) -> None:
    await put_doubling(client)
    await work(double)
    await client.run_wf("doubling", wait_ms=10_000)

    async def counted() -> bool:
        found = await figures(client)
        names = ("runs_started_total", "runs_completed_total", "tasks_reported_total")
        return all(found[plain(name)] == 1 for name in names)

    await wait_until(counted)
    found = await figures(client)
    assert found[plain("partitions_owned")] == PARTITIONS
    assert found[plain("schedulers_live")] == 1
    assert found[of_queue("tasks_waiting")] == 0


async def test_requests_are_counted_by_route_and_never_by_id(client: Client, http: httpx.AsyncClient) -> None:
    for wf_run_id in ("a", "b", "c"):
        await http.get(f"/v1/wf-runs/{wf_run_id}")
    await http.get("/nowhere/at/all")
    found = await figures(client)
    of_run = frozenset({("route", "/v1/wf-runs/{wf_run_id}"), ("method", "GET"), ("status", "404")})
    assert found["lhredis_http_requests_total", of_run] == 3
    assert found["lhredis_http_request_duration_seconds_count", of_run] == 3
    unmatched = frozenset({("route", "unmatched"), ("method", "GET"), ("status", "404")})
    assert found["lhredis_http_requests_total", unmatched] == 1


async def test_the_server_says_what_it_is(client: Client) -> None:
    found = await client.server()
    assert found["version"] == lhredis.__version__
    assert found["partitions"] == PARTITIONS
    assert found["redis"].startswith(("Valkey ", "Redis "))
    assert found["durability"] == "memory"


async def test_a_process_that_works_is_live_and_ready(client: Client, http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).json() == {"status": "live"}
    assert await client.ready() == {"status": "ready"}


async def test_what_was_set_aside_is_listed_the_newest_first(client: Client, redis: Redis) -> None:
    for at_ms, partition in ((1_000, 1), (3_000, 0), (2_000, 2)):
        entry = {"run": f"default/r{at_ms}", "event": "{}", "traceback": "Traceback: oh", "at_ms": at_ms}
        await redis.xadd(keys.quarantine(partition), entry)
    await redis.xadd(keys.quarantine(3), {"run": "", "event": b"\xff", "traceback": "x", "at_ms": 500})
    found = await client.quarantine()
    assert [entry.get("wf_run_id") for entry in found] == ["r3000", "r2000", "r1000", None]
    assert found[0] == {
        "partition": 0,
        "tenant": "default",
        "wf_run_id": "r3000",
        "event": "{}",
        "traceback": "Traceback: oh",
        "at": "1970-01-01T00:00:03.000Z",
    }
    assert len(await client.quarantine(limit=2)) == 2
    assert (await figures(client))[plain("quarantine_entries")] == 4

"""The doctor tells who works: schedulers, workers, versions, the API, and what was set aside."""

from __future__ import annotations

import asyncio
import time

import pytest

from lhredis import __version__
from lhredis.doctor.checks import api, partitions, processes, quarantine, queues, server
from lhredis.doctor.examine import ask_api, examine
from lhredis.doctor.facts import ApiFacts
from lhredis.doctor.read import read_facts
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.scheduler.ownership import Ownership
from lhredis.store import keys
from lhredis.store.connect import connect, join_cluster
from lhredis.store.metadata import Metadata
from lhredis.store.task_workers import TaskWorker, put_heartbeat
from lhredis.store.tasks import ensure_groups
from tests.api.conftest import serving
from tests.doctor.conftest import Start, asked, said, told

PARTITIONS = 4


async def test_a_redis_that_nobody_has_joined_fails(start: Start) -> None:
    assert (await said(start("memory"), partitions.check))[0][:2] == ("FAIL", "partitions")


async def test_partitions_are_told_with_the_schedulers_that_work_them(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await join_cluster(redis, PARTITIONS)
        (found,) = await said(ours, partitions.check)
        assert found[:2] == ("FAIL", "partitions")
        assert "no scheduler lives: none of 4 partitions is worked" in found[2]

        one, other = (Ownership(redis, PARTITIONS, name, lease_ms=60_000) for name in ("s1", "s2"))
        await one.run_once()
        (found,) = await said(ours, partitions.check)
        assert found == ("OK", "partitions", "all 4 are worked: s1 (4) → ")
        for ownership in (other, one, other):
            await ownership.run_once()
        (found,) = await said(ours, partitions.check)
        assert found[0] == "OK"
        assert "s1 (" in found[2] and "s2 (" in found[2]

        await redis.delete(keys.owner(2))
        (found,) = await said(ours, partitions.check)
        assert found[0] == "WARN"
        assert "2 of 4 are worked by nobody" in found[2]

        await redis.set(keys.owner(2), "s3")
        (found,) = await said(ours, partitions.check)
        assert found[0] == "WARN"
        assert "s3 holds partitions, and does not live" in found[2]


async def test_a_redis_that_takes_no_writes_is_why_no_scheduler_lives(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await join_cluster(redis, PARTITIONS)
        await redis.config_set("min-replicas-to-write", 1)
        facts = await read_facts(redis)
    (_, writes) = await said(ours, server.check)
    assert writes[:2] == ("FAIL", "writes") and "NOREPLICAS" in writes[2]
    of_api = told(api.check(ApiFacts("http://x", __version__, error="Redis refuses to work"), facts))
    assert of_api == [("FAIL", "api", "Redis refuses to work → see first what is said of Redis")]
    assert await said(ours, partitions.check) == [
        ("FAIL", "partitions", "nobody can say that he works one: Redis takes no writes → see writes")
    ]


async def test_what_piles_up_in_a_partition_is_told(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "RESULTS_MAX", 3)
    ours = start("memory")
    async with asked(ours) as redis:
        await join_cluster(redis, PARTITIONS)
        await Ownership(redis, PARTITIONS, "s1", lease_ms=60_000).run_once()
        for _ in range(4):
            await redis.xadd(keys.results(3), {"result": "x"})
        await redis.zadd(keys.timers(1), {"node/default/a/0/1/0": 1})
        found = await said(ours, partitions.check)
    assert [one[:2] for one in found] == [("OK", "partitions"), ("WARN", "backlog"), ("WARN", "backlog")]
    assert "4 reports of workers wait in partitions 3" in found[1][2]
    assert "1 timers are overdue" in found[2][2]


async def test_tasks_without_a_worker_are_told(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await join_cluster(redis, PARTITIONS)
        for name in ("quiet", "lonely", "served", "fronted"):
            await Metadata(redis).put_task_def("default", PutTaskDefRequest(name=name))
        await redis.xadd(keys.tasks(1, "default", "lonely"), {"task": "{}"})
        streams = [keys.tasks(number, "default", "served") for number in range(PARTITIONS)]
        await ensure_groups(redis, streams)
        for stream in streams:
            await redis.xadd(stream, {"task": "{}"})
            await redis.xadd(stream, {"task": "{}"})
            await redis.xreadgroup(keys.WORKERS, "w1", {stream: ">"}, count=1)
        worker = TaskWorker("w2", "front", 2023, time.time_ns() // 1_000_000)
        await put_heartbeat(redis, "default", "fronted", worker)
        found = await said(ours, queues.check)
    assert found == [
        ("OK", "queue fronted", "0 wait, 0 at work; workers: 1 → "),
        ("WARN", "queue lonely", "1 tasks wait, and no worker listens → start a worker that has this task"),
        ("OK", "queue served", "4 wait, 4 at work; workers: 1 → "),
        ("OK", "queues", "1 with neither tasks nor workers → "),
    ]


async def test_events_in_quarantine_are_told(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await join_cluster(redis, PARTITIONS)
        assert await said(ours, quarantine.check) == [("OK", "quarantine", "empty → ")]
        await redis.xadd(keys.quarantine(2), {"run": "default/a", "event": "{}", "traceback": "", "at_ms": 1})
        ((level, _, text),) = await said(ours, quarantine.check)
    assert level == "WARN"
    assert text.startswith("1 events were set aside") and "lhredis list quarantine" in text


async def test_processes_are_told_with_their_versions(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = start("memory")
    async with connect(ours.url, role="scheduler") as new:
        await new.ping()
        assert await said(ours, processes.check) == [("OK", "processes", "1 scheduler 0.1.0 → ")]
        monkeypatch.setattr("lhredis.store.connect.__version__", "0.0.9")
        async with connect(ours.url, role="worker") as old:
            await old.ping()
            ((level, _, text),) = await said(ours, processes.check)
    assert level == "WARN"
    assert text.startswith("1 scheduler 0.1.0, 1 worker 0.0.9; this is 0.1.0")


async def test_an_api_at_another_redis_fails(start: Start) -> None:
    here, there = start("memory"), start("memory")
    async with serving(there.url) as url, asked(here) as redis:
        for why, prepare in (
            ("no process has ever joined ours", None),
            ("no API is connected to ours", PARTITIONS),
            (f"it has {PARTITIONS} partitions, ours {PARTITIONS + 1}", PARTITIONS + 1),
        ):
            if prepare is not None:
                await redis.flushall()
                await join_cluster(redis, prepare)
            ((level, _, text),) = told(api.check(await ask_api(url), await read_facts(redis)))
            assert level == "FAIL"
            assert f"uses another Redis than the one that we asked: {why}" in text
        async with asked(there) as its_own:
            assert [one[0] for one in told(api.check(await ask_api(url), await read_facts(its_own)))] == [
                "OK"
            ]


async def test_what_cannot_be_reached_is_a_finding() -> None:
    started = time.monotonic()
    found = await asyncio.wait_for(examine("redis://me:secret@127.0.0.1:1/0", "http://127.0.0.1:1"), 20)
    assert [(str(one.level), one.subject) for one in found] == [("FAIL", "redis"), ("FAIL", "api")]
    assert "secret" not in str(found)
    assert time.monotonic() - started < 10


async def test_who_may_not_ask_redis_is_told_so(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await redis.config_set("requirepass", "secret")
        (found, _) = await examine(ours.url, "http://127.0.0.1:1")
        await redis.config_set("requirepass", "")
    assert found.change.startswith("say who asks: redis://user:password@")


async def test_what_is_no_redis_is_told_so(start: Start) -> None:
    async with serving(start("memory").url) as url:
        (found, _) = await examine(url.replace("http", "redis"), "http://127.0.0.1:1")
    assert found.change.startswith("that is no Redis")

"""The doctor tells what a server's settings mean, from real servers with such settings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lhredis.doctor.checks import clock, memory, persistence, server
from lhredis.doctor.facts import Clock
from lhredis.doctor.read import read_facts
from lhredis.embedded import EmbeddedServer
from tests.doctor.conftest import Start, asked, said, told
from tests.support import wait_until


async def test_a_server_as_lhredis_starts_it_is_fine(start: Start) -> None:
    ours = start("logged")
    assert await said(ours, server.check) == [("OK", "server", f"{ours.version} → ")]
    assert [level for level, _, _ in await said(ours, persistence.check)] == ["OK", "OK"]
    found = await said(ours, memory.check)
    assert {subject: level for level, subject, _ in found if subject != "allocator"} == {
        "eviction": "OK",
        "memory": "OK",
    }
    ((level, _, text),) = await said(ours, clock.check)
    assert level == "OK", text


@pytest.mark.parametrize(
    ("durability", "settings", "level", "words"),
    [
        ("logged", {}, "OK", "logged: a crash of the machine loses about the last second"),
        ("fsync", {}, "OK", "fsync: an acknowledged write survives"),
        ("logged", {"appendfsync": "no"}, "WARN", "CONFIG SET appendfsync everysec"),
        ("memory", {}, "WARN", "memory: nothing survives a restart"),
        ("memory", {"save": "3600 1"}, "WARN", "all since the last snapshot (save 3600 1)"),
    ],
)
async def test_durability_is_told_from_the_settings(
    start: Start, durability: str, settings: dict[str, str], level: str, words: str
) -> None:
    found = await said(start(durability, settings), persistence.check)
    assert (found[0][:2], words in found[0][2]) == ((level, "durability"), True), found


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"auto-aof-rewrite-min-size": "64mb"}, "auto-aof-rewrite-min-size is 64 MB"),
        ({"auto-aof-rewrite-percentage": "0"}, "it grows for ever"),
        ({"no-appendfsync-on-rewrite": "yes"}, "CONFIG SET no-appendfsync-on-rewrite no"),
    ],
)
async def test_rewrites_of_the_log_are_looked_at(start: Start, settings: dict[str, str], words: str) -> None:
    found = await said(start("logged", settings), persistence.check)
    assert [
        text for level, subject, text in found if (level, subject) == ("WARN", "rewrites") and words in text
    ]


async def test_a_snapshot_that_failed_refuses_every_write(start: Start) -> None:
    ours = start("memory", {"save": "3600 1", "stop-writes-on-bgsave-error": "yes"})
    async with asked(ours) as redis:
        temporary = ours.folder / "dump.rdb"
        temporary.mkdir()  # the snapshot cannot take this place
        (temporary / "something").touch()
        await redis.set("a", 1)
        await redis.bgsave()
        await wait_until(lambda: _failed(ours))
    found = await said(ours, persistence.check)
    assert ("FAIL", "disk") in [one[:2] for one in found]
    assert "Redis refuses every write" in found[-1][2]


async def _failed(ours: EmbeddedServer) -> bool:
    async with asked(ours) as redis:
        return (await redis.info("persistence"))["rdb_last_bgsave_status"] == "err"


async def test_a_memory_that_may_be_thrown_away_fails(start: Start) -> None:
    ours = start("memory", {"maxmemory-policy": "allkeys-lru"})
    found = await said(ours, memory.check)
    assert found[0][:2] == ("FAIL", "eviction")
    assert "CONFIG SET maxmemory-policy noeviction" in found[0][2]
    async with asked(ours) as redis:
        used = (await redis.info("memory"))["used_memory"]
        await redis.config_set("maxmemory", used + 300_000)
        for number in range(2_000):
            await redis.set(f"k{number}", b"x" * 1_000)
    evicted = [text for _, subject, text in await said(ours, memory.check) if subject == "eviction"]
    assert "keys were thrown away" in evicted[1]


async def test_a_memory_that_is_nearly_full_warns(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await redis.config_set("maxmemory", int((await redis.info("memory"))["used_memory"] * 1.1))
    found = {subject: (level, text) for level, subject, text in await said(ours, memory.check)}
    assert found["memory"][0] == "WARN"
    assert "raise maxmemory" in found["memory"][1]


@pytest.mark.parametrize(("name", "level"), [("libc", "WARN"), ("jemalloc-5.3.0", "OK")])
async def test_an_allocator_that_is_slow_warns(start: Start, name: str, level: str) -> None:
    async with asked(start("memory")) as redis:
        facts = await read_facts(redis)
    facts = replace(facts, info=facts.info | {"mem_allocator": name})
    assert [one[0] for one in told(memory.check(facts)) if one[1] == "allocator"] == [level]


async def test_a_replica_and_an_old_server_fail(start: Start) -> None:
    primary, replica = start("memory"), start("memory")
    async with asked(replica) as redis:
        await redis.replicaof("127.0.0.1", str(primary.port))
    found = await said(replica, server.check)
    assert found[1][:2] == ("FAIL", "role")
    assert f"127.0.0.1:{primary.port}" in found[1][2]
    await wait_until(lambda: _has_replica(primary))
    assert "replicated:1 can be asked for" in (await said(primary, persistence.check))[-1][2]
    async with asked(primary) as redis:
        facts = await read_facts(redis)
    old = {name: value for name, value in facts.info.items() if name != "valkey_version"}
    facts = replace(facts, info=old | {"redis_version": "6.2.14", "cluster_enabled": 1})
    assert [one[:2] for one in told(server.check(facts))] == [("FAIL", "server"), ("FAIL", "mode")]


async def _has_replica(primary: EmbeddedServer) -> bool:
    async with asked(primary) as redis:
        return bool((await redis.info("replication"))["connected_slaves"])


async def test_a_server_that_refuses_config_and_client_is_told_so(start: Start) -> None:
    ours = start("memory")
    async with asked(ours) as redis:
        await redis.execute_command("ACL", "SETUSER", "default", "-config", "-client|list")
    found = await said(ours, persistence.check)
    assert found[0][:2] == ("WARN", "settings")
    assert "CONFIG is refused" in found[0][2]
    assert (await said(ours, memory.check))[0][0] == "OK", "INFO tells the policy, too"


@pytest.mark.parametrize(
    ("ahead_ms", "round_trip_ms", "level"),
    [(3, 1, "OK"), (-3, 1, "OK"), (400, 1, "WARN"), (-400, 1, "WARN"), (400, 600, "OK"), (-2_500, 4, "FAIL")],
)
async def test_clocks_that_are_apart_are_told(
    start: Start, ahead_ms: float, round_trip_ms: float, level: str
) -> None:
    async with asked(start("memory")) as redis:
        facts = replace(await read_facts(redis), clock=Clock(ahead_ms, round_trip_ms))
    ((found, _, text),) = told(clock.check(facts))
    assert found == level
    if level != "OK":
        assert ("ahead of" if ahead_ms > 0 else "behind") in text
        assert "run NTP" in text

"""The story of joining: which servers and which numbers of partitions go together."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import DataError

from lhredis.embedded import EmbeddedServer
from lhredis.errors import FailedPrecondition, Unavailable
from lhredis.store import keys
from lhredis.store.connect import PARTITIONS_DEFAULT, PARTITIONS_MAX, connect, join_cluster, stay_joined


@pytest.fixture
async def client(redis_url: str) -> Any:
    redis = connect(redis_url)
    yield redis
    await redis.aclose()


async def test_the_first_process_fixes_the_number_of_partitions(client: Redis):
    assert (await join_cluster(client, 5)).partitions == 5
    assert (await join_cluster(client, None)).partitions == 5
    assert (await join_cluster(client, 5)).partitions == 5
    assert await client.hgetall(keys.cluster()) == {b"partitions": b"5"}


async def test_without_a_wish_there_is_a_default(client: Redis):
    assert (await join_cluster(client, None)).partitions == PARTITIONS_DEFAULT


async def test_another_number_of_partitions_is_refused_and_changes_nothing(client: Redis):
    await join_cluster(client, 5)
    with pytest.raises(FailedPrecondition, match="started with 5 partitions, and 6 were asked for"):
        await join_cluster(client, 6)
    assert (await join_cluster(client, None)).partitions == 5


@pytest.mark.parametrize("count", [0, -1, PARTITIONS_MAX + 1])
async def test_a_number_of_partitions_that_makes_no_sense_is_refused(client: Redis, count: int):
    with pytest.raises(FailedPrecondition, match=f"got {count}"):
        await join_cluster(client, count)
    assert await client.dbsize() == 0


async def test_who_has_joined_divides_an_emptied_database_again_and_says_that_it_is_empty(
    client: Redis, caplog: pytest.LogCaptureFixture
):
    await join_cluster(client, 5)
    await stay_joined(client, 5)
    assert caplog.messages == []
    await client.flushdb()
    await stay_joined(client, 5)
    assert await client.hgetall(keys.cluster()) == {b"partitions": b"5"}
    (told,) = caplog.messages
    assert "this Redis was emptied" in told


async def test_who_has_joined_does_not_stay_where_somebody_has_divided_it_in_another_way(client: Redis):
    await join_cluster(client, 5)
    await client.flushdb()
    await join_cluster(client, 6)
    with pytest.raises(FailedPrecondition, match="it had 5 partitions and has 6 now"):
        await stay_joined(client, 5)
    assert (await join_cluster(client, None)).partitions == 6


async def test_a_server_that_may_throw_data_away_is_warned_of(
    client: Redis, caplog: pytest.LogCaptureFixture
):
    await join_cluster(client, None)
    assert caplog.messages == []
    await client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        await join_cluster(client, None)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    (told,) = caplog.messages
    assert "maxmemory-policy of this Redis is allkeys-lru" in told and "throws WfRuns away" in told


async def test_many_processes_at_once_agree(redis_url: str):
    clients = [connect(redis_url) for _ in range(6)]
    joined = await asyncio.gather(*(join_cluster(each, None) for each in clients))
    assert len({cluster.partitions for cluster in joined}) == 1
    for each in clients:
        await each.aclose()


async def test_the_server_is_told_by_name_and_version(client: Redis, valkey: EmbeddedServer):
    assert (await join_cluster(client, None)).server == valkey.version


async def test_a_server_that_cannot_be_reached_is_unavailable():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        redis = connect(f"redis://127.0.0.1:{nobody.getsockname()[1]}/0")
        with pytest.raises(Unavailable, match="cannot be reached"):
            await join_cluster(redis, None)
        await redis.aclose()


async def test_a_host_that_does_not_exist_is_unavailable():
    redis = connect("redis://no-such-host.invalid:6379/0")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await join_cluster(redis, None)
    await redis.aclose()


async def test_a_server_that_refuses_the_password_is_unavailable():
    with EmbeddedServer(durability="memory") as server:
        admin = Redis.from_url(server.url)
        await admin.config_set("requirepass", "secret")
        redis = connect(server.url)
        with pytest.raises(Unavailable):
            await join_cluster(redis, None)
        good = connect(server.url.replace("redis://", "redis://:secret@"))
        assert (await join_cluster(good, 3)).partitions == 3
        for each in (admin, redis, good):
            await each.aclose()


async def test_a_command_goes_through_a_server_that_comes_back(tmp_path: Any):
    with EmbeddedServer(tmp_path, durability="fsync") as server:
        redis = connect(server.url)
        await redis.set("kept", "yes")
        server.kill()
        server.start()
        assert await redis.get("kept") == b"yes"
        await redis.aclose()


@pytest.mark.parametrize(
    "value",
    ["ü", b"\x00\xff", 7, 0.5, "", " ", "a b", "x" * 100_000],
    ids=["text", "bytes", "int", "float", "empty", "blank", "words", "long"],
)
async def test_arguments_are_packed_as_redis_py_packs_them(client: Redis, redis_url: str, value: Any):
    redis = Redis.from_url(redis_url)
    await client.set("a", value)
    await redis.set("b", value)
    assert await redis.get("a") == await redis.get("b")
    pipeline = client.pipeline(transaction=True)
    pipeline.hset("h", mapping={"f": value})
    pipeline.hget("h", "f")
    assert (await pipeline.execute())[1] == await redis.get("b")
    await redis.aclose()


@pytest.mark.parametrize("value", [None, True, [1], {"a": 1}])
async def test_what_is_no_argument_is_refused_before_it_is_sent(client: Redis, value: Any):
    with pytest.raises((TypeError, DataError)):
        await client.set("a", value)
    assert await client.ping()

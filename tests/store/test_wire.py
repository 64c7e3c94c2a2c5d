"""The story of an exchange: what comes back, and that nobody ever gets the reply to another's command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from lhredis.embedded import EmbeddedServer
from lhredis.store.connect import connect
from lhredis.store.script import load, run_all
from lhredis.store.wire import PackedSSLConnection, exchange, exchange_at_once, execute, make_pool
from tests.support import serves_all_streams, wait_until

BLOCKED = ("BLPOP", "nothing", 0)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    """One that sends nothing twice."""
    redis = connect(redis_url, retries=0)
    yield redis
    await redis.aclose()


async def test_replies_come_in_the_order_of_the_commands(client: Redis):
    commands = [
        ("SET", "a", 1),
        ("INCR", "a"),
        ("HSET", "h", "ü", b"\xff"),
        ("HGETALL", "h"),
        ("GET", "none"),
    ]
    assert await exchange(client, commands) == [b"OK", 2, 1, ["ü".encode(), b"\xff"], None]


async def test_a_refusal_is_raised_when_all_replies_are_in(client: Redis):
    with pytest.raises(ResponseError, match="unknown command"):
        await exchange(client, [("SET", "a", 1), ("NONSENSE",), ("SET", "b", 2)])
    assert await exchange(client, [("GET", "a"), ("GET", "b")]) == [b"1", b"2"]


async def test_a_refusal_may_stand_among_the_replies(client: Redis):
    before, refusal, after = await exchange(client, [("PING",), ("NONSENSE",), ("PING",)], errors=False)
    assert (before, after) == (b"PONG", b"PONG")
    assert isinstance(refusal, ResponseError)


async def test_more_than_one_read_of_the_socket_takes_in_comes_back_whole(client: Redis):
    large = b"x" * 5_000_000
    commands = [part for i in range(5) for part in (("SET", f"k{i}", large), ("GET", f"k{i}"))]
    assert (await exchange(client, commands))[1::2] == [large] * 5


async def test_a_script_that_the_server_has_lost_is_loaded_again(client: Redis):
    await client.script_flush()
    script = load("claim_partition")
    command = script.command({"owner": "owner"}, {"scheduler_id": "me", "lease_ms": 1000})
    assert await run_all(client, [("PING",), command], [script]) == [b"PONG", [b"held"]]


async def test_who_is_cancelled_leaves_no_reply_to_others(client: Redis):
    waiting = asyncio.create_task(exchange(client, [("ECHO", "mine"), BLOCKED]))
    await wait_until(lambda: blocked(client))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await client.lpush("nothing", "late")
    answers = await asyncio.gather(*(execute(client, "ECHO", str(number)) for number in range(20)))
    assert answers == [str(number).encode() for number in range(20)]


async def test_a_reply_that_does_not_come_in_time_leaves_no_reply_to_others(redis_url: str):
    client = connect(f"{redis_url}?socket_timeout=0.05", retries=0)
    with pytest.raises(TimeoutError, match=r"no reply within 0\.05 s"):
        await execute(client, *BLOCKED)
    assert await execute(client, "ECHO", "mine") == b"mine"
    await client.aclose()


async def test_a_connection_that_breaks_is_an_error_for_who_sends_nothing_twice(client: Redis):
    waiting = asyncio.create_task(execute(client, *BLOCKED))
    await wait_until(lambda: blocked(client))
    await break_blocked(client)
    with pytest.raises(ConnectionError):
        await waiting
    assert await execute(client, "PING") == b"PONG"


async def test_a_connection_that_breaks_is_made_anew_for_who_may_send_twice(redis: Redis):
    waiting = asyncio.create_task(execute(redis, *BLOCKED))
    await wait_until(lambda: blocked(redis))
    await break_blocked(redis)
    await wait_until(lambda: blocked(redis))
    await redis.lpush("nothing", "something")
    assert await waiting == [b"nothing", b"something"]


async def test_redis_pys_own_commands_may_come_between(redis_url: str):
    redis = connect(redis_url, max_connections=1)
    for number in range(3):
        assert await exchange(redis, [("SET", "a", number), ("GET", "a")]) == [b"OK", b"%d" % number]
        assert await redis.get("a") == b"%d" % number
        assert await redis.mget(["a"] * 3) == [b"%d" % number] * 3
    assert await exchange(redis, []) == []
    await redis.aclose()


@asynccontextmanager
async def saying(*replies: bytes) -> AsyncIterator[str]:
    """A server that says this after each piece of what it gets, however small; its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(65536):
            said = replies if b"PING" in asked else (b"+OK\r\n",) * asked.count(b"*")
            for one in said:
                writer.write(one)
                await asyncio.sleep(0.01)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_replies_may_come_in_pieces():
    async with saying(b"+PO", b"NG\r\n*1\r", b"\n$1\r\nx\r\n") as url:
        client = connect(url, retries=0)
        assert await exchange(client, [("PING",), ("PING",)]) == [b"PONG", [b"x"]]
        await client.aclose()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what came is no reply"),
        (b"-LOADING Redis is loading the dataset in memory\r\n", "loading the dataset"),
    ],
)
async def test_what_is_no_reply_and_a_server_that_is_loading_break_the_connection(said: bytes, why: str):
    async with saying(said) as url:
        client = connect(url, retries=0)
        with pytest.raises(ConnectionError, match=why):
            await execute(client, "PING")
        await client.aclose()


async def test_what_is_no_argument_is_refused_before_it_is_sent(client: Redis):
    with pytest.raises(TypeError):
        await exchange(client, [("SET", "a", 1), ("SET", "b", None)])
    assert await exchange(client, [("EXISTS", "a")]) == [0]


TO_TWO_STREAMS = [("XADD", "s1", "*", "n", 1), ("XADD", "s2", "*", "n", 2)]


async def test_who_waits_for_streams_finds_all_that_was_written_at_once(client: Redis, redis: Redis):
    command = ("XREAD", "BLOCK", 0, "STREAMS", "s1", "s2", "$", "$")
    waiting = asyncio.create_task(execute(redis, *command))
    await wait_until(lambda: blocked(client, "xread"))
    first, second = await exchange_at_once(client, TO_TWO_STREAMS)
    written = [[b"s1", [[first, [b"n", b"1"]]]], [b"s2", [[second, [b"n", b"2"]]]]]
    expected = written if await serves_all_streams(redis) else written[:1]
    assert await waiting == expected


async def test_what_is_written_at_once_is_refused_as_a_whole_in_the_servers_words(client: Redis):
    await client.config_set("maxmemory", 1)
    try:
        with pytest.raises(ResponseError, match="maxmemory"):
            await exchange_at_once(client, TO_TWO_STREAMS)
    finally:
        await client.config_set("maxmemory", 0)
    refused = await exchange_at_once(client, [TO_TWO_STREAMS[0], ("NONSENSE",)], errors=False)
    assert ["unknown command" in str(one) for one in refused] == [True, True]
    assert await exchange(client, [("EXISTS", "s1"), ("EXISTS", "s2")]) == [0, 0]


async def test_a_refusal_while_it_is_done_stands_among_the_replies(client: Redis):
    await client.set("s1", "no stream")
    refused, done = await exchange_at_once(client, TO_TWO_STREAMS, errors=False)
    assert isinstance(refused, ResponseError) and b"-" in done
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await exchange_at_once(client, TO_TWO_STREAMS)


async def test_a_script_that_the_server_has_lost_is_loaded_again_for_what_happens_at_once(client: Redis):
    await client.script_flush()
    script = load("claim_partition")
    commands = [script.command({"owner": f"o{n}"}, {"scheduler_id": "me", "lease_ms": 1000}) for n in (1, 2)]
    assert await run_all(client, commands, [script], at_once=True) == [[b"held"], [b"held"]]


async def test_a_cluster_gets_commands_for_several_slots_one_by_one():
    with EmbeddedServer(durability="memory", cluster=True) as server:
        client = connect(server.url, retries=0)
        for _ in range(2):
            assert await exchange_at_once(client, [("INCR", "{a}n"), ("INCR", "{b}n")]) in ([1, 1], [2, 2])
        assert await exchange(client, [("GET", "{a}n"), ("GET", "{b}n")]) == [b"2", b"2"]
        await client.aclose()


async def test_a_unix_socket_and_a_password_work_as_well(tmp_path: Path):
    path = tmp_path / "socket"
    with EmbeddedServer(durability="memory", settings={"unixsocket": str(path)}) as server:
        async with Redis.from_url(server.url) as admin:
            await admin.config_set("requirepass", "secret")
        stranger, friend = connect(f"unix://{path}"), connect(f"unix://:secret@{path}")
        with pytest.raises(ConnectionError, match="Authentication required"):
            await execute(stranger, "PING")
        assert await exchange(friend, [("PING",), ("ECHO", "here")]) == [b"PONG", b"here"]
        await stranger.aclose()
        await friend.aclose()


def test_a_url_with_tls_gets_connections_with_tls():
    assert make_pool("rediss://somewhere").connection_class is PackedSSLConnection


async def blocked(redis: Redis, command: str = "blpop") -> list[Any]:
    """Ids of the connections that wait in this command."""
    return [one["id"] for one in await redis.client_list() if one["cmd"] == command and "b" in one["flags"]]


async def break_blocked(redis: Redis) -> None:
    for number in await blocked(redis):
        await redis.client_kill_filter(_id=number)

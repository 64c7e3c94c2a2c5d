"""The story of a Redis behind TLS: the same exchanges, and a certificate that is checked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from redis.exceptions import ConnectionError

from lhredis.store.connect import connect
from lhredis.store.wire import exchange, exchange_at_once, execute

LARGE = b"x" * 3_000_000


@pytest.fixture
async def tls(redis_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a front with TLS for the test's Redis; `ca.pem` in `tmp_path` is what it is trusted by."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    host, _, port = redis_url.removeprefix("redis://").partition("/")[0].partition(":")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        replies, commands = await asyncio.open_connection(host, int(port))
        await asyncio.gather(carry(reader, commands), carry(replies, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"rediss://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"


async def test_what_is_exchanged_comes_back_the_same(tls: str, tmp_path: Path):
    redis = connect(f"{tls}?ssl_ca_certs={tmp_path / 'ca.pem'}", retries=0)
    assert await exchange(redis, [("SET", "a", LARGE), ("GET", "a"), ("GET", "b")]) == [b"OK", LARGE, None]
    assert await exchange_at_once(redis, [("INCR", "n"), ("INCR", "n")]) == [1, 2]
    assert await execute(redis, "XREAD", "BLOCK", 1, "STREAMS", "nothing", "0") is None
    assert await redis.get("n") == b"2"
    await redis.aclose()


async def test_who_is_not_trusted_is_not_spoken_to(tls: str):
    redis = connect(tls, retries=0)
    with pytest.raises(ConnectionError, match="certificate"):
        await execute(redis, "PING")
    await redis.aclose()

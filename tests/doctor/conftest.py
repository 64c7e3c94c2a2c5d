"""conftest: a Valkey for each test, set as it likes, and what the doctor says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager

import pytest
from redis.asyncio import Redis

from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding
from lhredis.doctor.read import read_facts
from lhredis.embedded import Durability, EmbeddedServer
from lhredis.store.connect import connect

Check = Callable[[Facts], Iterator[Finding]]
Start = Callable[..., EmbeddedServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start(durability, settings)` gives a server of our own."""
    with ExitStack() as stack:

        def started(
            durability: Durability = "logged", settings: dict[str, str] | None = None
        ) -> EmbeddedServer:
            return stack.enter_context(EmbeddedServer(durability=durability, settings=settings))

        yield started


@asynccontextmanager
async def asked(server: EmbeddedServer) -> AsyncIterator[Redis]:
    async with connect(server.url, role="doctor") as redis:
        yield redis


async def said(server: EmbeddedServer, check: Check) -> list[tuple[str, str, str]]:
    """(level, subject, text and change) of what a check finds at this server."""
    async with asked(server) as redis:
        return told(check(await read_facts(redis)))


def told(findings: Iterator[Finding]) -> list[tuple[str, str, str]]:
    return [(str(one.level), one.subject, f"{one.text} → {one.change}") for one in findings]

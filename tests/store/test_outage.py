"""The story of an outage in the log: said at once, again now and then, and once more when it is over."""

from __future__ import annotations

import logging

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from lhredis.store import outage as outage_module
from lhredis.store.outage import Outage, what_redis_said

log = logging.getLogger("lhredis.test")


@pytest.fixture
def outage() -> Outage:
    return Outage(log, "steps")


def test_what_lasts_is_told_once_in_a_while(outage: Outage, caplog: pytest.LogCaptureFixture):
    for _ in range(1_000):
        outage.fails(ConnectionError("gone"))
    assert caplog.messages == ["steps waits for Redis: gone"]


def test_what_lasts_is_told_again(
    outage: Outage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outage_module, "TOLD_PAUSE_S", 0.0)
    for _ in range(3):
        outage.fails(ConnectionError("gone"))
    assert caplog.messages[-1] == "steps waits for Redis: gone (failed 3 times in 0 s)"


def test_something_else_is_told_at_once(outage: Outage, caplog: pytest.LogCaptureFixture):
    outage.fails(ConnectionError("gone"))
    outage.fails(ConnectionError("loading"))
    assert caplog.messages[-1].startswith("steps waits for Redis: loading")


def test_a_success_between_failures_is_not_its_end(outage: Outage, caplog: pytest.LogCaptureFixture):
    """Reads, which a server that takes no writes answers."""
    for _ in range(100):
        outage.fails(ConnectionError("full"))
        outage.works()
        outage.works()
    assert caplog.messages == ["steps waits for Redis: full"]


def test_its_end_is_told_once(
    outage: Outage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outage_module, "WORKS_S_MIN", 0.0)
    outage.works()
    assert caplog.messages == []
    outage.fails(ConnectionError("gone"))
    outage.works()
    outage.works()
    assert caplog.messages[1:] == ["steps: Redis works again, after 0.0 s"]
    outage.fails(ConnectionError("gone"))
    assert caplog.messages[-1] == "steps waits for Redis: gone", "the next one is news again"


async def test_the_command_that_was_refused_is_left_out(redis: Redis):
    await redis.set("text", "x")
    with pytest.raises(RedisError) as refused:
        await redis.pipeline(transaction=False).hset("text", "field", "a secret").execute()
    said = what_redis_said(refused.value)
    assert said.startswith("WRONGTYPE") and "secret" not in said

"""The story of stored checkpoints: written and read back, counted, listed, and gone with their key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from lhredis.model.values import WfRunId, encode_value
from lhredis.store import keys
from lhredis.store.checkpoints import (
    Checkpoint,
    checkpoint_counts,
    decode_checkpoint,
    encode_checkpoint,
    load_checkpoints,
)


@pytest.mark.parametrize(
    "value", [None, 2**63 - 1, 1.0, "ü", b"\x00\xff", {"$bytes": 1}, [1], WfRunId("a_b")]
)
@pytest.mark.parametrize("logs", [None, "a line"])
def test_a_checkpoint_is_read_as_it_was_written(value: Any, logs: str | None):
    data = encode_checkpoint(encode_value(value), 2, 99, logs)
    found = decode_checkpoint(7, data)
    assert found == Checkpoint(7, value, 2, 99, logs)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", b"[]", b"7", b"{}", b'{"value": 1}', b'{"value": {"$x": 1}}']
)
def test_what_is_no_checkpoint_is_told(data: bytes):
    with pytest.raises(ValueError):
        decode_checkpoint(0, data)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.binary())
def test_whatever_bytes_stand_there_are_refused(data: bytes):
    with pytest.raises(ValueError):
        decode_checkpoint(0, data)


async def test_checkpoints_are_counted_and_listed_by_task_run(redis: Redis):
    key = keys.checkpoints(1, "acme", "r1")
    for field in ("0:1:0", "0:1:10", "0:1:2", "0:11:0", "1:1:0"):
        await redis.hset(key, field, encode_checkpoint(field, 0, 5, None))
    counts = await checkpoint_counts(redis, 1, "acme", "r1")
    assert counts == {(0, 1): 3, (0, 11): 1, (1, 1): 1}
    found = await load_checkpoints(redis, 1, "acme", "r1", 0, 1)
    assert [(one.number, one.value) for one in found] == [(0, "0:1:0"), (2, "0:1:2"), (10, "0:1:10")]
    assert await load_checkpoints(redis, 1, "acme", "r1", 0, 2) == []
    await redis.delete(key)
    assert await checkpoint_counts(redis, 1, "acme", "r1") == {}
    assert await load_checkpoints(redis, 1, "acme", "r1", 0, 1) == []

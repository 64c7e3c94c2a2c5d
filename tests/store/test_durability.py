"""The story of what a server promises: it is told by its settings, and never more than they give."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from lhredis.store.durability import server_durability


@pytest.mark.parametrize(
    ("log", "sync", "word"),
    [
        ("no", "always", "memory"),
        ("yes", "no", "memory"),
        ("yes", "everysec", "logged"),
        ("yes", "always", "fsync"),
    ],
)
async def test_the_word_is_what_the_settings_give(redis: Redis, log: str, sync: str, word: str):
    try:
        await redis.config_set("appendfsync", sync)
        await redis.config_set("appendonly", log)
        assert str(await server_durability(redis)) == word
    finally:
        await redis.config_set("appendonly", "no")

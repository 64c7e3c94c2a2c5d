"""durability: what an acknowledged write survives, as a word that users see.

    memory          nothing: Redis keeps it in memory alone
    logged          a crash of the process; of the machine but for about the last second (AOF everysec)
    fsync           a crash of the machine (appendfsync always, or WAITAOF for one request)
    replicated:<n>  the loss of the machine: n replicas have it (WAIT)

The deployment's word is what its server is set to; a request may ask for more, never for less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from lhredis.errors import FailedPrecondition, Unavailable

CONFIRM_MS_MAX = 2_000
"""How long a commit waits for its confirmation, in milliseconds."""

_WORDS = {"always": "fsync", "everysec": "logged"}
"""What each `appendfsync` promises."""

_LEVELS = ("memory", "logged", "fsync", "replicated")


@dataclass(frozen=True, slots=True)
class Durability:
    """One of the four levels; `replicas` belongs to `replicated`."""

    level: str
    replicas: int = 0

    @classmethod
    def parse(cls, word: str) -> Durability:
        """`memory`, `logged`, `fsync` or `replicated:<n>`. ValueError otherwise."""
        level, _, number = word.partition(":")
        replicas = int(number) if level == "replicated" and number.isdecimal() else 0
        found = cls(level, replicas)
        if level not in _LEVELS or str(found) != word or (level == "replicated" and not 1 <= replicas <= 100):
            raise ValueError(f"a durability is memory, logged, fsync or replicated:<n>; got {word!r}")
        return found

    def __str__(self) -> str:
        return f"replicated:{self.replicas}" if self.level == "replicated" else self.level

    def exceeds(self, other: Durability) -> bool:
        """Does this promise more than `other`?"""
        return (_LEVELS.index(self.level), self.replicas) > (_LEVELS.index(other.level), other.replicas)

    def confirmation(self) -> tuple[Any, ...] | None:
        """The command that, sent behind a commit on its connection, makes sure of it."""
        if self.level == "fsync":
            return ("WAITAOF", 1, 0, CONFIRM_MS_MAX)
        if self.level == "replicated":
            return ("WAIT", self.replicas, CONFIRM_MS_MAX)
        return None

    def check(self, reply: Any) -> None:
        """Unavailable when the confirmation did not come: the commit stands, but is not that safe yet."""
        if isinstance(reply, ResponseError):
            raise FailedPrecondition(
                f"this server cannot confirm durability {self}: {reply}; the commit stands"
            )
        reached = int(reply[0] if isinstance(reply, list) else reply)
        if reached < max(1, self.replicas):
            raise Unavailable(f"written, but not confirmed as {self} within {CONFIRM_MS_MAX} ms")


async def server_durability(redis: Redis) -> Durability:
    """What the server is set to. One that does not tell (CONFIG refused) counts as `memory`, and so does one
    that leaves it to the operating system when its log is on the disk (`appendfsync no`): half a minute may
    be lost."""
    try:
        settings = await redis.config_get("append*")
    except RedisError:
        return Durability("memory")
    if settings.get("appendonly") != "yes":
        return Durability("memory")
    return Durability(_WORDS.get(str(settings.get("appendfsync")), "memory"))

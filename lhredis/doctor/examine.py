"""examine: read a deployment once, and judge it: the doctor's only door."""

from __future__ import annotations

from dataclasses import replace

from redis.exceptions import AuthenticationError, InvalidResponse, RedisError

from lhredis.client import Client
from lhredis.doctor.checks import (
    api,
    clock,
    memory,
    partitions,
    persistence,
    processes,
    quarantine,
    queues,
    server,
)
from lhredis.doctor.facts import ApiFacts, Facts
from lhredis.doctor.findings import Finding, fail
from lhredis.doctor.read import read_facts
from lhredis.errors import InvalidArgument, LHRedisError
from lhredis.store.connect import connect, without_password

ANSWER_S_MAX = 5.0
"""How long the API may take to answer."""

CHECKS = (
    server.check,
    persistence.check,
    memory.check,
    clock.check,
    processes.check,
    partitions.check,
    queues.check,
    quarantine.check,
)
"""In the order in which they are shown."""


async def examine(redis_url: str, api_url: str) -> list[Finding]:
    """Everything that was found. What cannot be reached is a finding, too."""
    findings: list[Finding] = []
    facts: Facts | None = None
    try:
        async with connect(redis_url, retries=0, role="doctor") as redis:
            facts = await read_facts(redis)
    except (RedisError, OSError, ValueError, InvalidArgument) as error:
        text = f"{without_password(redis_url)} cannot be asked: {error}"
        findings.append(fail("redis", text, _what_lets_us_ask(error)))
    else:
        findings += [finding for check in CHECKS for finding in check(facts)]
    return [*findings, *api.check(await ask_api(api_url), facts)]


def _what_lets_us_ask(error: Exception) -> str:
    if isinstance(error, AuthenticationError):
        return "say who asks: redis://user:password@… in --redis-url or LHREDIS_REDIS_URL"
    if isinstance(error, InvalidResponse):
        return "that is no Redis: say where it is: --redis-url or LHREDIS_REDIS_URL"
    return "start it, or say where it is: --redis-url or LHREDIS_REDIS_URL"


async def ask_api(url: str) -> ApiFacts:
    """What the API at this URL says."""
    found = ApiFacts(url)
    try:
        async with Client(url, timeout_s=ANSWER_S_MAX) as client:
            told = await client.server()
            found = ApiFacts(url, str(told["version"]), str(told["redis"]), int(told["partitions"]))
            await client.ready()
    except LHRedisError as error:
        return replace(found, error=str(error))
    return found

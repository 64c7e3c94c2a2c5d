"""lh: lhredis as an application of LittleHorse's sees it: an address, a tenant, the real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from littlehorse.config import LHConfig
from littlehorse.model import LittleHorseStub
from redis.asyncio import Redis

from lhredis.api.services import Services
from lhredis.grpc.context import Front
from lhredis.grpc.front import serving as serving_grpc
from lhredis.scheduler.process import Scheduler
from lhredis.store.connect import connect
from tests.api.conftest import PARTITIONS, serving


@dataclass
class LH:
    """One tenant. `stub` is the asynchronous stub of the client that `config` makes."""

    config: LHConfig
    stub: LittleHorseStub
    api_url: str
    redis: Redis

    async def refusal(self, status: grpc.StatusCode, *words: str, call: Any) -> str:
        """The text with which a call is refused, which has these words."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is status, caught.value.details()
        text = str(caught.value.details())
        for word in words:
            assert word in text
        return text

    async def in_thread(self, function: Callable[..., Any], *values: Any) -> Any:
        """Call what blocks, as the client's own functions do, beside the server that answers it."""
        return await asyncio.to_thread(function, *values)


@dataclass
class Deployment:
    """An API with its gRPC front, and a scheduler; `lh(tenant)` is one tenant of it."""

    port: int
    api_url: str
    redis: Redis

    @asynccontextmanager
    async def lh(self, tenant: str) -> AsyncIterator[LH]:
        config = config_of(self.port, tenant)
        async with config.establish_channel(async_channel=True) as channel:
            yield LH(config, LittleHorseStub(channel), self.api_url, self.redis)


def config_of(port: int, tenant: str) -> LHConfig:
    """What LittleHorse's client is told to talk to a server here."""
    config = LHConfig()
    config.load({"LHC_API_HOST": "127.0.0.1", "LHC_API_PORT": port, "LHC_TENANT_ID": tenant})
    return config


@asynccontextmanager
async def another_front(
    redis_url: str, port: int = 0, host: str = "127.0.0.1", advertised: str | None = None
) -> AsyncIterator[Front]:
    """A server of its own, which knows of the others what is in Redis."""
    services = Services(redis_url)
    await services.open()
    try:
        async with serving_grpc(services, host, port, advertised) as front:
            yield front
    finally:
        await services.close()


@asynccontextmanager
async def deployed(redis_url: str) -> AsyncIterator[Deployment]:
    """All that makes a whole lhredis, on this Redis."""
    stopping = asyncio.Event()
    fronts: list[Front] = []

    @asynccontextmanager
    async def beside(services: Services) -> AsyncIterator[None]:
        async with serving_grpc(services, "127.0.0.1", 0) as front:
            fronts.append(front)
            yield

    async with serving(redis_url, beside) as api_url, connect(redis_url) as redis:
        scheduler = asyncio.create_task(Scheduler(redis, PARTITIONS, "s1").run(stopping))
        try:
            yield Deployment(fronts[0].port, api_url, redis)
        finally:
            stopping.set()
            await scheduler

"""conftest: a real API on a free port, with a client, and a scheduler and workers when asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from lhredis.api.process import Beside, serve
from lhredis.client import Client
from lhredis.scheduler.process import Scheduler
from lhredis.store.connect import connect
from lhredis.worker import TaskFunction, Worker

PARTITIONS = 4


@asynccontextmanager
async def serving(redis_url: str, beside: Beside | None = None) -> AsyncIterator[str]:
    """An API process's inside, in this process; gives its URL."""
    stopping, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    api = asyncio.create_task(
        serve(
            redis_url,
            PARTITIONS,
            port=0,
            stopping=stopping,
            on_listening=listening.set_result,
            beside=beside,
        )
    )
    await asyncio.wait((api, listening), return_when=asyncio.FIRST_COMPLETED)
    if api.done():
        api.result()
    try:
        yield listening.result()
    finally:
        stopping.set()
        await api


@pytest.fixture
async def api_url(redis_url: str) -> AsyncIterator[str]:
    async with serving(redis_url) as url:
        yield url


@pytest.fixture
async def client(api_url: str) -> AsyncIterator[Client]:
    async with Client(api_url, tenant="default") as client:
        yield client


@pytest.fixture
async def http(api_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """For requests that no Client would make."""
    async with httpx.AsyncClient(base_url=api_url, timeout=20) as http:
        yield http


@pytest.fixture
async def scheduling(api_url: str, redis_url: str) -> AsyncIterator[None]:
    """A scheduler at work."""
    stopping = asyncio.Event()
    async with connect(redis_url) as redis:
        scheduler = asyncio.create_task(Scheduler(redis, PARTITIONS, "s1").run(stopping))
        yield
        stopping.set()
        await scheduler


StartWorker = Callable[..., Awaitable[None]]


@pytest.fixture
async def work(api_url: str, redis_url: str) -> AsyncIterator[StartWorker]:
    """`await work(function, …)` starts a worker for these functions."""
    stopping = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def start(*functions: TaskFunction) -> None:
            worker = asyncio.create_task(Worker(*functions, drain_s=0).run(stopping, redis_url, "default"))
            stack.push_async_callback(asyncio.wait_for, worker, 20)

        yield start
        stopping.set()

"""service: run one of our long-lived processes until Ctrl-C, SIGTERM or the end of its parent."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable

from lhredis.cli.children import end_with_parent, stop_on_signals
from lhredis.cli.logs import set_up_logs

Service = Callable[[asyncio.Event], Awaitable[None]]


def run_service(service: Service, log_level: str | None) -> None:
    """Call `service` with the event that tells it to finish, in an event loop made for speed."""
    set_up_logs(log_level)
    end_with_parent()
    _collect_garbage_rarely()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_until_signal(service))


def _collect_garbage_rarely() -> None:
    """Our services make many short-lived objects and few cycles. At Python's thresholds the collector
    takes a sixth of their time walking over what lives long: modules, cached runs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


async def _until_signal(service: Service) -> None:
    stopping = asyncio.Event()
    stop_on_signals(stopping)
    await service(stopping)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop

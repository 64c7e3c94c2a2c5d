"""client_thread: a Client on an event loop in a thread of its own, called from threads without one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from lhredis.client.client import TIMEOUT_S_DEFAULT, Client

Answer = TypeVar("Answer")


class ClientThread:
    """What all parts of SyncClient have."""

    def __init__(
        self, base_url: str | None = None, tenant: str | None = None, timeout_s: float = TIMEOUT_S_DEFAULT
    ) -> None:
        self._client = Client(base_url, tenant, timeout_s)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lhredis-client", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and end the thread; a second time does nothing."""
        if self._loop.is_closed():
            return
        self._wait(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        return self._client.base_url

    @property
    def tenant(self) -> str:
        return self._client.tenant

    def _wait(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer of a call; one that is interrupted (Ctrl-C) is given up."""
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

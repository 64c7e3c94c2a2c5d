"""children: processes of our own that are started again when they die, until they are stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence

RESTART_PAUSE_S_MIN = 0.2
RESTART_PAUSE_S_MAX = 10.0
STEADY_S = 20.0
"""A child that ran this long starts over with the shortest pause."""

FOLLOW_VARIABLE = "LHREDIS_ENDS_WITH_STDIN"


class Child:
    """`python -m lhredis <arguments>`, kept running from `start` to `stop`.

    It has a session of its own, so that Ctrl-C reaches only us and we end all in order; and a pipe
    as stdin, whose end tells it that we died (`end_with_parent`).
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        say: Callable[[str], None],
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.command = [sys.executable, "-m", "lhredis", *arguments]
        self._environment = {**os.environ, **(environment or {}), FOLLOW_VARIABLE: "1"}
        self._say = say
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process; when this returns, it has a pid."""
        await self._spawn()
        self._task = asyncio.create_task(self._keep_running())

    async def stop(self, grace_s: float) -> None:
        """End it with SIGTERM, or with SIGKILL after `grace_s` seconds."""
        self._stopping.set()
        if self._task is None:
            return
        self._signal(signal.SIGTERM)
        done, _ = await asyncio.wait([self._task], timeout=grace_s)
        if not done:
            self._say(f"{self.name} (process {self.pid}) did not end in {grace_s:g} s and is killed")
            self._signal(signal.SIGKILL)
            await self._task

    async def _keep_running(self) -> None:
        pause_s = RESTART_PAUSE_S_MIN
        while True:
            assert self._process is not None
            started = time.monotonic()
            status = await self._process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - started > STEADY_S:
                pause_s = RESTART_PAUSE_S_MIN
            self._say(
                f"{self.name} (process {self.pid}) {ending(status)} unexpectedly; starting it again in {pause_s:g} s"
            )
            try:
                await asyncio.wait_for(self._stopping.wait(), pause_s)
                return
            except TimeoutError:
                pause_s = min(2 * pause_s, RESTART_PAUSE_S_MAX)
            await self._spawn()
            if self._stopping.is_set():
                self._signal(signal.SIGTERM)

    async def _spawn(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.command, stdin=asyncio.subprocess.PIPE, env=self._environment, start_new_session=True
        )

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


def ending(status: int) -> str:
    """How a process ended, in words: `ended with exit code 3`, `was killed by SIGKILL`."""
    if status >= 0:
        return f"ended with exit code {status}"
    return f"was killed by {signal.Signals(-status).name}"


async def stop_all(children: Sequence[Child], grace_s: float) -> None:
    """Stop all of them at once."""
    await asyncio.gather(*(child.stop(grace_s) for child in children))


def end_with_parent() -> None:
    """In a process that a `Child` started: end in order when the parent is gone, however it went."""
    if os.environ.pop(FOLLOW_VARIABLE, None):
        threading.Thread(target=_follow_stdin, daemon=True, name="end-with-parent").start()


def _follow_stdin() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def stop_on_signals(stopping: asyncio.Event) -> None:
    """Ctrl-C, SIGTERM and a closed terminal set the event; a second one kills us at once."""
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        stopping.set()
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)

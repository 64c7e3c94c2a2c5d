"""terminal: run `lhredis …` at a terminal, and see what a person would see there."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cli.processes import command

ANSWER_S_MAX = 30


@dataclass
class Terminal:
    """Our end of it; `unread` has come and was not asked for yet."""

    descriptor: int
    unread: str = ""

    def read_until(self, word: str) -> str:
        """What has come, up to and with this word."""
        seen, deadline = self.unread, time.monotonic() + ANSWER_S_MAX
        while word not in seen:
            left = deadline - time.monotonic()
            came = left > 0 and select.select([self.descriptor], [], [], left)[0]
            assert came, f"{word!r} did not come: {seen!r}"
            seen += os.read(self.descriptor, 65536).decode(errors="replace")
        end = seen.index(word) + len(word)
        self.unread = seen[end:]
        return seen[:end]

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode(errors="surrogateescape"))


@contextmanager
def at_terminal(
    arguments: list[str], environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """`lhredis <arguments>` at a terminal of 120 columns, until the end of the block."""
    ours, theirs = pty.openpty()
    size = {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(
        command(*arguments), env={**environment, **size}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        yield process, Terminal(ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)

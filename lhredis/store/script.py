"""script: Lua files as things to call by name.

A script's header binds every KEYS[n] and ARGV[n] to a named local; this reads that block, so that
its Python mirror passes names and never counts slots. A comment `-- KEYS[2…] name: what` (ARGV alike)
declares that more follow, as many as the call has.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from lhredis.store.wire import Command, exchange, exchange_at_once

_HERE = Path(__file__).parents[1]
_FOLDERS = (_HERE / "lua", _HERE.parent / "scripts" / "lua")
_BINDING = re.compile(r"^local (\w+)\s*=\s*(?:tonumber\()?(KEYS|ARGV)\[(\d+)\]", re.MULTILINE)
_REST = re.compile(r"^-- (KEYS|ARGV)\[(\d+)…\]\s+(\w+)", re.MULTILINE)

Argument = str | bytes | int | float


class Script:
    """One Lua script. `keys` and `argv` are the names bound in its header, in order; `more_keys` and
    `more_argv` tell whether a rest may follow."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = _read(name)
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        self.keys = self._names("KEYS")
        self.argv = self._names("ARGV")
        rest = {kind: True for kind, _, _ in _REST.findall(self.text)}
        self.more_keys, self.more_argv = rest.get("KEYS", False), rest.get("ARGV", False)

    def _names(self, kind: str) -> tuple[str, ...]:
        bound = {int(slot): name for name, found, slot in _BINDING.findall(self.text) if found == kind}
        assert sorted(bound) == list(range(1, len(bound) + 1)), f"{self.name}.lua: a gap in its {kind} block"
        return tuple(bound[slot] for slot in sorted(bound))

    def command(
        self,
        keys: dict[str, str],
        argv: dict[str, Argument],
        more_keys: Sequence[str] = (),
        more_argv: Sequence[Argument] = (),
    ) -> tuple[Any, ...]:
        """The EVALSHA of one call. KeyError when a name is missing."""
        assert len(keys) == len(self.keys) and len(argv) == len(self.argv), f"{self.name}: unknown names"
        assert (self.more_keys or not more_keys) and (self.more_argv or not more_argv)
        return (
            "EVALSHA",
            self.sha,
            len(self.keys) + len(more_keys),
            *(keys[name] for name in self.keys),
            *more_keys,
            *(argv[name] for name in self.argv),
            *more_argv,
        )

    async def run(self, redis: Redis, keys: dict[str, str], argv: dict[str, Argument]) -> list[Any]:
        """Call it now and return its raw reply, loading it first where the server has lost it."""
        (reply,) = await run_all(redis, [self.command(keys, argv)], [self])
        return list(reply)


async def run_all(
    redis: Redis,
    commands: Sequence[Command],
    scripts: Sequence[Script],
    errors: bool = True,
    at_once: bool = False,
) -> list[Any]:
    """Send commands in one round trip and return their replies; `scripts` are those among them. `at_once` is
    that of `exchange_at_once`.

    A server that has lost a script refuses it before it does anything: it is loaded, and what was
    refused is sent again. Any other error is raised once all replies are in, or with `errors` False
    stands in its place among them.
    """
    send = exchange_at_once if at_once else exchange
    replies = await send(redis, commands, errors=False)
    refused = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
    if refused:
        for script in {script.sha: script for script in scripts}.values():
            await redis.script_load(script.text)
        again = await send(redis, [commands[i] for i in refused], errors=False)
        for i, reply in zip(refused, again, strict=True):
            replies[i] = reply
    failed = next((reply for reply in replies if isinstance(reply, Exception)), None)
    if failed is not None and errors:
        raise failed
    return replies


@cache
def load(name: str) -> Script:
    """The script `scripts/lua/<name>.lua`, read once in a process."""
    return Script(name)


def _read(name: str) -> str:
    for folder in _FOLDERS:
        path = folder / f"{name}.lua"
        if path.is_file():
            return path.read_text()
    raise FileNotFoundError(f"{name}.lua is in none of {', '.join(map(str, _FOLDERS))}")

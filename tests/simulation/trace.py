"""trace: what happened in a simulation, one line an event, for the one who has to find out why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from lhredis.store import keys
from lhredis.store.commands.commit_steps import script as commit_script
from lhredis.store.script import load
from tests.simulation.connection import Command
from tests.simulation.double import Reply, to_bytes
from tests.simulation.scripts import unit_at

_LEASES = {load(name).sha for name in ("claim_partition", "release_partition")}
_LOOKS = {"ZRANGE", "XPENDING", "SMEMBERS", "XRANGE", "HGETALL", "HGET", "HMGET", "HKEYS", "GET"}


class Trace:
    """Keeps what was sent; makes lines of it when asked."""

    def __init__(self) -> None:
        self._events: list[tuple[float, str, str, Sequence[Command], Sequence[Reply]]] = []

    def note(self, now_s: float, who: str, what: str, commands: Sequence[Command], replies: Any) -> None:
        self._events.append((now_s, who, what, commands, list(replies)))

    def tell(self, now_s: float, who: str, what: str) -> None:
        self._events.append((now_s, who, what, (), ()))

    def lines(self) -> list[str]:
        """One line for everything that may have changed something, or went wrong."""
        found = []
        for now_s, who, what, commands, replies in self._events:
            told = [_told(command, replies[i] if i < len(replies) else None, what)
                    for i, command in enumerate(commands)]  # fmt: skip
            said = "; ".join(text for text in told if text)
            if said or not commands:
                found.append(f"{now_s:9.4f}  {who:<14} {f'[{what}] ' if what else ''}{said}")
        return found


def _told(command: Command, reply: Reply, what: str) -> str:
    name = command[0]
    if name == "EVALSHA":
        if command[1] == commit_script().sha:
            return f"commit {_commit(command)}{_answer(reply)}"
        return "" if command[1] in _LEASES and not what else f"script{_answer(reply)}"
    if name in ("XREAD", "XREADGROUP"):
        return f"{name} {_entries(reply)}" if reply and not isinstance(reply, Exception) else ""
    if name == "XADD":
        return f"XADD {_short(command[1])} {_fields(command[3:])}"
    if name in _LOOKS or command[1:2] == (keys.schedulers(),):
        return ""
    if what or name in ("XDEL", "XACK", "XCLAIM", "HSET", "ZADD", "ZREM"):
        return f"{name} {' '.join(_short(word) for word in command[1:4])}{_answer(reply)}"
    return ""


def _answer(reply: Reply) -> str:
    return f" → {reply!r}" if reply is not None else ""


def _commit(command: Command) -> str:
    n_keys = int(command[2])
    keys = [to_bytes(word) for word in command[3 : 3 + n_keys]]
    argv = [to_bytes(word) for word in command[3 + n_keys :]]
    said, at = [], 3 + int(argv[0])
    for _ in range(int(argv[1])):
        at, unit = unit_at(keys, argv, at)
        runs = " ".join(f"{_short(key)} v{int(version)}→" for key, version in unit.checks)
        said.append(f"{runs} {', '.join(filter(None, map(_write, unit.writes)))}")
    return " | ".join(said) + (f" | consumes {int(argv[0])}" if int(argv[0]) else "")


def _write(write: tuple[bytes, ...]) -> str:
    word, key, *args = write
    if word == b"ENQUEUE":
        task = orjson.loads(args[1])
        return f"task {task['task']} {task['task_def']} {task['token']}"
    if word == b"FINISH":
        return f"finish {args[0].decode()}"
    if word == b"ZADD" and b":index:" not in key:
        return f"timer {args[1].decode()} at {args[0].decode()}"
    if word == b"ZREM":
        return f"no timer {args[0].decode()}"
    if word == b"XADD" and key.endswith(b":changes"):
        return f"is {args[-1].decode()}"
    return f"QUARANTINE {args[-3].decode()}" if b"quarantine" in key else ""


def _entries(reply: Any) -> str:
    return ", ".join(
        f"{_short(stream)}: {entry.decode()} {_fields(fields or ())}"
        for stream, entries in reply
        for entry, fields in entries
    )


def _fields(fields: Sequence[Any]) -> str:
    return " ".join(_payload(value) for value in fields[1::2])


def _payload(value: Any) -> str:
    try:
        form = orjson.loads(to_bytes(value))
        words = [str(form[name]) for name in ("task", "token", "status", "output") if name in form]
        return "(" + " ".join(words) + ")"
    except (ValueError, TypeError, AttributeError):
        return to_bytes(value).decode(errors="replace")[:80]


def _short(key: Any) -> str:
    text = to_bytes(key).decode(errors="replace")
    return text.removeprefix("lh:")[:80]

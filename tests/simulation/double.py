"""double: a Redis in memory, with the commands that lhredis sends, each as atomic as the real one.

Replies are as they stand on the wire (RESP2), so that redis-py parses them as it does a server's. A
command, or a script, that the double does not know is refused with its name. tests/simulation/test_double.py
holds it to what a real Valkey does.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from redis.exceptions import NoScriptError, ResponseError

T = TypeVar("T")
Reply = Any
OK = b"OK"

_COMMANDS: dict[bytes, Callable[..., Reply]] = {}
_SCRIPTS: dict[bytes, Callable[..., Reply]] = {}


def command(name: str) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Register what a command does: a function of the double and the arguments, in bytes."""

    def register(function: Callable[..., Reply]) -> Callable[..., Reply]:
        _COMMANDS[name.encode()] = function
        return function

    return register


def script(sha: str) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Register the mirror of a Lua script: a function of the double, its KEYS and its ARGV."""

    def register(function: Callable[..., Reply]) -> Callable[..., Reply]:
        _SCRIPTS[sha.encode()] = function
        return function

    return register


class ZSet(dict[bytes, float]):
    """Members by score."""

    def in_order(self) -> list[tuple[bytes, float]]:
        return sorted(self.items(), key=lambda pair: (pair[1], pair[0]))


class Double:
    """One server. `now_ms` is its clock; `watchers` are told of every commit by the scripts' mirrors;
    `unknown` are the commands that were refused because the double does not have them."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.data: dict[bytes, Any] = {}
        self.expires: dict[bytes, int] = {}
        self.touched: dict[bytes, int] = {}
        self.loaded: set[bytes] = set()
        self.unknown: set[str] = set()
        self.watchers: list[Callable[[Any], None]] = []
        self._arrivals: list[asyncio.Future[None]] = []

    def call(self, *args: Any) -> Reply:
        """Execute one command now. ResponseError when it is wrong, or not known here."""
        words = [to_bytes(arg) for arg in args]
        name = words[0].upper()
        if name not in _COMMANDS and len(words) > 1:
            name, words = name + b" " + words[1].upper(), words[1:]
        function = _COMMANDS.get(name)
        if function is None:
            self.unknown.add(str(args[0]))
            raise ResponseError(f"the double knows no command {args[0]!r}: tests/simulation/double.py")
        return function(self, *words[1:])

    # What commands are made of

    def find(self, key: bytes, kind: type[T]) -> T | None:
        """The value under a key. ResponseError when it is of another kind."""
        value = self.data.get(key) if self.has(key) else None
        if value is not None and type(value) is not kind:
            raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
        return value

    def has(self, key: bytes) -> bool:
        """Is there anything under this key? What has expired goes now."""
        if key in self.expires and self.expires[key] <= self.now_ms():
            self.drop(key)
        return key in self.data

    def make(self, key: bytes, kind: type[T]) -> T:
        """The value under a key, made empty if there is none; it is about to be changed."""
        value = self.find(key, kind)
        if value is None:
            value = self.data[key] = kind()
        self.touch(key)
        return value

    def settle(self, key: bytes) -> None:
        """After something was taken out of a value: an empty one is no key."""
        self.touch(key)
        if key in self.data and not self.data[key]:
            self.drop(key)

    def drop(self, key: bytes) -> bool:
        self.expires.pop(key, None)
        if key in self.data:
            self.touch(key)
        return self.data.pop(key, None) is not None

    def touch(self, key: bytes) -> None:
        self.touched[key] = self.touched.get(key, 0) + 1

    # Waiting

    def arrived(self) -> None:
        """Something came into a stream: who waits looks again."""
        arrivals, self._arrivals = self._arrivals, []
        for waiter in arrivals:
            if not waiter.done():
                waiter.set_result(None)

    def next_arrival(self) -> asyncio.Future[None]:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrivals.append(waiter)
        return waiter


def to_bytes(arg: Any) -> bytes:
    if isinstance(arg, bytes):
        return arg
    if isinstance(arg, str):
        return arg.encode()
    assert type(arg) in (int, float), f"redis-py sends no {type(arg).__name__}"
    return repr(arg).encode()


@command("EVALSHA")
def evalsha(double: Double, sha: bytes, n_keys: bytes, *rest: bytes) -> Reply:
    if sha not in double.loaded:
        raise NoScriptError("No matching script. Please use EVAL.")
    keys, argv = rest[: int(n_keys)], rest[int(n_keys) :]
    if len({slot_tag(key) for key in keys}) > 1:
        raise ResponseError("CROSSSLOT Keys in request don't hash to the same slot")
    return _SCRIPTS[sha](double, keys, argv)


@command("SCRIPT LOAD")
def script_load(double: Double, text: bytes) -> Reply:
    sha = hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()
    if sha not in _SCRIPTS:
        first = text.decode().splitlines()[1]
        raise ResponseError(f"the double has no mirror of the script {first!r}: tests/simulation/scripts.py")
    double.loaded.add(sha)
    return sha


@command("SCRIPT FLUSH")
def script_flush(double: Double) -> Reply:
    double.loaded.clear()
    return OK


def slot_tag(key: bytes) -> bytes:
    """The part of a key that decides about its slot."""
    _, brace, rest = key.partition(b"{")
    tag, end, _ = rest.partition(b"}")
    return tag if brace and end and tag else key

"""double_streams: streams and consumer groups of the double."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from redis.exceptions import ResponseError

from tests.simulation.double import OK, Double, Reply, command

Id = tuple[int, int]
_LAST: Id = (2**64 - 1, 2**64 - 1)
TRIM_SLACK = 100
"""How many entries more than MAXLEN ~ says may stay: a server trims whole nodes of 100."""


@dataclass
class Claim:
    """Who holds an entry, and since when."""

    consumer: bytes
    since_ms: int
    deliveries: int = 1


@dataclass
class Group:
    last: Id
    claims: dict[Id, Claim] = field(default_factory=dict)
    consumers: dict[bytes, int] = field(default_factory=dict)
    """By name, when each asked for something last."""


@dataclass
class Stream:
    """Entries in the order of their ids. An empty one is a key all the same."""

    entries: dict[Id, tuple[bytes, ...]] = field(default_factory=dict)
    last: Id = (0, 0)
    groups: dict[bytes, Group] = field(default_factory=dict)

    def after(self, last: Id, count: int | None) -> list[tuple[Id, tuple[bytes, ...]]]:
        rows = [(entry, fields) for entry, fields in self.entries.items() if entry > last]
        return rows[:count]


@command("XADD")
def xadd(double: Double, key: bytes, *rest: bytes) -> Reply:
    maxlen = None
    if rest[0].upper() == b"MAXLEN":
        approximate = rest[1] == b"~"
        at = 2 if approximate else 1
        maxlen, slack = int(rest[at]), TRIM_SLACK if approximate else 0
        rest = rest[at + 1 :]
    if rest[0] != b"*":
        raise ResponseError("the double gives the ids of entries itself: XADD … *")
    fields = rest[1:]
    if not fields or len(fields) % 2:
        raise ResponseError("wrong number of arguments for 'xadd' command")
    stream = double.make(key, Stream)
    now_ms = double.now_ms()
    stream.last = (now_ms, 0) if now_ms > stream.last[0] else (stream.last[0], stream.last[1] + 1)
    stream.entries[stream.last] = fields
    if maxlen is not None and len(stream.entries) > maxlen + slack:
        for entry in list(stream.entries)[: len(stream.entries) - maxlen]:
            del stream.entries[entry]
    double.arrived()
    return _text(stream.last)


@command("XLEN")
def xlen(double: Double, key: bytes) -> Reply:
    return len(_stream(double, key).entries)


@command("XDEL")
def xdel(double: Double, key: bytes, *ids: bytes) -> Reply:
    double.touch(key)
    entries = _stream(double, key).entries
    return sum(entries.pop(_id(entry), None) is not None for entry in ids)


@command("XRANGE")
def xrange(double: Double, key: bytes, first: bytes, last: bytes, *options: bytes) -> Reply:
    return [_row(*row) for row in _rows_between(double, key, first, last)][: _count(options)]


@command("XREVRANGE")
def xrevrange(double: Double, key: bytes, last: bytes, first: bytes, *options: bytes) -> Reply:
    return [_row(*row) for row in _rows_between(double, key, first, last)[::-1]][: _count(options)]


def _rows_between(
    double: Double, key: bytes, first: bytes, last: bytes
) -> list[tuple[Id, tuple[bytes, ...]]]:
    low, high = _range(first, last)
    return [(entry, fields) for entry, fields in _stream(double, key).entries.items() if low <= entry <= high]


@command("XREAD")
def xread(double: Double, *args: bytes) -> Reply:
    """BLOCK is the connection's matter: here nothing is the answer when there is nothing."""
    options, streams = _split(args)
    reply = []
    for key, after in streams:
        stream = _stream(double, key)
        last = stream.last if after == b"$" else _id(after)
        rows = stream.after(last, _count(options))
        if rows:
            reply.append([key, [_row(*row) for row in rows]])
    return reply or None


# Groups


@command("XGROUP CREATE")
def xgroup_create(double: Double, key: bytes, group: bytes, start: bytes, *options: bytes) -> Reply:
    if double.find(key, Stream) is None and b"MKSTREAM" not in options:
        raise ResponseError("The XGROUP subcommand requires the key to exist.")
    stream = double.make(key, Stream)
    if group in stream.groups:
        raise ResponseError("BUSYGROUP Consumer Group name already exists")
    stream.groups[group] = Group(stream.last if start == b"$" else _id(start))
    return OK


@command("XGROUP DELCONSUMER")
def xgroup_delconsumer(double: Double, key: bytes, group: bytes, consumer: bytes) -> Reply:
    found = _group(double, key, group)
    theirs = [entry for entry, claim in found.claims.items() if claim.consumer == consumer]
    for entry in theirs:
        del found.claims[entry]
    found.consumers.pop(consumer, None)
    return len(theirs)


@command("XINFO GROUPS")
def xinfo_groups(double: Double, key: bytes) -> Reply:
    return [
        [b"name", name, b"consumers", len(group.consumers), b"pending", len(group.claims)]
        for name, group in _stream(double, key).groups.items()
    ]


@command("XINFO CONSUMERS")
def xinfo_consumers(double: Double, key: bytes, group: bytes) -> Reply:
    found = _group(double, key, group)
    held = [claim.consumer for claim in found.claims.values()]
    return [
        [b"name", name, b"pending", held.count(name), b"idle", double.now_ms() - seen_ms]
        for name, seen_ms in sorted(found.consumers.items())
    ]


@command("XREADGROUP")
def xreadgroup(double: Double, *args: bytes) -> Reply:
    """New entries for a consumer (`>`), or its own claims again, those that are gone without fields."""
    _, name, consumer, *rest = args
    options, streams = _split(rest)
    reply = []
    for key, after in streams:
        group, stream = _group(double, key, name), _stream(double, key)
        group.consumers[consumer] = double.now_ms()
        if after == b">":
            rows = stream.after(group.last, _count(options))
            for entry, _ in rows:
                group.last = entry
                group.claims[entry] = Claim(consumer, double.now_ms())
            if rows:
                reply.append([key, [_row(*row) for row in rows]])
        else:
            again = [
                entry
                for entry, claim in sorted(group.claims.items())
                if claim.consumer == consumer and entry > _id(after)
            ]
            for entry in again[: _count(options)]:
                group.claims[entry].since_ms = double.now_ms()
            rows_of = [_row(entry, stream.entries.get(entry)) for entry in again[: _count(options)]]
            reply.append([key, rows_of])
    return reply or None


@command("XACK")
def xack(double: Double, key: bytes, group: bytes, *ids: bytes) -> Reply:
    found = _stream(double, key).groups.get(group)
    return sum(found.claims.pop(_id(entry), None) is not None for entry in ids) if found else 0


@command("XPENDING")
def xpending(double: Double, key: bytes, group: bytes, *rest: bytes) -> Reply:
    claims = sorted(_group(double, key, group).claims.items())
    if not rest:
        names = sorted({claim.consumer for _, claim in claims})
        per = [[name, b"%d" % sum(claim.consumer == name for _, claim in claims)] for name in names]
        ends = [_text(claims[0][0]), _text(claims[-1][0])] if claims else [None, None]
        return [len(claims), *ends, per or None]
    idle_ms = 0
    if rest[0].upper() == b"IDLE":
        idle_ms, rest = int(rest[1]), rest[2:]
    low, high = _range(rest[0], rest[1])
    now_ms = double.now_ms()
    rows = [
        [_text(entry), claim.consumer, now_ms - claim.since_ms, claim.deliveries]
        for entry, claim in claims
        if low <= entry <= high
        and now_ms - claim.since_ms >= idle_ms
        and (len(rest) < 4 or claim.consumer == rest[3])
    ]
    return rows[: int(rest[2])]


@command("XCLAIM")
def xclaim(double: Double, key: bytes, group: bytes, consumer: bytes, idle: bytes, *rest: bytes) -> Reply:
    """Take over claims that there are, for JUSTID only; IDLE says how old they are to look."""
    ids = [word for word in rest if b"-" in word]
    if b"JUSTID" not in rest:
        raise ResponseError("the double knows XCLAIM with JUSTID only")
    since_ms = double.now_ms() - (int(rest[rest.index(b"IDLE") + 1]) if b"IDLE" in rest else 0)
    found, stream = _group(double, key, group), _stream(double, key)
    found.consumers[consumer] = double.now_ms()
    taken = []
    for word in ids:
        claim = found.claims.get(_id(word))
        if claim is not None and double.now_ms() - claim.since_ms >= int(idle):
            if _id(word) not in stream.entries:
                del found.claims[_id(word)]
                continue
            claim.consumer, claim.since_ms = consumer, since_ms
            taken.append(word)
    return taken


# Ids and replies


def _stream(double: Double, key: bytes) -> Stream:
    return double.find(key, Stream) or Stream()


def _group(double: Double, key: bytes, name: bytes) -> Group:
    group = _stream(double, key).groups.get(name)
    if group is None:
        raise ResponseError(f"NOGROUP No such key '{key.decode()}' or consumer group '{name.decode()}'")
    return group


def _split(args: Sequence[bytes]) -> tuple[Sequence[bytes], Iterable[tuple[bytes, bytes]]]:
    """Options, and the (stream, id) pairs behind the word STREAMS."""
    at = next(i for i, word in enumerate(args) if word.upper() == b"STREAMS")
    names = args[at + 1 :]
    half = len(names) // 2
    return args[:at], list(zip(names[:half], names[half:], strict=True))


def _count(options: Sequence[bytes]) -> int | None:
    words = [word.upper() for word in options]
    return int(words[words.index(b"COUNT") + 1]) if b"COUNT" in words else None


def _id(word: bytes) -> Id:
    ms, _, number = word.partition(b"-")
    return int(ms), int(number or 0)


def _range(first: bytes, last: bytes) -> tuple[Id, Id]:
    if first == b"-":
        low: Id = (0, 0)
    elif first.startswith(b"("):
        ms, number = _id(first[1:])
        low = (ms, number + 1)
    else:
        low = _id(first)
    if last == b"+":
        return low, _LAST
    return low, _id(last) if b"-" in last else (int(last), 2**64 - 1)


def _text(entry: Id) -> bytes:
    return b"%d-%d" % entry


def _row(entry: Id, fields: tuple[bytes, ...] | None) -> list[object]:
    return [_text(entry), list(fields) if fields is not None else None]

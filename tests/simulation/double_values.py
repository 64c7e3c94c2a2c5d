"""double_values: strings, hashes, sets and sorted sets of the double."""

from __future__ import annotations

import binascii
import fnmatch
from collections.abc import Sequence

from redis.exceptions import ResponseError

from tests.simulation.double import OK, Double, Reply, ZSet, command, slot_tag
from tests.simulation.double_streams import Stream

_KINDS = {bytes: b"string", dict: b"hash", set: b"set", ZSet: b"zset", Stream: b"stream"}
_SLOTS = 16384


@command("PING")
def ping(double: Double) -> Reply:
    return b"PONG"


@command("INFO")
def info(double: Double, *sections: bytes) -> Reply:
    return b"# Server\r\nredis_version:7.2.4\r\nvalkey_version:9.1.0\r\n"


@command("CLUSTER KEYSLOT")
def cluster_keyslot(double: Double, key: bytes) -> Reply:
    return binascii.crc_hqx(slot_tag(key), 0) % _SLOTS


@command("TIME")
def time(double: Double) -> Reply:
    seconds, ms = divmod(double.now_ms(), 1000)
    return [b"%d" % seconds, b"%d" % (ms * 1000)]


@command("FLUSHALL")
def flushall(double: Double) -> Reply:
    double.data.clear()
    double.expires.clear()
    return OK


@command("DBSIZE")
def dbsize(double: Double) -> Reply:
    return len(double.data)


@command("SCAN")
def scan(double: Double, cursor: bytes, *options: bytes) -> Reply:
    pattern = options[options.index(b"MATCH") + 1] if b"MATCH" in options else b"*"
    pattern = pattern.replace(b"[", b"[[]")
    return [b"0", [key for key in list(double.data) if fnmatch.fnmatchcase(key, pattern)]]


@command("TYPE")
def type_(double: Double, key: bytes) -> Reply:
    return _KINDS[type(double.data[key])] if double.has(key) else b"none"


@command("EXISTS")
def exists(double: Double, *keys: bytes) -> Reply:
    return sum(double.has(key) for key in keys)


@command("UNLINK")
@command("DEL")
@command("UNLINK")
def delete(double: Double, *keys: bytes) -> Reply:
    return sum(double.has(key) and double.drop(key) for key in keys)


@command("PTTL")
def pttl(double: Double, key: bytes) -> Reply:
    if not double.has(key):
        return -2
    return double.expires[key] - double.now_ms() if key in double.expires else -1


@command("PEXPIRE")
def pexpire(double: Double, key: bytes, ms: bytes) -> Reply:
    if key not in double.data:
        return 0
    double.expires[key] = double.now_ms() + int(ms)
    return 1


@command("GET")
def get(double: Double, key: bytes) -> Reply:
    return double.find(key, bytes)


@command("SET")
def set_(double: Double, key: bytes, value: bytes, *options: bytes) -> Reply:
    words = [word.upper() for word in options]
    if unknown := [word for word in words if word not in (b"PX", b"NX") and not word.isdigit()]:
        raise ResponseError(f"the double knows no SET … {unknown}")
    if b"NX" in words and double.has(key):
        return None
    double.data[key] = value
    double.touch(key)
    double.expires.pop(key, None)
    if b"PX" in words:
        double.expires[key] = double.now_ms() + int(words[words.index(b"PX") + 1])
    return OK


@command("INCRBY")
def incrby(double: Double, key: bytes, n: bytes) -> Reply:
    double.data[key] = b"%d" % (int(double.find(key, bytes) or 0) + int(n))
    double.touch(key)
    return int(double.data[key])


# Hashes


@command("HGET")
def hget(double: Double, key: bytes, field: bytes) -> Reply:
    return (double.find(key, dict) or {}).get(field)


@command("HMGET")
def hmget(double: Double, key: bytes, *fields: bytes) -> Reply:
    found = double.find(key, dict) or {}
    return [found.get(field) for field in fields]


@command("HGETALL")
def hgetall(double: Double, key: bytes) -> Reply:
    return [part for pair in (double.find(key, dict) or {}).items() for part in pair]


@command("HKEYS")
def hkeys(double: Double, key: bytes) -> Reply:
    return list(double.find(key, dict) or {})


@command("HVALS")
def hvals(double: Double, key: bytes) -> Reply:
    return list((double.find(key, dict) or {}).values())


@command("HLEN")
def hlen(double: Double, key: bytes) -> Reply:
    return len(double.find(key, dict) or {})


@command("HEXISTS")
def hexists(double: Double, key: bytes, field: bytes) -> Reply:
    return int(field in (double.find(key, dict) or {}))


@command("HSET")
def hset(double: Double, key: bytes, *pairs: bytes) -> Reply:
    if not pairs or len(pairs) % 2:
        raise ResponseError("wrong number of arguments for 'hset' command")
    found = double.make(key, dict)
    before = len(found)
    found.update(zip(pairs[::2], pairs[1::2], strict=True))
    return len(found) - before


@command("HSETNX")
def hsetnx(double: Double, key: bytes, field: bytes, value: bytes) -> Reply:
    return 0 if hexists(double, key, field) else hset(double, key, field, value)


@command("HDEL")
def hdel(double: Double, key: bytes, *fields: bytes) -> Reply:
    found = double.find(key, dict) or {}
    gone = sum(found.pop(field, None) is not None for field in fields)
    double.settle(key)
    return gone


@command("HINCRBY")
def hincrby(double: Double, key: bytes, field: bytes, n: bytes) -> Reply:
    total = int(hget(double, key, field) or 0) + int(n)
    hset(double, key, field, b"%d" % total)
    return total


# Sets


@command("SADD")
def sadd(double: Double, key: bytes, *members: bytes) -> Reply:
    found = double.make(key, set)
    before = len(found)
    found.update(members)
    return len(found) - before


@command("SREM")
def srem(double: Double, key: bytes, *members: bytes) -> Reply:
    found = double.find(key, set) or set()
    gone = len(found & set(members))
    found.difference_update(members)
    double.settle(key)
    return gone


@command("SMEMBERS")
def smembers(double: Double, key: bytes) -> Reply:
    return sorted(double.find(key, set) or ())


@command("SISMEMBER")
def sismember(double: Double, key: bytes, member: bytes) -> Reply:
    return int(member in (double.find(key, set) or ()))


# Sorted sets


@command("ZADD")
def zadd(double: Double, key: bytes, *pairs: bytes) -> Reply:
    if len(pairs) % 2:
        raise ResponseError("the double knows no options of ZADD")
    found = double.make(key, ZSet)
    before = len(found)
    found.update({member: float(score) for score, member in zip(pairs[::2], pairs[1::2], strict=True)})
    return len(found) - before


@command("ZREM")
def zrem(double: Double, key: bytes, *members: bytes) -> Reply:
    found = double.find(key, ZSet) or ZSet()
    gone = sum(found.pop(member, None) is not None for member in members)
    double.settle(key)
    return gone


@command("ZCARD")
def zcard(double: Double, key: bytes) -> Reply:
    return len(double.find(key, ZSet) or ())


@command("ZSCORE")
def zscore(double: Double, key: bytes, member: bytes) -> Reply:
    found = double.find(key, ZSet) or ZSet()
    return _number(found[member]) if member in found else None


@command("ZRANGE")
def zrange(double: Double, key: bytes, first: bytes, last: bytes, *options: bytes) -> Reply:
    words = [word.upper() for word in options]
    if b"BYSCORE" in words:
        words.remove(b"BYSCORE")
        if b"REV" in words:
            words.remove(b"REV")
            return zrevrangebyscore(double, key, first, last, *words)
        return zrangebyscore(double, key, first, last, *words)
    if b"REV" in words:
        words.remove(b"REV")
        return zrevrange(double, key, first, last, *words)
    return _rows(_cut((double.find(key, ZSet) or ZSet()).in_order(), first, last), words)


@command("ZSCAN")
def zscan(double: Double, key: bytes, cursor: bytes, *options: bytes) -> Reply:
    return [b"0", _rows((double.find(key, ZSet) or ZSet()).in_order(), [b"WITHSCORES"])]


@command("ZREVRANGE")
def zrevrange(double: Double, key: bytes, first: bytes, last: bytes, *options: bytes) -> Reply:
    rows = (double.find(key, ZSet) or ZSet()).in_order()[::-1]
    return _rows(_cut(rows, first, last), options)


@command("ZRANGEBYSCORE")
def zrangebyscore(double: Double, key: bytes, low: bytes, high: bytes, *options: bytes) -> Reply:
    return _rows(_between(double, key, low, high), options)


@command("ZREVRANGEBYSCORE")
def zrevrangebyscore(double: Double, key: bytes, high: bytes, low: bytes, *options: bytes) -> Reply:
    return _rows(_between(double, key, low, high)[::-1], options)


@command("ZCOUNT")
def zcount(double: Double, key: bytes, low: bytes, high: bytes) -> Reply:
    return len(_between(double, key, low, high))


@command("ZREMRANGEBYSCORE")
def zremrangebyscore(double: Double, key: bytes, low: bytes, high: bytes) -> Reply:
    gone = [member for member, _ in _between(double, key, low, high)]
    return zrem(double, key, *gone) if gone else 0


def _between(double: Double, key: bytes, low: bytes, high: bytes) -> list[tuple[bytes, float]]:
    rows = (double.find(key, ZSet) or ZSet()).in_order()
    (floor, floor_open), (roof, roof_open) = _bound(low), _bound(high)
    return [
        (member, score)
        for member, score in rows
        if (score > floor or (score == floor and not floor_open))
        and (score < roof or (score == roof and not roof_open))
    ]


def _bound(word: bytes) -> tuple[float, bool]:
    return (float(word[1:]), True) if word.startswith(b"(") else (float(word), False)


def _cut(rows: list[tuple[bytes, float]], first: bytes, last: bytes) -> list[tuple[bytes, float]]:
    start, stop = int(first), int(last)
    start = max(0, start + len(rows)) if start < 0 else start
    stop = stop + len(rows) if stop < 0 else stop
    return rows[start : stop + 1]


def _rows(rows: list[tuple[bytes, float]], options: Sequence[bytes]) -> Reply:
    words = [word.upper() for word in options]
    if b"LIMIT" in words:
        at = words.index(b"LIMIT")
        offset, count = int(words[at + 1]), int(words[at + 2])
        rows = rows[offset : offset + count if count >= 0 else None]
    if b"WITHSCORES" not in words:
        return [member for member, _ in rows]
    return [part for member, score in rows for part in (member, _number(score))]


def _number(score: float) -> bytes:
    return (b"%d" % int(score)) if score == int(score) else repr(score).encode()

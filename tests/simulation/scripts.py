"""scripts: what each Lua script of scripts/lua does, for the double: same checks, same writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lhredis.store.script import load
from tests.simulation.double import OK, Double, Reply, script

Words = Sequence[bytes]


@dataclass(slots=True, frozen=True)
class Committed:
    """A unit of a commit that was written, for those who watch: its commands, in the order of the
    script, and the versions that it was held against."""

    checks: list[tuple[bytes, bytes]]
    writes: list[tuple[bytes, ...]]


@script(load("commit_steps").sha)
def commit_steps(double: Double, keys: Words, argv: Words) -> Reply:
    n_consumed, n_units = int(argv[0]), int(argv[1])
    consumed, at = argv[3 : 3 + n_consumed], 3 + n_consumed
    entries: list[bytes] = []
    stale = []
    for number in range(1, n_units + 1):
        at, unit = unit_at(keys, argv, at)
        if not all((double.call("HGET", key, "version") or b"0") == version for key, version in unit.checks):
            stale.append(number)
            continue
        for write in unit.writes:
            _write(double, argv[2], entries, *write)
        for watch in double.watchers:
            watch(unit)
    if stale:
        return [b"stale", *stale]
    if consumed:
        double.call("XDEL", keys[0], *consumed)
    return [b"committed"]


def unit_at(keys: Words, argv: Words, at: int) -> tuple[int, Committed]:
    """The unit that begins at this argument, and where the next one does."""
    n_checks, at = int(argv[at]), at + 1
    checks = [(keys[int(argv[at + 2 * i]) - 1], argv[at + 2 * i + 1]) for i in range(n_checks)]
    at += 2 * n_checks
    n_writes, at = int(argv[at]), at + 1
    writes: list[tuple[bytes, ...]] = []
    for _ in range(n_writes):
        word, key, at = argv[at], keys[int(argv[at + 1]) - 1], at + 2
        n_args = {b"ENQUEUE": 2, b"FINISH": 1}.get(word)
        if n_args is None:
            n_args, at = int(argv[at]), at + 1
        writes.append((word, key, *argv[at : at + n_args]))
        at += n_args
    return at, Committed(checks, writes)


def _write(double: Double, group: bytes, entries: list[bytes], word: bytes, key: bytes, *args: bytes) -> None:
    if word == b"ENQUEUE":
        field, payload = args
        entries += field, double.call("XADD", key, "*", "task", payload)
    elif word == b"FINISH":
        double.call("XACK", key, group, *args)
        double.call("XDEL", key, *args)
    elif word == b"KEEP":
        double.call("HSET", key, *entries, *args)
        entries.clear()
    else:
        double.call(word, key, *args)


@script(load("claim_partition").sha)
def claim_partition(double: Double, keys: Words, argv: Words) -> Reply:
    holder = double.call("GET", keys[0])
    if holder is not None and holder != argv[0]:
        return [b"taken", holder]
    assert double.call("SET", keys[0], argv[0], "PX", argv[1]) == OK
    return [b"held"]


@script(load("release_partition").sha)
def release_partition(double: Double, keys: Words, argv: Words) -> Reply:
    if double.call("GET", keys[0]) != argv[0]:
        return [b"not-ours"]
    double.call("DEL", keys[0])
    return [b"released"]


@script(load("put_definition").sha)
def put_definition(double: Double, keys: Words, argv: Words) -> Reply:
    name, json, new_epoch = argv
    if not double.call("HSETNX", keys[0], name, json):
        return [b"exists", double.call("HGET", keys[0], name)]
    double.call("SET", keys[1], new_epoch)
    return [b"created"]


@script(load("put_version").sha)
def put_version(double: Double, keys: Words, argv: Words) -> Reply:
    name, seen, version, json, new_epoch = argv
    newest = double.call("HGET", keys[0], name) or b""
    if newest != seen:
        return [b"stale", newest]
    double.call("HSET", keys[1], version, json)
    double.call("HSET", keys[0], name, version)
    double.call("SET", keys[2], new_epoch)
    return [b"created"]


@script(load("add_metrics").sha)
def add_metrics(double: Double, keys: Words, argv: Words) -> Reply:
    (totals, windows), n_totals = keys, int(argv[1])
    first = 2 + 2 * n_totals
    for at in range(2, first, 2):
        double.call("HINCRBY", totals, argv[at], argv[at + 1])
    if n_totals:
        double.call("PEXPIRE", totals, argv[0])
    for at in range(first, len(argv), 5):
        name, (count, total, low, high) = argv[at], map(int, argv[at + 1 : at + 5])
        kept = double.call("HGET", windows, name)
        if kept is not None:
            kept_count, kept_total, kept_low, kept_high = map(int, kept.split())
            count, total = count + kept_count, total + kept_total
            low, high = min(low, kept_low), max(high, kept_high)
        double.call("HSET", windows, name, f"{count} {total} {low} {high}")
    if first < len(argv):
        double.call("PEXPIRE", windows, argv[0])
    return [b"added"]


@script(load("put_checkpoint").sha)
def put_checkpoint(double: Double, keys: Words, argv: Words) -> Reply:
    (run, checkpoints, tasks), (group, worker_id, entry, field, json) = keys, argv
    if not double.call("EXISTS", run):
        return [b"stop"]
    claims = double.call("XPENDING", tasks, group, entry, entry, 1)
    if not claims or claims[0][1] != worker_id:
        return [b"stop"]
    double.call("XCLAIM", tasks, group, worker_id, 0, entry, "JUSTID")
    if not double.call("HSETNX", checkpoints, field, json):
        return [b"exists", double.call("HGET", checkpoints, field)]
    return [b"put"]


@script(load("drop_consumer").sha)
def drop_consumer(double: Double, keys: Words, argv: Words) -> Reply:
    (tasks,), (group, consumer) = keys, argv
    if double.call("XPENDING", tasks, group, "-", "+", 1, consumer):
        return [b"holds"]
    double.call("XGROUP DELCONSUMER", tasks, group, consumer)
    return [b"dropped"]


@script(load("release_task").sha)
def release_task(double: Double, keys: Words, argv: Words) -> Reply:
    (run, tasks), (group, consumer, entry, claim_field) = keys, argv
    claims = double.call("XPENDING", tasks, group, entry, entry, 1)
    if not claims or claims[0][1] != consumer:
        return [b"gone"]
    found = double.call("XRANGE", tasks, entry, entry)
    counts = bool(found) and double.call("HGET", run, claim_field) == entry
    double.call("XACK", tasks, group, entry)
    double.call("XDEL", tasks, entry)
    if not counts:
        return [b"dropped"]
    again = double.call("XADD", tasks, "*", *found[0][1])
    double.call("HSET", run, claim_field, again)
    double.call("HINCRBY", run, "version", 1)
    return [b"released", again]


@script(load("save_portion").sha)
def save_portion(double: Double, keys: Words, argv: Words) -> Reply:
    job, seen, json = argv
    if double.call("HGET", keys[0], job) != seen:
        return [b"stale"]
    double.call("HSET", keys[0], job, json)
    return [b"saved"]


@script(load("accept_write").sha)
def accept_write(double: Double, keys: Words, argv: Words) -> Reply:
    return [b"accepted"]


@script(load("outdate_run").sha)
def outdate_run(double: Double, keys: Words, argv: Words) -> Reply:
    (run,) = keys
    if double.call("HEXISTS", run, "version"):
        double.call("HINCRBY", run, "version", 1)
    return double.call("HGETALL", run)

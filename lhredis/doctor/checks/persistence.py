"""persistence: what survives a crash, and does writing it down go well?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding, fail, ok, warn

REWRITE_BYTES_MIN = 256 * 1024 * 1024
"""What `lhredis dev` sets. A busy deployment writes Redis's default of 64 MB in seconds: the log would be
written anew all the time."""


def check(facts: Facts) -> Iterator[Finding]:
    """The append-only file, snapshots, replicas."""
    settings = facts.settings
    if settings is None:
        change = "allow CONFIG GET, or look at your provider's console: appendonly yes, maxmemory-policy noeviction"
        yield warn("settings", "the server does not tell its settings (CONFIG is refused)", change)
    elif settings.get("appendonly") == "yes":
        yield _log(settings)
        yield from _rewrites(settings)
    else:
        yield _no_log(settings)
    yield from _health(facts, settings or {})
    replicas = int(facts.info.get("connected_slaves", 0))
    if replicas:
        yield ok("replicas", f"{replicas}: durability replicated:{replicas} can be asked for")


def _log(settings: dict[str, str]) -> Finding:
    policy = settings.get("appendfsync")
    if policy == "always":
        return ok("durability", "fsync: an acknowledged write survives a crash of the machine")
    if policy == "no":
        text = "logged, but the operating system writes when it likes: a crash of the machine may lose half a minute"
        return warn("durability", text, "CONFIG SET appendfsync everysec")
    return ok(
        "durability", "logged: a crash of the machine loses about the last second, one of Redis nothing"
    )


def _no_log(settings: dict[str, str]) -> Finding:
    change = "CONFIG SET appendonly yes, and in its configuration file"
    snapshots = settings.get("save", "")
    if snapshots:
        text = f"memory: a crash loses all since the last snapshot (save {snapshots})"
        return warn("durability", text, change)
    return warn("durability", "memory: nothing survives a restart of Redis", change)


def _rewrites(settings: dict[str, str]) -> Iterator[Finding]:
    size = int(settings.get("auto-aof-rewrite-min-size", 0))
    if settings.get("auto-aof-rewrite-percentage") == "0":
        change = "CONFIG SET auto-aof-rewrite-percentage 100"
        yield warn("rewrites", "the append-only file is never rewritten: it grows for ever", change)
    elif size < REWRITE_BYTES_MIN:
        text = f"auto-aof-rewrite-min-size is {size // 2**20} MB: while there is little data, the file is rewritten often"
        yield warn("rewrites", text, "CONFIG SET auto-aof-rewrite-min-size 256mb")
    else:
        yield ok("rewrites", f"from {size // 2**20} MB on")
    if settings.get("no-appendfsync-on-rewrite") == "yes":
        text = "nothing is synced while the file is rewritten: a crash then may lose more than a second"
        yield warn("rewrites", text, "CONFIG SET no-appendfsync-on-rewrite no")


def _health(facts: Facts, settings: dict[str, str]) -> Iterator[Finding]:
    """Did the last writes to the disk succeed?"""
    info = facts.info
    if info.get("aof_last_write_status", "ok") != "ok":
        yield fail(
            "disk", "the last write to the append-only file failed", "make room on Redis's disk; see its log"
        )
    if info.get("aof_last_bgrewrite_status", "ok") != "ok":
        yield warn(
            "disk",
            "the last rewrite of the append-only file failed",
            "make room on its disk and in its memory",
        )
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        refused = settings.get("save") and settings.get("stop-writes-on-bgsave-error") == "yes"
        text = "the last snapshot failed" + (": Redis refuses every write" if refused else "")
        change = "make room on its disk and in its memory; see Redis's log"
        yield fail("disk", text, change) if refused else warn("disk", text, change)

"""memory: may Redis throw data away, is there room, and is its allocator a fast one?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding, fail, ok, warn

FULL_PERCENT = 80


def check(facts: Facts) -> Iterator[Finding]:
    """Eviction, room, allocator."""
    yield from _eviction(facts)
    yield _room(facts)
    yield from _allocator(str(facts.info.get("mem_allocator", "")))


def _eviction(facts: Facts) -> Iterator[Finding]:
    policy = facts.info.get("maxmemory_policy")
    if policy != "noeviction":
        text = f"maxmemory-policy is {policy}: Redis throws WfRuns away when its memory is full"
        yield fail("eviction", text, "CONFIG SET maxmemory-policy noeviction, and in its configuration file")
    else:
        yield ok("eviction", "noeviction: a full memory refuses new work and loses nothing")
    evicted = int(facts.info.get("evicted_keys", 0))
    if evicted:
        text = f"{evicted} keys were thrown away since Redis started: WfRuns may be damaged"
        yield fail(
            "eviction", text, "raise maxmemory; what is damaged can be restored from a backup, or deleted"
        )


def _room(facts: Facts) -> Finding:
    used, most = int(facts.info["used_memory"]), int(facts.info.get("maxmemory", 0))
    if not most:
        return ok("memory", f"{_size(used)} in use, no maxmemory")
    percent = 100 * used // most
    text = f"{_size(used)} of {_size(most)} in use ({percent} %)"
    if used >= most:
        change = "raise maxmemory now; then set retention policies, or lhredis bulk-delete what is done"
        return fail("memory", f"{text}: it is full", change)
    if percent >= FULL_PERCENT:
        change = "raise maxmemory, set retention policies, or lhredis bulk-delete what is done"
        return warn("memory", text, change)
    return ok("memory", text)


def _allocator(allocator: str) -> Iterator[Finding]:
    if allocator.startswith("libc"):
        text = f"{allocator}: about a tenth of the throughput goes into it"
        change = "run a build with jemalloc: the packages of Debian and the images of Docker are"
        yield warn("allocator", text, change)
    elif allocator:
        yield ok("allocator", allocator)


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.1f} MB"

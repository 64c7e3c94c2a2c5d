"""server: is this a server that lhredis runs on?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding, fail, ok
from lhredis.store.connect import SERVER_VERSION_MIN


def check(facts: Facts) -> Iterator[Finding]:
    """Version, role, mode, and whether it takes writes."""
    info = facts.info
    version = str(info["redis_version"])
    name = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    if tuple(int(part) for part in version.split(".")[:2]) < SERVER_VERSION_MIN:
        yield fail("server", name, "run Redis 7.0, Valkey 7.2, or newer")
    else:
        yield ok("server", name)
    if info.get("role") == "slave":
        at = f"{info.get('master_host')}:{info.get('master_port')}"
        yield fail("role", "a replica, which takes no writes", f"connect to its primary, {at}")
    if facts.writes_refused:
        change = "make room, or give it back what it lacks; what waits goes on by itself then"
        yield fail("writes", f"it takes none, and so nothing moves: {facts.writes_refused}", change)
    if int(info.get("cluster_enabled", 0)):
        change = "use a single primary, with or without replicas"
        yield fail("mode", "Redis Cluster: our processes read over several slots at once", change)

"""processes: which of ours are connected to Redis, and are they of one version?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lhredis import __version__
from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding, ok, warn

ROLES = ("api", "scheduler", "worker")


def check(facts: Facts) -> Iterator[Finding]:
    """A worker in another language, or behind gRPC, does not tell its version."""
    if facts.processes is None:
        yield warn(
            "processes",
            "the server does not tell (CLIENT LIST is refused)",
            "allow CLIENT LIST to see versions",
        )
        return
    ours = [one for one in facts.processes if one.role in ROLES]
    counts = Counter((one.role, one.version) for one in ours)
    told = ", ".join(f"{number} {role} {version}" for (role, version), number in sorted(counts.items()))
    others = sorted({one.version for one in ours} - {__version__})
    if others:
        change = "deploy one version everywhere; two of them side by side are for the time of an update only"
        yield warn("processes", f"{told}; this is {__version__}", change)
    else:
        yield ok("processes", told or "none is connected")

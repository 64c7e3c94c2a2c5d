"""quarantine: were events set aside?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding, ok, warn


def check(facts: Facts) -> Iterator[Finding]:
    """How many there are."""
    if facts.partitions is None:
        return
    count = sum(one.quarantined for one in facts.partitions)
    if count:
        text = f"{count} events were set aside: their step raised, or they could not be read"
        yield warn(
            "quarantine", text, "lhredis list quarantine shows whose they are and why; please report it"
        )
    else:
        yield ok("quarantine", "empty")

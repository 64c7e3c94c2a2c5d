"""clock: do this machine and Redis's agree what time it is?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.doctor.facts import Facts
from lhredis.doctor.findings import Finding, fail, ok, warn

APART_MS_WARN = 250
APART_MS_FAIL = 2_000
"""So much too early or too late is not a timer any more that anybody would call on time."""


def check(facts: Facts) -> Iterator[Finding]:
    """How far they are apart, less what the round trip makes uncertain."""
    clock = facts.clock
    apart_ms = max(0.0, abs(clock.ahead_ms) - clock.round_trip_ms / 2)
    which = "ahead of" if clock.ahead_ms > 0 else "behind"
    text = f"Redis's clock is {abs(clock.ahead_ms):,.0f} ms {which} this machine's"
    change = "run NTP (chrony, systemd-timesyncd) on every machine: timers fire by the schedulers' clocks"
    if apart_ms >= APART_MS_FAIL:
        yield fail("clock", text, change)
    elif apart_ms >= APART_MS_WARN:
        yield warn("clock", text, change)
    else:
        yield ok("clock", f"within {max(1, round(apart_ms + clock.round_trip_ms / 2))} ms of Redis's")

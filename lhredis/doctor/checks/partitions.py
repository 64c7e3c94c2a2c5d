"""partitions: is each worked by a scheduler that lives, and does it keep up?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lhredis.doctor.facts import Facts, Partition
from lhredis.doctor.findings import Finding, fail, ok, warn

RESULTS_MAX = 10_000
"""Reports that wait in a partition: a scheduler takes some thousand a second."""

START_ONE = "start a scheduler: lhredis scheduler"


def check(facts: Facts) -> Iterator[Finding]:
    """Owners and backlogs."""
    if facts.partitions is None:
        yield fail(
            "partitions",
            "no process of lhredis has ever joined this Redis",
            "start lhredis server and scheduler",
        )
        return
    if facts.writes_refused and not facts.schedulers:
        text = "nobody can say that he works one: Redis takes no writes"
        yield fail("partitions", text, "see writes")
    else:
        yield _owners(facts.partitions, facts.schedulers)
    idle = [name for name in facts.schedulers if name not in {one.owner for one in facts.partitions}]
    if idle and all(one.owner for one in facts.partitions):
        text = f"{len(idle)} of {len(facts.schedulers)} have no partition: {', '.join(idle)}"
        yield ok("schedulers", text + "; they take over when another ends")
    yield from _backlogs(facts.partitions)


def _owners(partitions: list[Partition], live: list[str]) -> Finding:
    count = len(partitions)
    if not live:
        return fail("partitions", f"no scheduler lives: none of {count} partitions is worked", START_ONE)
    unowned = [one.number for one in partitions if one.owner is None]
    if unowned:
        text = f"{_listed(unowned)} of {count} are worked by nobody"
        return warn("partitions", text, "look again: a hand-over takes up to 2 s; if it stays, " + START_ONE)
    dead = sorted({one.owner for one in partitions if one.owner not in live and one.owner is not None})
    if dead:
        text = f"{', '.join(dead)} holds partitions, and does not live"
        return warn("partitions", text, "look again: its leases end after 2 s")
    shares = Counter(one.owner for one in partitions)
    told = ", ".join(f"{owner} ({number})" for owner, number in sorted(shares.items(), key=str))
    return ok("partitions", f"all {count} are worked: {told}")


def _backlogs(partitions: list[Partition]) -> Iterator[Finding]:
    late = [one.number for one in partitions if one.results > RESULTS_MAX]
    if late:
        results = sum(one.results for one in partitions)
        change = "start more schedulers, or look at their logs"
        yield warn("backlog", f"{results} reports of workers wait in partitions {_listed(late)}", change)
    overdue = sum(one.overdue for one in partitions)
    if overdue:
        change = "look at the schedulers' logs and clocks"
        yield warn("backlog", f"{overdue} timers are overdue", change)


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))

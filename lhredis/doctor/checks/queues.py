"""queues: is there a worker for every task that waits?"""

from __future__ import annotations

from collections.abc import Iterator

from lhredis.doctor.facts import Facts, Queue
from lhredis.doctor.findings import Finding, ok, warn


def check(facts: Facts) -> Iterator[Finding]:
    """A line for each queue that has tasks or workers."""
    quiet = 0
    for queue in facts.queues:
        if queue.waiting and not queue.listening:
            yield warn(
                _subject(queue),
                f"{queue.waiting} tasks wait, and no worker listens",
                "start a worker that has this task",
            )
        elif queue.waiting or queue.listening or queue.claimed:
            text = f"{queue.waiting} wait, {queue.claimed} at work; workers: {queue.listening}"
            yield ok(_subject(queue), text)
        else:
            quiet += 1
    if quiet:
        yield ok("queues", f"{quiet} with neither tasks nor workers")


def _subject(queue: Queue) -> str:
    tenant = "" if queue.tenant == "default" else f"{queue.tenant}/"
    return f"queue {tenant}{queue.task_def}"

"""workflow: what is tried again, how often, and with which waits between the attempts.

lhredis deploy examples.retries.workflow
lhredis worker examples.retries.tasks
lhredis run retries failures=2 items=3 --wait

With failures=2 the third attempt succeeds; with failures=4 the run ends in ERROR after the fourth. With
items=11 it ends in EXCEPTION at once.
"""

from __future__ import annotations

from examples.retries.tasks import call_shaky_service, check_stock
from lhredis.workflow import ExponentialBackoffRetryPolicy, Workflow, WorkflowThread

BACKOFF = ExponentialBackoffRetryPolicy(base_interval_ms=100, max_delay_ms=300, multiplier=2)
"""Waits of 100, 200 and 300 ms before the three retries."""


def retries(wf: WorkflowThread) -> None:
    failures = wf.declare_int("failures", default_value=2)
    items = wf.declare_int("items", default_value=1)
    wf.execute(check_stock, items, retries=3)
    answer = wf.execute(call_shaky_service, failures, retries=3, exponential_backoff=BACKOFF)
    wf.complete(answer)


workflow = Workflow("retries", retries)

"""workflow: wait for a length of time, until a moment, and until a date.

lhredis deploy examples.timers.workflow
lhredis worker examples.timers.tasks
lhredis run timers tea=green steep-seconds=2 --wait
"""

from __future__ import annotations

from examples.timers.tasks import pour_water, serve_tea
from lhredis.workflow import Workflow, WorkflowThread


def tea_time(wf: WorkflowThread) -> None:
    tea = wf.declare_str("tea").required()
    steep_seconds = wf.declare_int("steep-seconds", default_value=1)
    not_before_ms = wf.declare_int("not-before-ms", default_value=0)
    open_since = wf.declare_str("open-since", default_value="2020-02-20T16:00:00Z")

    wf.sleep_until_date(open_since)
    wf.sleep_until(not_before_ms)
    wf.execute(pour_water, tea)
    wf.sleep(steep_seconds)
    wf.complete(wf.execute(serve_tea, tea))


workflow = Workflow("timers", tea_time)

"""workflow: a forecast, started by the clock: every working day, and once at a time.

lhredis deploy examples.schedules.workflow
lhredis worker examples.schedules.tasks
lhredis schedule run schedules "30 6 * * MON-FRI" city=Theed --time-zone Europe/Rome --id mornings
lhredis schedule at schedules 2030-01-01T08:00:00Z city=Naboo --id new-year
lhredis schedule list
lhredis schedule run-now mornings
"""

from __future__ import annotations

from examples.schedules.tasks import forecast
from lhredis.workflow import Workflow, WorkflowThread


def weather(wf: WorkflowThread) -> None:
    city = wf.declare_str("city").required()
    wf.complete(wf.execute(forecast, city))


workflow = Workflow("schedules", weather)

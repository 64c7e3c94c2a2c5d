"""workflow: one input, one task, one output.

lhredis deploy examples.basic.workflow
lhredis worker examples.basic.tasks
lhredis run basic name=Ada --wait
"""

from __future__ import annotations

from examples.basic.tasks import welcome
from lhredis.workflow import Workflow, WorkflowThread


def basic(wf: WorkflowThread) -> None:
    name = wf.declare_str("name").required().searchable()
    wf.complete(wf.execute(welcome, name))


workflow = Workflow("basic", basic)

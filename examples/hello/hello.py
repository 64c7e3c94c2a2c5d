"""hello: one task and one workflow; what to type is in README.md beside it."""

from lhredis.worker import task
from lhredis.workflow import Workflow, WorkflowThread


@task
async def greet(name: str) -> str:
    return f"Hello, {name}!"


def thread(wf: WorkflowThread) -> None:
    name = wf.declare_str("name").required()
    greeting = wf.execute(greet, name, retries=3)
    wf.complete(greeting)


workflow = Workflow("greet", thread)

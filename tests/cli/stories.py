"""stories: the tasks and workflows that the tests of the command line deploy and run."""

from __future__ import annotations

from lhredis.worker import LHTaskException, WorkerContext, task
from lhredis.workflow import Workflow, WorkflowThread


@task
async def story_greet(name: str, times: int = 1) -> str:
    """Say hello."""
    return " ".join([f"Hello, {name}!"] * times)


@task
async def story_break(ctx: WorkerContext) -> None:
    """Fail, and fail again."""
    await ctx.execute_and_checkpoint(lambda: {"done": "half"})
    ctx.log("about to break")
    raise RuntimeError("broken on purpose")


@task
async def story_refuse() -> None:
    """Fail for a reason that has a name."""
    raise LHTaskException("not-allowed", "the story says no")


def greet(wf: WorkflowThread) -> None:
    name = wf.declare_str("name").required()
    times = wf.declare_int("times", default_value=1)
    secret = wf.declare_str("secret").masked()
    secret.assign("hidden")
    wf.complete(wf.execute(story_greet, name, times))


def wait(wf: WorkflowThread) -> None:
    wf.sleep(3600)


greeting = Workflow("story-greet", greet)
breaking = Workflow("story-break", lambda wf: wf.execute(story_break, retries=1))
refusing = Workflow("story-refuse", lambda wf: wf.execute(story_refuse))
waiting = Workflow("story-wait", wait)


def find(wf: WorkflowThread) -> None:
    wf.declare_str("email").searchable()
    wf.declare_int("age").searchable()


finding = Workflow("story-find", find)

"""A: straight lines, outputs, returns, loops and tasks whose name is computed."""

from __future__ import annotations

from lhredis.model.enums import LHStatus
from lhredis.worker import task
from lhredis.workflow import WorkflowThread
from tests.acceptance.town import Town


@task
async def greet() -> str:
    return "something"


async def test_a2_task_output_into_variable(town: Town) -> None:
    await town.work(greet)

    def story(wf: WorkflowThread) -> None:
        wf.declare_str("output").assign(wf.execute(greet))

    await town.deploy(story)
    for _ in range(2):
        run = await town.play()
        assert run.status is LHStatus.COMPLETED
        assert await town.variable(run, "output") == "something"


async def test_a7_return_value(town: Town) -> None:
    await town.deploy(lambda wf: wf.complete(wf.declare_str("name").required()))
    run = await town.run({"name": "asdf"})
    assert run.status is LHStatus.COMPLETED
    assert run.thread_runs[0].output == "asdf"

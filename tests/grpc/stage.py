"""stage: where workflows of LittleHorse's DSL are played by its own client: registered, run, worked on and
looked at through gRPC alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from littlehorse import create_struct_def, create_workflow_spec
from littlehorse.model import (
    ExternalEvent,
    ExternalEventDefId,
    LHStatus,
    ListExternalEventsRequest,
    ListNodeRunsRequest,
    ListTaskRunsRequest,
    ListUserTaskRunRequest,
    ListVariablesRequest,
    LittleHorseStub,
    NodeRun,
    NodeRunId,
    PutExternalEventDefRequest,
    PutExternalEventRequest,
    RunWfRequest,
    TaskRun,
    TaskStatus,
    UserTaskRun,
    WfRun,
    WfRunId,
)
from littlehorse.utils import extract_value, to_variable_value
from littlehorse.workflow import Workflow

from tests.grpc.crew import Crew
from tests.grpc.lh import LH
from tests.support import wait_until

Thread = Callable[[Any], None]
"""What describes a thread of a workflow."""

ENDED = (LHStatus.COMPLETED, LHStatus.ERROR, LHStatus.EXCEPTION)


@dataclass
class Stage:
    """One tenant. A run is told by its WfRun or by its WfRunId."""

    lh: LH
    crew: Crew

    @property
    def stub(self) -> LittleHorseStub:
        return self.lh.stub

    async def work(self, *functions: Callable[..., Any]) -> None:
        """Register the TaskDefs of these functions of a module, and have them worked on."""
        await self.crew.hire(self.lh.config, *functions)

    async def deploy(self, workflow: Workflow | Thread, name: str = "flow") -> None:
        """Register a workflow (or the function that describes it) as an application does."""
        flow = workflow if isinstance(workflow, Workflow) else Workflow(name, workflow)
        await asyncio.to_thread(create_workflow_spec, flow, self.lh.config)

    async def events(self, *names: str) -> None:
        """Register ExternalEventDefs without a content type."""
        for name in names:
            await self.stub.PutExternalEventDef(PutExternalEventDefRequest(name=name))

    async def struct_defs(self, *classes: type) -> None:
        for one in classes:
            await asyncio.to_thread(create_struct_def, one, self.lh.config)

    async def run(self, variables: dict[str, Any] | None = None, name: str = "flow", **more: Any) -> WfRun:
        """Start a run: as it is right after the call."""
        values = {word: to_variable_value(value) for word, value in (variables or {}).items()}
        return await self.stub.RunWf(RunWfRequest(wf_spec_name=name, variables=values, **more))

    async def play(self, variables: dict[str, Any] | None = None, name: str = "flow", **more: Any) -> WfRun:
        """Start a run: as it is when it has ended."""
        return await self.ended(await self.run(variables, name, **more))

    async def ended(self, run: WfRun | WfRunId) -> WfRun:
        return await self.until(run, lambda seen: seen.status in ENDED)

    async def again(self, run: WfRun | WfRunId) -> WfRun:
        """The run as it is now."""
        return await self.stub.GetWfRun(id_of(run))

    async def until(self, run: WfRun | WfRunId, holds: Callable[[WfRun], bool]) -> WfRun:
        """The run, once it looks like that."""

        async def looked_at() -> WfRun | None:
            seen = await self.again(run)
            return seen if holds(seen) else None

        return await wait_until(looked_at)

    async def post(self, run: WfRun | WfRunId, name: str, content: Any = None, **more: Any) -> ExternalEvent:
        request = PutExternalEventRequest(
            wf_run_id=id_of(run),
            external_event_def_id=ExternalEventDefId(name=name),
            content=to_variable_value(content),
            **more,
        )
        return await self.stub.PutExternalEvent(request)

    async def node(self, run: WfRun | WfRunId, thread: int, position: int) -> NodeRun:
        return await self.stub.GetNodeRun(
            NodeRunId(wf_run_id=id_of(run), thread_run_number=thread, position=position)
        )

    async def nodes(self, run: WfRun | WfRunId, thread: int | None = None) -> list[NodeRun]:
        request = ListNodeRunsRequest(wf_run_id=id_of(run), thread_run_number=thread)
        return list((await self.stub.ListNodeRuns(request)).results)

    async def variables(self, run: WfRun | WfRunId, thread: int = 0) -> dict[str, Any]:
        """The variables of one thread as Python has them; nobody wrote those that the DSL adds for itself."""
        found = await self.stub.ListVariables(ListVariablesRequest(wf_run_id=id_of(run)))
        return {
            one.id.name: extract_value(one.value)
            for one in found.results
            if one.id.thread_run_number == thread and not one.id.name[0].isdigit()
        }

    async def task_runs(self, run: WfRun | WfRunId) -> list[TaskRun]:
        return list((await self.stub.ListTaskRuns(ListTaskRunsRequest(wf_run_id=id_of(run)))).results)

    async def outputs(self, run: WfRun | WfRunId) -> list[Any]:
        """What the tasks of a run returned, by thread and position."""
        task_runs = await self.task_runs(run)
        assert {one.status for one in task_runs} <= {TaskStatus.TASK_SUCCESS}
        return [extract_value(one.attempts[-1].output) for one in task_runs]

    async def user_task(self, run: WfRun | WfRunId) -> UserTaskRun:
        """The only UserTaskRun of a run."""
        request = ListUserTaskRunRequest(wf_run_id=id_of(run))
        (found,) = (await self.stub.ListUserTaskRuns(request)).results
        return found

    async def external_events(self, run: WfRun | WfRunId) -> list[ExternalEvent]:
        request = ListExternalEventsRequest(wf_run_id=id_of(run))
        return list((await self.stub.ListExternalEvents(request)).results)


def id_of(run: WfRun | WfRunId) -> WfRunId:
    return run.id if isinstance(run, WfRun) else run


def statuses(run: WfRun) -> list[str]:
    """The statuses of the ThreadRuns, by number."""
    return [LHStatus.Name(thread.status) for thread in run.thread_runs]

"""run_control: methods of Client that stop, resume, rescue and delete WfRuns, and show single ThreadRuns."""

from __future__ import annotations

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.model.explanation import Explanation
from lhredis.model.thread_run import InactiveThreadRun
from lhredis.model.wf_run import WfRun


class RunControlCalls:
    """Part of Client."""

    _connection: Connection

    async def stop_wf_run(self, id: str, thread_run_number: int = 0) -> WfRun:
        """Halt a ThreadRun and its descendants until it is resumed (a task that is at work ends first:
        HALTING), and return the run as it is then. What has ended stays as it is. NotFound;
        InvalidArgument when the run has no such thread."""
        return await self._control(id, "stop", thread_run_number)

    async def resume_wf_run(self, id: str, thread_run_number: int = 0) -> WfRun:
        """Take back a stop, and return the run as it is then. NotFound; InvalidArgument when the run has
        no such thread."""
        return await self._control(id, "resume", thread_run_number)

    async def rescue_thread_run(
        self, id: str, thread_run_number: int = 0, *, skip_current_node: bool = False
    ) -> WfRun:
        """Have a ThreadRun in ERROR run its failed node again, or go on behind it; what died of its failure
        lives again, too. Returns the run as it is then. NotFound; FailedPrecondition when the thread is not
        in ERROR, or its failure was handled; InvalidArgument when the run has no such thread."""
        body = {"thread_run_number": thread_run_number, "skip_current_node": skip_current_node}
        return WfRun.model_validate(await self._connection.call("POST", f"{paths.wf_run(id)}:rescue", body))

    async def delete_wf_run(self, id: str) -> None:
        """Delete a WfRun, whatever it does, with its history, variables and events; its child WfRuns stay.
        Deleting what is not there is fine."""
        await self._connection.call("DELETE", paths.wf_run(id))

    async def explain_wf_run(self, id: str) -> Explanation:
        """Why a WfRun does not move: what each of its threads waits for. NotFound."""
        return Explanation.model_validate(await self._connection.call("GET", f"{paths.wf_run(id)}/explain"))

    async def get_thread_run(self, id: str, thread_run_number: int) -> InactiveThreadRun:
        """A ThreadRun by itself, also when its WfRun does not hold it any more. NotFound."""
        path = f"{paths.wf_run(id)}/threads/{int(thread_run_number)}"
        return InactiveThreadRun.model_validate(await self._connection.call("GET", path))

    async def _control(self, id: str, verb: str, thread_run_number: int) -> WfRun:
        body = {"thread_run_number": thread_run_number}
        return WfRun.model_validate(await self._connection.call("POST", f"{paths.wf_run(id)}:{verb}", body))

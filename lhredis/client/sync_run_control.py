"""sync_run_control: methods of SyncClient: stop, resume, rescue and delete WfRuns, and show ThreadRuns."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.model.explanation import Explanation
from lhredis.model.thread_run import InactiveThreadRun
from lhredis.model.wf_run import WfRun


class SyncRunControlCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def stop_wf_run(self, id: str, thread_run_number: int = 0) -> WfRun:
        return self._wait(self._client.stop_wf_run(id, thread_run_number))

    def rescue_thread_run(
        self, id: str, thread_run_number: int = 0, *, skip_current_node: bool = False
    ) -> WfRun:
        return self._wait(
            self._client.rescue_thread_run(id, thread_run_number, skip_current_node=skip_current_node)
        )

    def delete_wf_run(self, id: str) -> None:
        return self._wait(self._client.delete_wf_run(id))

    def resume_wf_run(self, id: str, thread_run_number: int = 0) -> WfRun:
        return self._wait(self._client.resume_wf_run(id, thread_run_number))

    def explain_wf_run(self, id: str) -> Explanation:
        return self._wait(self._client.explain_wf_run(id))

    def get_thread_run(self, id: str, thread_run_number: int) -> InactiveThreadRun:
        return self._wait(self._client.get_thread_run(id, thread_run_number))

"""sync_run_control: the SyncClient's methods that stop and resume WfRuns, and show single ThreadRuns."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.model.thread_run import InactiveThreadRun
from lhredis.model.wf_run import WfRun


class SyncRunControlCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def stop_wf_run(self, id: str, thread_run_number: int = 0) -> WfRun:
        return self._wait(self._client.stop_wf_run(id, thread_run_number))

    def resume_wf_run(self, id: str, thread_run_number: int = 0) -> WfRun:
        return self._wait(self._client.resume_wf_run(id, thread_run_number))

    def get_thread_run(self, id: str, thread_run_number: int) -> InactiveThreadRun:
        return self._wait(self._client.get_thread_run(id, thread_run_number))

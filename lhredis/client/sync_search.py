"""sync_search: the SyncClient's methods that find and count."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.search import CountWfRunRequest, SearchWfRunRequest
from lhredis.model.wf_run import WfRun


class SyncSearchCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def search_wf_runs(self, request: SearchWfRunRequest) -> Page[WfRun]:
        return self._wait(self._client.search_wf_runs(request))

    def count_wf_runs(self, request: CountWfRunRequest) -> int:
        return self._wait(self._client.count_wf_runs(request))

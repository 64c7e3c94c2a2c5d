"""search: the Client's methods that find and count."""

from __future__ import annotations

from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.model.search import CountWfRunRequest, SearchWfRunRequest
from lhredis.model.wf_run import WfRun


class SearchCalls:
    """Part of Client. Each takes the request as a model (lhredis/model/search.py): all of its filters must
    hold; a page's bookmark goes into the next request. A page may be shorter than the limit though there
    are more. InvalidArgument says which filter makes no sense; ResourceExhausted names the limit that a
    search went over."""

    _connection: Connection

    async def search_wf_runs(self, request: SearchWfRunRequest) -> Page[WfRun]:
        """WfRuns by spec, version, status, start time, searchable variables and parent, the newest first."""
        reply = await self._connection.call("POST", "/v1/wf-runs:search", request.to_json())
        return Page([WfRun.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def count_wf_runs(self, request: CountWfRunRequest) -> int:
        """How many WfRuns there are, exactly."""
        return int((await self._connection.call("POST", "/v1/wf-runs:count", request.to_json()))["count"])

"""bulk_jobs: the Client's methods that have many WfRuns deleted, migrated or rescued."""

from __future__ import annotations

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.model.bulk_job import BulkJob, BulkJobStatus, CreateBulkJobRequest


class BulkJobCalls:
    """Part of Client."""

    _connection: Connection

    async def create_bulk_job(self, request: CreateBulkJobRequest) -> BulkJob:
        """Have WfRuns deleted, migrated or rescued in the background. With the id of a job that is there
        already, that one is answered as it is."""
        reply = await self._connection.call("POST", "/v1/bulk-jobs", request.to_json())
        return BulkJob.model_validate(reply)

    async def get_bulk_job(self, id: str) -> BulkJob:
        """A job, and how far it is. NotFound."""
        return BulkJob.model_validate(await self._connection.call("GET", _path(id)))

    async def list_bulk_jobs(
        self, status: BulkJobStatus | str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        """The ids of jobs, sorted."""
        word = status.name if isinstance(status, BulkJobStatus) else status
        query = {"status": word, "limit": limit, "bookmark": bookmark}
        reply = await self._connection.call("GET", "/v1/bulk-jobs", query=query)
        return Page([str(found["id"]) for found in reply["results"]], reply.get("bookmark"))

    async def delete_bulk_job(self, id: str) -> None:
        """Forget a job; deleting what is not there is fine. FailedPrecondition while it is RUNNING."""
        await self._connection.call("DELETE", _path(id))


def _path(id: str) -> str:
    return f"/v1/bulk-jobs/{paths.checked(id, 'id')}"

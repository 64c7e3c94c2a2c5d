"""sync_bulk_jobs: the SyncClient's methods that have many WfRuns deleted."""

from __future__ import annotations

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.bulk_job import BulkJob, BulkJobStatus, CreateBulkJobRequest


class SyncBulkJobCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def create_bulk_job(self, request: CreateBulkJobRequest) -> BulkJob:
        return self._wait(self._client.create_bulk_job(request))

    def get_bulk_job(self, id: str) -> BulkJob:
        return self._wait(self._client.get_bulk_job(id))

    def list_bulk_jobs(
        self, status: BulkJobStatus | str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        return self._wait(self._client.list_bulk_jobs(status, limit, bookmark))

    def delete_bulk_job(self, id: str) -> None:
        return self._wait(self._client.delete_bulk_job(id))

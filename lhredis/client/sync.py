"""sync: the Client for code without asyncio: the same methods, each waiting for its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lhredis.client.replies import Page
from lhredis.client.sync_bulk_jobs import SyncBulkJobCalls
from lhredis.client.sync_event_defs import SyncEventDefCalls
from lhredis.client.sync_events import SyncEventCalls
from lhredis.client.sync_metrics import SyncMetricCalls
from lhredis.client.sync_migration_plans import SyncMigrationPlanCalls
from lhredis.client.sync_run_control import SyncRunControlCalls
from lhredis.client.sync_schedules import SyncScheduleCalls
from lhredis.client.sync_search import SyncSearchCalls
from lhredis.client.sync_struct_defs import SyncStructDefCalls
from lhredis.client.sync_user_tasks import SyncUserTaskCalls
from lhredis.errors import LHRedisError
from lhredis.model.checkpoint import Checkpoint
from lhredis.model.enums import LHStatus
from lhredis.model.ids import WfSpecId
from lhredis.model.node_run import NodeRun
from lhredis.model.task_def import PutTaskDefRequest, TaskDef
from lhredis.model.values import Value
from lhredis.model.wf_run import RunWfRequest, TaskRun, Variable, WfRun
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec


class SyncClient(
    SyncEventDefCalls,
    SyncStructDefCalls,
    SyncEventCalls,
    SyncUserTaskCalls,
    SyncRunControlCalls,
    SyncSearchCalls,
    SyncScheduleCalls,
    SyncBulkJobCalls,
    SyncMigrationPlanCalls,
    SyncMetricCalls,
):
    """A Client on an event loop in a thread of its own: usable in any thread, in Jupyter too.
    `with SyncClient() as client: …`; what each method does is told at Client's."""

    def put_task_def(self, request: PutTaskDefRequest) -> TaskDef:
        return self._wait(self._client.put_task_def(request))

    def get_task_def(self, name: str) -> TaskDef:
        return self._wait(self._client.get_task_def(name))

    def list_task_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        return self._wait(self._client.list_task_defs(prefix, limit, bookmark))

    def delete_task_def(self, name: str) -> None:
        self._wait(self._client.delete_task_def(name))

    def put_wf_spec(self, request: PutWfSpecRequest) -> WfSpec:
        return self._wait(self._client.put_wf_spec(request))

    def get_wf_spec(self, name: str, major_version: int | None = None, revision: int | None = None) -> WfSpec:
        return self._wait(self._client.get_wf_spec(name, major_version, revision))

    def list_wf_specs(
        self,
        prefix: str | None = None,
        limit: int = 100,
        bookmark: str | None = None,
        task_def_name: str | None = None,
    ) -> Page[WfSpecId]:
        return self._wait(self._client.list_wf_specs(prefix, limit, bookmark, task_def_name))

    def list_wf_spec_versions(self, name: str) -> list[WfSpecId]:
        return self._wait(self._client.list_wf_spec_versions(name))

    def delete_wf_spec(self, name: str, major: int, revision: int) -> None:
        self._wait(self._client.delete_wf_spec(name, major, revision))

    def run_wf(
        self,
        wf_spec_name: str,
        variables: Mapping[str, Value] | None = None,
        *,
        id: str | None = None,
        parent_wf_run_id: str | None = None,
        major_version: int | None = None,
        revision: int | None = None,
        wait_ms: int | None = None,
        durability: str | None = None,
    ) -> WfRun:
        return self._wait(
            self._client.run_wf(
                wf_spec_name,
                variables,
                id=id,
                parent_wf_run_id=parent_wf_run_id,
                major_version=major_version,
                revision=revision,
                wait_ms=wait_ms,
                durability=durability,
            )
        )

    def run_wf_batch(
        self, runs: Sequence[RunWfRequest], *, durability: str | None = None
    ) -> list[WfRun | LHRedisError]:
        return self._wait(self._client.run_wf_batch(runs, durability=durability))

    def get_wf_run(self, id: str, wait_ms: int | None = None) -> WfRun:
        return self._wait(self._client.get_wf_run(id, wait_ms))

    def list_wf_runs(
        self,
        limit: int = 100,
        bookmark: str | None = None,
        wf_spec_name: str | None = None,
        status: LHStatus | str | None = None,
    ) -> Page[WfRun]:
        return self._wait(self._client.list_wf_runs(limit, bookmark, wf_spec_name, status))

    def list_node_runs(self, id: str, thread_run_number: int | None = None) -> list[NodeRun]:
        return self._wait(self._client.list_node_runs(id, thread_run_number))

    def get_node_run(self, id: str, thread: int, position: int) -> NodeRun:
        return self._wait(self._client.get_node_run(id, thread, position))

    def list_task_runs(self, id: str) -> list[TaskRun]:
        return self._wait(self._client.list_task_runs(id))

    def get_task_run(self, id: str, task_guid: str) -> TaskRun:
        return self._wait(self._client.get_task_run(id, task_guid))

    def list_checkpoints(self, id: str, task_guid: str) -> list[Checkpoint]:
        return self._wait(self._client.list_checkpoints(id, task_guid))

    def list_variables(self, id: str) -> list[Variable]:
        return self._wait(self._client.list_variables(id))

    def get_variable(self, id: str, thread: int, name: str) -> Variable:
        return self._wait(self._client.get_variable(id, thread, name))

    def server(self) -> dict[str, Any]:
        return self._wait(self._client.server())

    def ready(self) -> dict[str, Any]:
        return self._wait(self._client.ready())

    def metrics(self) -> str:
        return self._wait(self._client.metrics())

    def quarantine(self, limit: int = 100) -> list[dict[str, Any]]:
        return self._wait(self._client.quarantine(limit))

"""sync_user_tasks: the SyncClient's methods for UserTaskDefs and UserTaskRuns."""

from __future__ import annotations

from collections.abc import Mapping

from lhredis.client.client_thread import ClientThread
from lhredis.client.replies import Page
from lhredis.model.enums import SaveUserTaskRunAssignmentPolicy
from lhredis.model.ids import UserTaskDefId
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskDef
from lhredis.model.user_task_run import UserTaskRun
from lhredis.model.values import Value


class SyncUserTaskCalls(ClientThread):
    """Part of SyncClient; what each method does is told at Client's."""

    def put_user_task_def(self, request: PutUserTaskDefRequest) -> UserTaskDef:
        return self._wait(self._client.put_user_task_def(request))

    def get_user_task_def(self, name: str, version: int | None = None) -> UserTaskDef:
        return self._wait(self._client.get_user_task_def(name, version))

    def list_user_task_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[UserTaskDefId]:
        return self._wait(self._client.list_user_task_defs(prefix, limit, bookmark))

    def list_user_task_def_versions(self, name: str) -> list[UserTaskDefId]:
        return self._wait(self._client.list_user_task_def_versions(name))

    def delete_user_task_def(self, name: str, version: int) -> None:
        self._wait(self._client.delete_user_task_def(name, version))

    def list_user_task_runs(self, wf_run_id: str) -> list[UserTaskRun]:
        return self._wait(self._client.list_user_task_runs(wf_run_id))

    def get_user_task_run(self, wf_run_id: str, guid: str) -> UserTaskRun:
        return self._wait(self._client.get_user_task_run(wf_run_id, guid))

    def assign_user_task_run(
        self,
        wf_run_id: str,
        guid: str,
        user_id: str | None = None,
        user_group: str | None = None,
        *,
        override_claim: bool = False,
    ) -> UserTaskRun:
        return self._wait(
            self._client.assign_user_task_run(
                wf_run_id, guid, user_id, user_group, override_claim=override_claim
            )
        )

    def claim_user_task_run(
        self, wf_run_id: str, guid: str, user_id: str, *, override_claim: bool = False
    ) -> UserTaskRun:
        return self._wait(
            self._client.claim_user_task_run(wf_run_id, guid, user_id, override_claim=override_claim)
        )

    def release_user_task_run(self, wf_run_id: str, guid: str) -> UserTaskRun:
        return self._wait(self._client.release_user_task_run(wf_run_id, guid))

    def complete_user_task_run(
        self, wf_run_id: str, guid: str, user_id: str, results: Mapping[str, Value] | None = None
    ) -> UserTaskRun:
        return self._wait(self._client.complete_user_task_run(wf_run_id, guid, user_id, results))

    def save_user_task_run_progress(
        self,
        wf_run_id: str,
        guid: str,
        user_id: str,
        results: Mapping[str, Value],
        policy: SaveUserTaskRunAssignmentPolicy
        | str = SaveUserTaskRunAssignmentPolicy.FAIL_IF_CLAIMED_BY_OTHER,
    ) -> UserTaskRun:
        return self._wait(self._client.save_user_task_run_progress(wf_run_id, guid, user_id, results, policy))

    def cancel_user_task_run(self, wf_run_id: str, guid: str) -> UserTaskRun:
        return self._wait(self._client.cancel_user_task_run(wf_run_id, guid))

    def put_user_task_run_comment(self, wf_run_id: str, guid: str, user_id: str, comment: str) -> UserTaskRun:
        return self._wait(self._client.put_user_task_run_comment(wf_run_id, guid, user_id, comment))

    def edit_user_task_run_comment(
        self, wf_run_id: str, guid: str, comment_id: int, user_id: str, comment: str
    ) -> UserTaskRun:
        return self._wait(
            self._client.edit_user_task_run_comment(wf_run_id, guid, comment_id, user_id, comment)
        )

    def delete_user_task_run_comment(
        self, wf_run_id: str, guid: str, comment_id: int, user_id: str
    ) -> UserTaskRun:
        return self._wait(self._client.delete_user_task_run_comment(wf_run_id, guid, comment_id, user_id))

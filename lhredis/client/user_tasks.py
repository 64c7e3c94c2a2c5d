"""user_tasks: the Client's methods for UserTaskDefs and UserTaskRuns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.replies import Page
from lhredis.client.values import form_of
from lhredis.model.enums import SaveUserTaskRunAssignmentPolicy
from lhredis.model.ids import UserTaskDefId
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskDef
from lhredis.model.user_task_run import UserTaskRun
from lhredis.model.values import Value


class UserTaskCalls:
    """Part of Client. A UserTaskRun is told by its WfRun and its guid, `<thread>-<position>`.

    What changes one returns it as it is then, and raises NotFound, InvalidArgument, or FailedPrecondition
    when it has ended.
    """

    _connection: Connection

    async def put_user_task_def(self, request: PutUserTaskDefRequest) -> UserTaskDef:
        """Register a UserTaskDef, as a new version if it changed."""
        reply = await self._connection.call("POST", "/v1/user-task-defs", request.to_json())
        return UserTaskDef.model_validate(reply)

    async def get_user_task_def(self, name: str, version: int | None = None) -> UserTaskDef:
        """A version, the newest one by default. NotFound."""
        reply = await self._connection.call("GET", paths.user_task_def(name), query={"version": version})
        return UserTaskDef.model_validate(reply)

    async def list_user_task_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[UserTaskDefId]:
        """The newest version of each, by name; `bookmark` is that of the page before."""
        query = {"prefix": prefix, "limit": limit, "bookmark": bookmark}
        reply = await self._connection.call("GET", "/v1/user-task-defs", query=query)
        found = [UserTaskDefId.model_validate(one) for one in reply["results"]]
        return Page(found, reply.get("bookmark"))

    async def list_user_task_def_versions(self, name: str) -> list[UserTaskDefId]:
        """The oldest first. NotFound."""
        reply = await self._connection.call("GET", f"{paths.user_task_def(name)}/versions")
        return [UserTaskDefId.model_validate(one) for one in reply["results"]]

    async def delete_user_task_def(self, name: str, version: int) -> None:
        """Delete one version; deleting what is not there is fine."""
        await self._connection.call("DELETE", f"{paths.user_task_def(name)}/versions/{int(version)}")

    async def list_user_task_runs(self, wf_run_id: str) -> list[UserTaskRun]:
        """All of a WfRun, by thread and position, those that have ended too. NotFound."""
        reply = await self._connection.call("GET", f"{paths.wf_run(wf_run_id)}/user-task-runs")
        return [UserTaskRun.model_validate(found) for found in reply["results"]]

    async def get_user_task_run(self, wf_run_id: str, guid: str) -> UserTaskRun:
        """NotFound."""
        reply = await self._connection.call("GET", paths.user_task_run(wf_run_id, guid))
        return UserTaskRun.model_validate(reply)

    async def assign_user_task_run(
        self,
        wf_run_id: str,
        guid: str,
        user_id: str | None = None,
        user_group: str | None = None,
        *,
        override_claim: bool = False,
    ) -> UserTaskRun:
        """Give it to exactly this user and group; who is not named has it no more. FailedPrecondition when
        a user has it already, unless `override_claim`."""
        body: dict[str, Any] = {
            "user_id": user_id,
            "user_group": user_group,
            "override_claim": override_claim,
        }
        return await self._operate(wf_run_id, guid, "assign", body)

    async def claim_user_task_run(
        self, wf_run_id: str, guid: str, user_id: str, *, override_claim: bool = False
    ) -> UserTaskRun:
        """Give it to this user; its group stays. FailedPrecondition when another user has it already, unless
        `override_claim`."""
        body = {"user_id": user_id, "override_claim": override_claim}
        return await self._operate(wf_run_id, guid, "claim", body)

    async def release_user_task_run(self, wf_run_id: str, guid: str) -> UserTaskRun:
        """Give it back to its group. FailedPrecondition when it has none."""
        return await self._operate(wf_run_id, guid, "release", {})

    async def complete_user_task_run(
        self, wf_run_id: str, guid: str, user_id: str, results: Mapping[str, Value] | None = None
    ) -> UserTaskRun:
        """Complete it as this user. InvalidSpec names everything that is wrong with the results, the
        fields by name. One that has ended stays as it is."""
        body = {"user_id": user_id, "results": _forms(results)}
        return await self._operate(wf_run_id, guid, "complete", body)

    async def save_user_task_run_progress(
        self,
        wf_run_id: str,
        guid: str,
        user_id: str,
        results: Mapping[str, Value],
        policy: SaveUserTaskRunAssignmentPolicy
        | str = SaveUserTaskRunAssignmentPolicy.FAIL_IF_CLAIMED_BY_OTHER,
    ) -> UserTaskRun:
        """Keep what is filled in so far, in place of what was kept before. FailedPrecondition when another
        user has it, unless the policy is IGNORE_CLAIM."""
        word = policy if isinstance(policy, str) else policy.name
        body = {"user_id": user_id, "results": _forms(results), "policy": word}
        return await self._operate(wf_run_id, guid, "save", body)

    async def cancel_user_task_run(self, wf_run_id: str, guid: str) -> UserTaskRun:
        """Cancel it: its node fails."""
        return await self._operate(wf_run_id, guid, "cancel", {})

    async def put_user_task_run_comment(
        self, wf_run_id: str, guid: str, user_id: str, comment: str
    ) -> UserTaskRun:
        """Add a comment; the last event tells its number."""
        path, body = _comments(wf_run_id, guid), {"user_id": user_id, "comment": comment}
        return UserTaskRun.model_validate(await self._connection.call("POST", path, body))

    async def edit_user_task_run_comment(
        self, wf_run_id: str, guid: str, comment_id: int, user_id: str, comment: str
    ) -> UserTaskRun:
        """Put another text in the place of a comment."""
        path = f"{_comments(wf_run_id, guid)}/{int(comment_id)}"
        body = {"user_id": user_id, "comment": comment}
        return UserTaskRun.model_validate(await self._connection.call("PUT", path, body))

    async def delete_user_task_run_comment(
        self, wf_run_id: str, guid: str, comment_id: int, user_id: str
    ) -> UserTaskRun:
        """Delete a comment; the events keep its text."""
        path = f"{_comments(wf_run_id, guid)}/{int(comment_id)}"
        return UserTaskRun.model_validate(
            await self._connection.call("DELETE", path, query={"user_id": user_id})
        )

    async def _operate(self, wf_run_id: str, guid: str, verb: str, body: dict[str, Any]) -> UserTaskRun:
        path = f"{paths.user_task_run(wf_run_id, guid)}:{verb}"
        return UserTaskRun.model_validate(await self._connection.call("POST", path, body))


def _comments(wf_run_id: str, guid: str) -> str:
    return f"{paths.user_task_run(wf_run_id, guid)}/comments"


def _forms(results: Mapping[str, Value] | None) -> dict[str, Any]:
    return {name: form_of(value, f"field {name!r}") for name, value in (results or {}).items()}

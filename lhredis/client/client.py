"""client: one method for every URL of the HTTP API, models in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from lhredis import config
from lhredis.client import paths
from lhredis.client.bulk_jobs import BulkJobCalls
from lhredis.client.connection import DURABILITY_HEADER, Connection
from lhredis.client.event_defs import EventDefCalls
from lhredis.client.events import EventCalls
from lhredis.client.metrics import MetricCalls
from lhredis.client.migration_plans import MigrationPlanCalls
from lhredis.client.replies import Page, error_of
from lhredis.client.run_control import RunControlCalls
from lhredis.client.schedules import ScheduleCalls
from lhredis.client.search import SearchCalls
from lhredis.client.struct_defs import StructDefCalls
from lhredis.client.user_tasks import UserTaskCalls
from lhredis.client.values import forms_of
from lhredis.errors import InvalidArgument, LHRedisError
from lhredis.model.checkpoint import Checkpoint
from lhredis.model.enums import LHStatus
from lhredis.model.ids import WfSpecId
from lhredis.model.node_run import NodeRun
from lhredis.model.task_def import PutTaskDefRequest, TaskDef
from lhredis.model.values import Value
from lhredis.model.wf_run import RunWfRequest, TaskRun, Variable, WfRun
from lhredis.model.wf_spec import PutWfSpecRequest, WfSpec

TIMEOUT_S_DEFAULT = 30.0


class Client(
    EventDefCalls,
    StructDefCalls,
    EventCalls,
    UserTaskCalls,
    RunControlCalls,
    SearchCalls,
    ScheduleCalls,
    BulkJobCalls,
    MigrationPlanCalls,
    MetricCalls,
):
    """The API of one deployment, seen by one tenant. `async with Client() as client: …`

    Every method raises the errors of lhredis/errors.py: what the server raised, Unavailable when
    nobody answers, DeadlineExceeded when the answer takes longer than `timeout_s` (a method with
    `wait_ms` has that much longer). No request is sent twice.
    """

    def __init__(
        self,
        base_url: str | None = None,
        tenant: str | None = None,
        timeout_s: float = TIMEOUT_S_DEFAULT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`base_url` and `tenant` default to LHREDIS_API_URL and LHREDIS_TENANT; `transport` is for
        tests that call an app without a socket."""
        self.base_url = (base_url if base_url is not None else config.api_url()).rstrip("/")
        self.tenant = paths.checked(tenant if tenant is not None else config.tenant(), "tenant")
        self._connection = Connection(self.base_url, self.tenant, timeout_s, transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._connection.close()

    async def put_task_def(self, request: PutTaskDefRequest) -> TaskDef:
        """Register a TaskDef; the same one again changes nothing, another signature is AlreadyExists."""
        return TaskDef.model_validate(await self._connection.call("POST", "/v1/task-defs", request.to_json()))

    async def get_task_def(self, name: str) -> TaskDef:
        """NotFound."""
        return TaskDef.model_validate(await self._connection.call("GET", paths.task_def(name)))

    async def list_task_defs(
        self, prefix: str | None = None, limit: int = 100, bookmark: str | None = None
    ) -> Page[str]:
        """Names, sorted; `bookmark` is that of the page before."""
        return await self._names("/v1/task-defs", prefix, limit, bookmark)

    async def delete_task_def(self, name: str) -> None:
        """Deleting what is not there is fine. Runs that reach the TaskDef fail with TASK_ERROR."""
        await self._connection.call("DELETE", paths.task_def(name))

    async def put_wf_spec(self, request: PutWfSpecRequest) -> WfSpec:
        """Register a WfSpec, as a new version if it changed. InvalidSpec names every problem."""
        return WfSpec.model_validate(await self._connection.call("POST", "/v1/wf-specs", request.to_json()))

    async def get_wf_spec(
        self, name: str, major_version: int | None = None, revision: int | None = None
    ) -> WfSpec:
        """The newest version, the newest revision of a major version, or exactly one. NotFound."""
        query = {"major_version": major_version, "revision": revision}
        return WfSpec.model_validate(await self._connection.call("GET", paths.wf_spec(name), query=query))

    async def list_wf_specs(
        self,
        prefix: str | None = None,
        limit: int = 100,
        bookmark: str | None = None,
        task_def_name: str | None = None,
    ) -> Page[WfSpecId]:
        """The newest version of each, by name; with a `task_def_name`, of those that name this TaskDef."""
        query = {"prefix": prefix, "limit": limit, "bookmark": bookmark, "task_def_name": task_def_name}
        reply = await self._connection.call("GET", "/v1/wf-specs", query=query)
        return Page([WfSpecId.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def list_wf_spec_versions(self, name: str) -> list[WfSpecId]:
        """All versions of a WfSpec, the oldest first. NotFound."""
        return [
            WfSpecId.model_validate(found) for found in await self._results(f"{paths.wf_spec(name)}/versions")
        ]

    async def delete_wf_spec(self, name: str, major: int, revision: int) -> None:
        """Delete one version; deleting what is not there is fine."""
        await self._connection.call("DELETE", f"{paths.wf_spec(name)}/versions/{int(major)}.{int(revision)}")

    async def run_wf(
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
        """Start a WfRun and return it as it is after its first advance, or, with `wait_ms`, as soon as
        it ended (or as it is when the time is over). `variables` are Python values (model/values.py).
        With a parent, its id is `<parent_wf_run_id>_<id>`.

        `durability` (`memory`, `logged`, `fsync`, `replicated:<n>`) asks for more than the server's.
        InvalidArgument names the variable; AlreadyExists; NotFound when there is no such WfSpec.
        """
        body: dict[str, Any] = {"wf_spec_name": wf_spec_name}
        if variables:
            body["variables"] = forms_of(variables)
        given = {
            "id": id,
            "parent_wf_run_id": parent_wf_run_id,
            "major_version": major_version,
            "revision": revision,
        }
        body.update({name: value for name, value in given.items() if value is not None})
        reply = await self._connection.call(
            "POST", "/v1/wf-runs", body, {"wait_ms": wait_ms}, _durability(durability), wait_ms
        )
        return WfRun.model_validate(reply)

    async def run_wf_batch(
        self, runs: Sequence[RunWfRequest], *, durability: str | None = None
    ) -> list[WfRun | LHRedisError]:
        """Start many WfRuns (BATCH_RUNS_MAX), each for itself: one WfRun or error for each, in order."""
        body = {"runs": [run.to_json() for run in runs]}
        reply = await self._connection.call(
            "POST", "/v1/wf-runs:batch", body, headers=_durability(durability)
        )
        return [
            WfRun.model_validate(result["wf_run"]) if "wf_run" in result else error_of(result["problem"])
            for result in reply["results"]
        ]

    async def get_wf_run(self, id: str, wait_ms: int | None = None) -> WfRun:
        """The run as it is; with `wait_ms`, as soon as it ended or the time is over. NotFound."""
        reply = await self._connection.call(
            "GET", paths.wf_run(id), query={"wait_ms": wait_ms}, wait_ms=wait_ms
        )
        return WfRun.model_validate(reply)

    async def list_wf_runs(
        self,
        limit: int = 100,
        bookmark: str | None = None,
        wf_spec_name: str | None = None,
        status: LHStatus | str | None = None,
    ) -> Page[WfRun]:
        """The newest runs first; `bookmark` is that of the page before."""
        query = {"limit": limit, "bookmark": bookmark, "wf_spec_name": wf_spec_name}
        query["status"] = status.name if isinstance(status, LHStatus) else status
        reply = await self._connection.call("GET", "/v1/wf-runs", query=query)
        return Page([WfRun.model_validate(found) for found in reply["results"]], reply.get("bookmark"))

    async def list_node_runs(self, id: str, thread_run_number: int | None = None) -> list[NodeRun]:
        """The NodeRuns of a run, or of one of its threads, by thread and position. NotFound."""
        query = {"thread_run_number": thread_run_number}
        reply = await self._connection.call("GET", f"{paths.wf_run(id)}/node-runs", query=query)
        return [NodeRun.model_validate(found) for found in reply["results"]]

    async def get_node_run(self, id: str, thread: int, position: int) -> NodeRun:
        """NotFound."""
        path = f"{paths.wf_run(id)}/node-runs/{int(thread)}/{int(position)}"
        return NodeRun.model_validate(await self._connection.call("GET", path))

    async def list_task_runs(self, id: str) -> list[TaskRun]:
        """The TaskRuns of a run, by thread and position. NotFound."""
        return [
            TaskRun.model_validate(found) for found in await self._results(f"{paths.wf_run(id)}/task-runs")
        ]

    async def get_task_run(self, id: str, task_guid: str) -> TaskRun:
        """`task_guid` is `<thread>-<position>`. NotFound."""
        path = f"{paths.wf_run(id)}/task-runs/{paths.checked(task_guid, 'task_guid')}"
        return TaskRun.model_validate(await self._connection.call("GET", path))

    async def list_checkpoints(self, id: str, task_guid: str) -> list[Checkpoint]:
        """The values that a task stored on its way, by number. NotFound."""
        path = f"{paths.wf_run(id)}/task-runs/{paths.checked(task_guid, 'task_guid')}/checkpoints"
        return [Checkpoint.model_validate(found) for found in await self._results(path)]

    async def list_variables(self, id: str) -> list[Variable]:
        """The variables of all threads of a run, by thread and name. NotFound."""
        return [
            Variable.model_validate(found) for found in await self._results(f"{paths.wf_run(id)}/variables")
        ]

    async def get_variable(self, id: str, thread: int, name: str) -> Variable:
        """NotFound."""
        path = f"{paths.wf_run(id)}/variables/{int(thread)}/{paths.checked(name, 'variable')}"
        return Variable.model_validate(await self._connection.call("GET", path))

    async def server(self) -> dict[str, Any]:
        """`version` (of lhredis), `redis` (name and version), `partitions`, `durability`."""
        return dict(await self._connection.call("GET", "/v1/server"))

    async def ready(self) -> dict[str, Any]:
        """`{"status": "ready"}`; Unavailable when the server cannot do its work now."""
        return dict(await self._connection.call("GET", "/health/ready"))

    async def metrics(self) -> str:
        """What Prometheus would read."""
        return (await self._connection.send("GET", "/metrics")).text

    async def quarantine(self, limit: int = 100) -> list[dict[str, Any]]:
        """The events that were set aside because their step raised, the newest first: `tenant`,
        `wf_run_id`, `event`, `traceback`, `at`, `partition`."""
        reply = await self._connection.call("GET", "/v1/quarantine", query={"limit": limit})
        return list(reply["results"])

    async def _results(self, path: str) -> list[dict[str, Any]]:
        return list((await self._connection.call("GET", path))["results"])


def _durability(word: str | None) -> dict[str, str]:
    if word is None:
        return {}
    if not (word.isascii() and word.isprintable()):
        raise InvalidArgument(f"durability is memory, logged, fsync or replicated:<n>; got {word!r}")
    return {DURABILITY_HEADER: word}

"""events: the Client's methods for events posted to WfRuns and thrown by them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from lhredis.client import paths
from lhredis.client.connection import Connection
from lhredis.client.values import form_of
from lhredis.errors import DeadlineExceeded
from lhredis.model.events import CorrelatedEvent, ExternalEvent, WorkflowEvent
from lhredis.model.ids import WorkflowEventId
from lhredis.model.limits import WAIT_MS_MAX
from lhredis.model.values import Value

AWAIT_S_DEFAULT = 30.0
AWAIT_PAUSE_S = 0.1
"""Between two requests of one wait: a server that is told to end answers all of them at once."""


class EventCalls:
    """Part of Client."""

    _connection: Connection

    async def post_event(
        self,
        id: str,
        external_event_def: str,
        content: Value = None,
        *,
        guid: str | None = None,
        thread_run_number: int | None = None,
        node_run_position: int | None = None,
    ) -> ExternalEvent:
        """Post an event to a WfRun, which need not have started yet, and return it as it is after the
        WfRun has looked at it. With a thread or a position only that one may claim it.

        A `guid` makes a post repeatable: a second one with the same guid is AlreadyExists.
        InvalidArgument when there is no such ExternalEventDef, or it has another content type.
        """
        body = _event(external_event_def, content)
        body["wf_run_id"] = paths.checked_wf_run_id(id)
        given = {
            "guid": guid,
            "thread_run_number": thread_run_number,
            "node_run_position": node_run_position,
        }
        body.update({name: value for name, value in given.items() if value is not None})
        return ExternalEvent.model_validate(await self._connection.call("POST", "/v1/external-events", body))

    async def list_external_events(self, id: str) -> list[ExternalEvent]:
        """The events posted to a WfRun, claimed or not, in the order in which they came."""
        reply = await self._connection.call("GET", f"{paths.wf_run(id)}/external-events")
        return [ExternalEvent.model_validate(found) for found in reply["results"]]

    async def get_external_event(self, id: str, external_event_def: str, guid: str) -> ExternalEvent:
        """NotFound."""
        path = paths.external_event(id, external_event_def, guid)
        return ExternalEvent.model_validate(await self._connection.call("GET", path))

    async def put_correlated_event(
        self, external_event_def: str, key: str, content: Value = None
    ) -> CorrelatedEvent:
        """Post an event to every NodeRun that waits for this key, now or later, and return it with the
        ExternalEvents that it has become. AlreadyExists when the def has an event of this key;
        InvalidArgument, FailedPrecondition when there is no such def, or its events have no keys."""
        body = {"key": paths.checked_key(key), **_event(external_event_def, content)}
        return CorrelatedEvent.model_validate(
            await self._connection.call("POST", "/v1/correlated-events", body)
        )

    async def get_correlated_event(self, external_event_def: str, key: str) -> CorrelatedEvent:
        """NotFound."""
        path = paths.correlated_event(external_event_def, key)
        return CorrelatedEvent.model_validate(await self._connection.call("GET", path))

    async def delete_correlated_event(self, external_event_def: str, key: str) -> None:
        """Deleting what is not there is fine. The ExternalEvents that it has become stay."""
        await self._connection.call("DELETE", paths.correlated_event(external_event_def, key))

    async def list_workflow_events(self, id: str) -> list[WorkflowEvent]:
        """The events that a WfRun has thrown, in order. NotFound."""
        reply = await self._connection.call("GET", f"{paths.wf_run(id)}/workflow-events")
        return [WorkflowEvent.model_validate(found) for found in reply["results"]]

    async def get_workflow_event(self, id: str, workflow_event_def: str, number: int) -> WorkflowEvent:
        """`number` counts the events of the same def from 0. NotFound."""
        path = paths.workflow_event(id, workflow_event_def, number)
        return WorkflowEvent.model_validate(await self._connection.call("GET", path))

    async def await_workflow_event(
        self,
        id: str,
        defs: str | Sequence[str] = (),
        ignore: Sequence[WorkflowEventId] = (),
        wait_s: float = AWAIT_S_DEFAULT,
    ) -> WorkflowEvent:
        """The first event that a WfRun throws or has thrown, of this def or any of these (none: of any at
        all), that is not one of those to ignore. DeadlineExceeded when none came within `wait_s`;
        NotFound."""
        names = (defs,) if isinstance(defs, str) else defs
        query: dict[str, Any] = {
            "event_def": [paths.checked(name, "WorkflowEventDef") for name in names],
            "ignore": [f"{one.workflow_event_def_id.name}/{one.number}" for one in ignore],
        }
        path, clock = f"{paths.wf_run(id)}/workflow-events:await", asyncio.get_running_loop().time
        deadline = clock() + wait_s
        while True:
            wait_ms = int(min(max((deadline - clock()) * 1000, 0), WAIT_MS_MAX))
            try:
                reply = await self._connection.call(
                    "GET", path, query={**query, "wait_ms": wait_ms}, wait_ms=wait_ms
                )
                return WorkflowEvent.model_validate(reply)
            except DeadlineExceeded as error:
                if clock() + AWAIT_PAUSE_S >= deadline:
                    text = f"WfRun {id!r} threw no such WorkflowEvent within {wait_s:g} s"
                    raise DeadlineExceeded(text) from error
            await asyncio.sleep(AWAIT_PAUSE_S)


def _event(external_event_def: str, content: Value) -> dict[str, Any]:
    body: dict[str, Any] = {
        "external_event_def_id": {"name": paths.checked(external_event_def, "ExternalEventDef")}
    }
    if content is not None:
        body["content"] = form_of(content, "content")
    return body

"""workflow: turn a Python function into the request that registers a WfSpec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lhredis.model.enums import AllowedUpdateType
from lhredis.model.event_def import PutExternalEventDefRequest, PutWorkflowEventDefRequest
from lhredis.model.ids import TaskDefId, check_name
from lhredis.model.nodes import ExponentialBackoffRetryPolicy, TaskNode
from lhredis.model.wf_spec import ParentWfSpecReference, PutWfSpecRequest, WorkflowRetentionPolicy
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.event_defs import Request, add_def
from lhredis.workflow.events import ExternalEventNodeOutput, ThrowEventNodeOutput
from lhredis.workflow.spec_draft import SpecDraft
from lhredis.workflow.thread import WorkflowThread
from lhredis.workflow.thread_draft import ThreadFunction
from lhredis.workflow.thread_functions import check_thread_function

ENTRYPOINT_THREAD_NAME = "entrypoint"


class Workflow:
    """`Workflow("greeting", entrypoint)`: a process with this name, described by this function.

    `entrypoint` takes a WorkflowThread. What is wrong in it raises WorkflowBuildError from
    `compile()`, with the file and line that is wrong. With a `parent_wf`, its runs are children of
    runs of that WfSpec, and may share its public variables (`as_inherited()`).
    """

    def __init__(
        self,
        name: str,
        entrypoint: ThreadFunction,
        parent_wf: str | Workflow | ParentWfSpecReference | None = None,
    ) -> None:
        self.name = checked(lambda: check_name(name))
        check_thread_function(entrypoint)
        self._entrypoint = entrypoint
        self._parent = None if parent_wf is None else _reference(parent_wf)
        self._sub_threads: dict[str, ThreadFunction] = {}
        self._external_event_defs: dict[str, PutExternalEventDefRequest] = {}
        self._workflow_event_defs: dict[str, PutWorkflowEventDefRequest] = {}
        self._task_defaults: dict[str, Any] = {}
        self._allowed_updates: AllowedUpdateType | None = None
        self._retention: WorkflowRetentionPolicy | None = None

    def with_retry_policy(
        self, retries: int | None = None, exponential_backoff: ExponentialBackoffRetryPolicy | None = None
    ) -> Workflow:
        """For tasks that say nothing themselves: attempts after the first, and the waits between."""
        return self._with_task_defaults(retries=retries, exponential_backoff=exponential_backoff)

    def with_task_timeout_seconds(self, timeout_seconds: int | None = None) -> Workflow:
        """For tasks that say nothing themselves: how long one attempt may take."""
        return self._with_task_defaults(timeout_seconds=timeout_seconds)

    def with_update_type(self, update_type: AllowedUpdateType | str) -> Workflow:
        """What the registration may change of the WfSpec that is there already."""
        self._allowed_updates = checked(lambda: AllowedUpdateType.parse(update_type))
        return self

    def with_retention_policy(self, policy: int | WorkflowRetentionPolicy) -> Workflow:
        """How long WfRuns are kept after they ended, in seconds; without it, for ever."""
        if not isinstance(policy, WorkflowRetentionPolicy):
            policy = make(WorkflowRetentionPolicy, seconds_after_wf_termination=policy)
        self._retention = policy
        return self

    def add_sub_thread(self, name: str, initializer: ThreadFunction) -> str:
        """A ThreadSpec beside the entrypoint, whose variables it sees; returns the name.

        `wf.spawn_thread(initializer, name)` in the entrypoint starts it.
        """
        check_thread_function(initializer)
        if name in (ENTRYPOINT_THREAD_NAME, *self._sub_threads):
            raise WorkflowBuildError(f"there is a thread {name!r} already; each has a name of its own")
        self._sub_threads[checked(lambda: check_name(name))] = initializer
        return name

    def add_external_event_def_to_register(
        self, registered: PutExternalEventDefRequest | ExternalEventNodeOutput
    ) -> None:
        """Register this def together with the workflow; or that of an event that a step waits for."""
        if isinstance(registered, ExternalEventNodeOutput):
            registered.registered_as()
        else:
            add_def(self._external_event_defs, registered)

    def add_workflow_event_def_to_register(
        self, registered: PutWorkflowEventDefRequest | ThrowEventNodeOutput
    ) -> None:
        """Register this def together with the workflow; or that of an event that a step throws."""
        if isinstance(registered, ThrowEventNodeOutput):
            registered.registered_as()
        else:
            add_def(self._workflow_event_defs, registered)

    def external_event_defs(self) -> tuple[PutExternalEventDefRequest, ...]:
        """What is to be registered before the workflow is. Compiles it."""
        return _merged(self._external_event_defs, self._build().external_event_defs)

    def workflow_event_defs(self) -> tuple[PutWorkflowEventDefRequest, ...]:
        """What is to be registered before the workflow is. Compiles it."""
        return _merged(self._workflow_event_defs, self._build().workflow_event_defs)

    def get_threads(self) -> list[WorkflowThread]:
        """The entrypoint and all threads below it. Compiles the workflow."""
        return [thread for thread in self._build().threads.values() if isinstance(thread, WorkflowThread)]

    def compile(self) -> PutWfSpecRequest:
        """Call the entrypoint function, and return the request that registers what it describes.

        Each call compiles anew, and gives an equal request if the function does the same.
        """
        return self._request(self._build())

    def requests(
        self,
    ) -> tuple[PutExternalEventDefRequest | PutWorkflowEventDefRequest | PutWfSpecRequest, ...]:
        """All that registers the workflow, in order: the defs of its events, then the WfSpec itself."""
        spec = self._build()
        return (
            *_merged(self._external_event_defs, spec.external_event_defs),
            *_merged(self._workflow_event_defs, spec.workflow_event_defs),
            self._request(spec),
        )

    def save(self, file_path: str | Path) -> None:
        """Write the compiled request to a file, as JSON in UTF-8."""
        text = json.dumps(self.compile().to_json(), indent=2, ensure_ascii=False)
        Path(file_path).write_text(text + "\n", encoding="utf-8")

    def _build(self) -> SpecDraft:
        spec = SpecDraft(dict(self._task_defaults))
        entrypoint = WorkflowThread(spec, ENTRYPOINT_THREAD_NAME, None)
        entrypoint._run(self._entrypoint)
        for name, function in self._sub_threads.items():
            if name not in spec.threads:  # else the entrypoint spawned it
                WorkflowThread(spec, name, entrypoint)._run(function)
        return spec

    def _request(self, spec: SpecDraft) -> PutWfSpecRequest:
        given: dict[str, Any] = {}
        if self._parent is not None:
            given["parent_wf_spec"] = self._parent
        if self._retention is not None:
            given["retention_policy"] = self._retention
        if self._allowed_updates is not None:
            given["allowed_updates"] = self._allowed_updates
        return make(
            PutWfSpecRequest,
            name=self.name,
            thread_specs={name: thread._to_model() for name, thread in spec.threads.items()},
            entrypoint_thread_name=ENTRYPOINT_THREAD_NAME,
            **given,
        )

    def _with_task_defaults(self, **defaults: Any) -> Workflow:
        given = {name: value for name, value in defaults.items() if value is not None}
        make(TaskNode, task_def_id=TaskDefId(name="any"), **given)  # refuse bad values here, not at each task
        for name in defaults:
            self._task_defaults.pop(name, None)
        self._task_defaults |= given
        return self


def _merged(said: dict[str, Request], found: dict[str, Request]) -> tuple[Request, ...]:
    """The defs that were added to the workflow, and those that its functions name."""
    defs = dict(said)
    for request in found.values():
        add_def(defs, request)
    return tuple(defs.values())


def _reference(parent: str | Workflow | ParentWfSpecReference) -> ParentWfSpecReference:
    if isinstance(parent, ParentWfSpecReference):
        return parent
    name = parent.name if isinstance(parent, Workflow) else parent
    return make(ParentWfSpecReference, wf_spec_name=name)

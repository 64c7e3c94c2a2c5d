"""workflow: turn a Python function into the request that registers a WfSpec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lhredis.model.enums import AllowedUpdateType
from lhredis.model.ids import TaskDefId, check_name
from lhredis.model.nodes import ExponentialBackoffRetryPolicy, TaskNode
from lhredis.model.wf_spec import PutWfSpecRequest
from lhredis.workflow.build_errors import checked, make
from lhredis.workflow.spec_draft import SpecDraft
from lhredis.workflow.thread import WorkflowThread
from lhredis.workflow.thread_draft import ThreadFunction
from lhredis.workflow.thread_functions import check_thread_function

ENTRYPOINT_THREAD_NAME = "entrypoint"


class Workflow:
    """`Workflow("greeting", entrypoint)`: a process with this name, described by this function.

    `entrypoint` takes a WorkflowThread. What is wrong in it raises WorkflowBuildError from
    `compile()`, with the file and line that is wrong.
    """

    def __init__(self, name: str, entrypoint: ThreadFunction) -> None:
        self.name = checked(lambda: check_name(name))
        check_thread_function(entrypoint)
        self._entrypoint = entrypoint
        self._task_defaults: dict[str, Any] = {}
        self._allowed_updates: AllowedUpdateType | None = None

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

    def compile(self) -> PutWfSpecRequest:
        """Call the entrypoint function, and return the request that registers what it describes.

        Each call compiles anew, and gives an equal request if the function does the same.
        """
        spec = SpecDraft(dict(self._task_defaults))
        WorkflowThread(spec, ENTRYPOINT_THREAD_NAME, None)._run(self._entrypoint)
        given: dict[str, Any] = {}
        if self._allowed_updates is not None:
            given["allowed_updates"] = self._allowed_updates
        return make(
            PutWfSpecRequest,
            name=self.name,
            thread_specs={name: thread._to_model() for name, thread in spec.threads.items()},
            entrypoint_thread_name=ENTRYPOINT_THREAD_NAME,
            **given,
        )

    def save(self, file_path: str | Path) -> None:
        """Write the compiled request to a file, as JSON in UTF-8."""
        text = json.dumps(self.compile().to_json(), indent=2, ensure_ascii=False)
        Path(file_path).write_text(text + "\n", encoding="utf-8")

    def _with_task_defaults(self, **defaults: Any) -> Workflow:
        given = {name: value for name, value in defaults.items() if value is not None}
        make(TaskNode, task_def_id=TaskDefId(name="any"), **given)  # refuse bad values here, not at each task
        for name in defaults:
            self._task_defaults.pop(name, None)
        self._task_defaults |= given
        return self

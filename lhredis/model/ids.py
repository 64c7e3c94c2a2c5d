"""ids: how things are named, and the ids that LittleHorse composes of several parts."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lhredis.model.limits import (
    CORRELATION_KEY_CHARS_MAX,
    NAME_CHARS_MAX,
    NAME_IN_SPEC_CHARS_MAX,
    NUMBER_MAX,
    WF_RUN_DEPTH_MAX,
)

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?", re.ASCII)
VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]([-A-Za-z0-9_]*[A-Za-z0-9_])?", re.ASCII)
_RULE = "letters, digits and inner hyphens only"


REMINDERS_FROM = 900_000_000
"""In the place of the position, ids of TaskRuns that remind of a user task have this and more."""


def check_name(name: str) -> str:
    """Return `name`, or raise ValueError when it breaks the rule of features.md 1."""
    if len(name) > NAME_CHARS_MAX:
        raise ValueError(f"at most {NAME_CHARS_MAX} characters; got {len(name)}")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{_RULE}; got {name!r}")
    return name


def check_variable_name(name: str) -> str:
    """Return the name of a variable or of a task's input, or raise ValueError: a name that may have
    underscores, too, because it may be that of a parameter in a program."""
    if len(name) > NAME_CHARS_MAX:
        raise ValueError(f"at most {NAME_CHARS_MAX} characters; got {len(name)}")
    if not VARIABLE_NAME.fullmatch(name):
        raise ValueError(f"letters, digits, underscores and inner hyphens only; got {name!r}")
    return name


def check_name_in_spec(name: str) -> str:
    """Return the name of a ThreadSpec or node, or raise ValueError. Any printable characters will do:
    LittleHorse's builders make it of what a node does (`2-paid-EXTERNAL_EVENT`, `1-greet-{0}-TASK`)."""
    if not (name.strip() and name.isprintable()):
        raise ValueError(f"printable characters only; got {name!r:.200}")
    if len(name) > NAME_IN_SPEC_CHARS_MAX:
        raise ValueError(f"at most {NAME_IN_SPEC_CHARS_MAX} characters; got {len(name)}")
    return name


def check_wf_run_id(wf_run_id: str) -> str:
    """Return the id, or raise ValueError: names joined by `_`, the root first (`parent_child`)."""
    check_depth(wf_run_id)
    for part in wf_run_id.split("_"):
        check_name(part)
    return wf_run_id


def check_depth(wf_run_id: str) -> str:
    """Return the id, or raise ValueError when it has too many ancestors: each of them is looked at."""
    levels = wf_run_id.count("_") + 1
    if levels > WF_RUN_DEPTH_MAX:
        raise ValueError(
            f"WfRuns nest at most {WF_RUN_DEPTH_MAX} levels deep (WF_RUN_DEPTH_MAX); got {levels}"
        )
    return wf_run_id


def check_correlation_key(key: str) -> str:
    """Return the key, or raise ValueError when it breaks the rule of features.md 12."""
    if not 1 <= len(key) <= CORRELATION_KEY_CHARS_MAX:
        raise ValueError(f"1 to {CORRELATION_KEY_CHARS_MAX} characters; got {len(key)}")
    if "/" in key or "~" in key:
        raise ValueError(f"any characters but / and ~; got {key[:NAME_CHARS_MAX]!r}")
    return key


class Model(BaseModel):
    """What every model here shares: unknown fields are errors, and nothing changes once made."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, ser_json_inf_nan="strings", protected_namespaces=()
    )

    def to_json(self) -> dict[str, Any]:
        """The JSON form: what was given and nothing more, enums by name. Reading it gives an equal model."""
        return self.model_dump(mode="json", exclude_unset=True)


class View(Model):
    """What people are shown, and never send: fields that hold nothing are left out."""

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True, exclude_unset=True)


Name = Annotated[
    str,
    AfterValidator(check_name),
    Field(
        examples=["quickstart"],
        json_schema_extra={"pattern": f"^{_NAME.pattern}$", "minLength": 1, "maxLength": NAME_CHARS_MAX},
    ),
]
VariableName = Annotated[
    str,
    AfterValidator(check_variable_name),
    Field(
        examples=["email"],
        json_schema_extra={
            "pattern": f"^{VARIABLE_NAME.pattern}$",
            "minLength": 1,
            "maxLength": NAME_CHARS_MAX,
        },
    ),
]
NameInSpec = Annotated[
    str,
    AfterValidator(check_name_in_spec),
    Field(json_schema_extra={"minLength": 1, "maxLength": NAME_IN_SPEC_CHARS_MAX}),
]
WfRunIdStr = Annotated[str, AfterValidator(check_wf_run_id), Field(examples=["a1b2c3", "parent_child"])]
CorrelationKey = Annotated[
    str,
    AfterValidator(check_correlation_key),
    Field(
        examples=["order-42"],
        json_schema_extra={
            "pattern": "^[^/~]+$",
            "minLength": 1,
            "maxLength": CORRELATION_KEY_CHARS_MAX,
        },
    ),
]


class TaskDefId(Model):
    name: Name


class WfSpecId(Model):
    """A version of a WfSpec; printed as `name/major.revision`."""

    name: Name
    major_version: int = Field(default=0, ge=0, le=NUMBER_MAX)
    revision: int = Field(default=0, ge=0, le=NUMBER_MAX)

    def __str__(self) -> str:
        return f"{self.name}/{self.major_version}.{self.revision}"


class StructDefId(Model):
    """A version of a StructDef; printed as `name/version`. Version -1 stands for the newest one."""

    name: Name
    version: int = Field(default=-1, ge=-1, le=NUMBER_MAX)

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


class UserTaskDefId(Model):
    """A version of a UserTaskDef; printed as `name/version`."""

    name: Name
    version: int = Field(ge=0, le=NUMBER_MAX)

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


class UserTaskRunId(Model):
    """One form that a WfRun asked for. The guid is unique in its WfRun: `<thread>-<position>`."""

    wf_run_id: WfRunIdStr
    user_task_guid: str


class ExternalEventDefId(Model):
    name: Name


class WorkflowEventDefId(Model):
    name: Name


class InactiveThreadRunId(Model):
    wf_run_id: WfRunIdStr
    thread_run_number: int = Field(ge=0, le=NUMBER_MAX)


class NodeRunId(Model):
    """One execution of a node; `position` 0 is the ENTRYPOINT."""

    wf_run_id: WfRunIdStr
    thread_run_number: int = Field(ge=0, le=NUMBER_MAX)
    position: int = Field(ge=0, le=NUMBER_MAX)


class TaskRunId(Model):
    """One scheduled call of a task. The guid is unique in its WfRun: `<thread>-<position>`."""

    wf_run_id: WfRunIdStr
    task_guid: str


class CheckpointId(Model):
    """A value that a task stored on its way; the numbers count from 0."""

    task_run: TaskRunId
    checkpoint_number: int = Field(ge=0, le=NUMBER_MAX)


class VariableId(Model):
    wf_run_id: WfRunIdStr
    thread_run_number: int = Field(ge=0, le=NUMBER_MAX)
    name: str


class ExternalEventId(Model):
    """An event posted to a WfRun. The guid is unique for its WfRun and def."""

    wf_run_id: WfRunIdStr
    external_event_def_id: ExternalEventDefId
    guid: Name


class WorkflowEventId(Model):
    """An event thrown by a WfRun; `number` counts those of the same def from 0."""

    wf_run_id: WfRunIdStr
    workflow_event_def_id: WorkflowEventDefId
    number: int = Field(ge=0, le=NUMBER_MAX)


class CorrelatedEventId(Model):
    """An event posted by a business key."""

    key: CorrelationKey
    external_event_def_id: ExternalEventDefId

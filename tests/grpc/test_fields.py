"""Every field of LittleHorse's messages about runs has one of ours behind it, or docs/littlehorse.md says why not."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import Descriptor
from littlehorse.model import (
    BulkJob,
    Checkpoint,
    CorrelatedEvent,
    ExternalEvent,
    InactiveThreadRun,
    NodeRun,
    ScheduledWfRun,
    TaskRun,
    UserTaskRun,
    Variable,
    WfRun,
    WorkflowEvent,
)

import lhredis.model
from lhredis.model import enums
from lhredis.model.ids import Model

DOCS = Path(__file__).parents[2] / "docs" / "littlehorse.md"

SHOWN = (
    WfRun,
    InactiveThreadRun,
    NodeRun,
    TaskRun,
    Checkpoint,
    Variable,
    UserTaskRun,
    ExternalEvent,
    CorrelatedEvent,
    WorkflowEvent,
    ScheduledWfRun,
    BulkJob,
)

OTHERWISE = {
    "LHTaskException": "LHTaskExceptionResult",
    "Subprocess": "BulkSubprocess",
}
"""Messages whose model has another name."""

MAPPED = {
    "BulkDeleteWfRun.wf_run_status",
    "Subprocess.id",
    "Subprocess.status",
    "TaskNodeReference.node_run_id",
}
"""Fields that a mapping in lhredis/grpc/messages fills from one of another name."""

NO_MODEL = {
    "WfRunId",
    "ScheduledWfRunId",
    "WorkflowMigrationPlanId",
    "VariableValue",
    "Timestamp",
    "MigrationVars",
}
"""Messages that are strings or values here, or are not shown at all."""


def test_what_is_not_filled_is_told() -> None:
    told = re.findall(r"^\| `(\w+\.\w+)` \|", DOCS.read_text(), re.MULTILINE)
    assert sorted(told) == sorted(set(told))
    assert sorted(told) == sorted(unfilled())


def test_enums_have_the_same_names_and_numbers() -> None:
    compared = set()
    for message in reachable([kind.DESCRIPTOR for kind in SHOWN]):
        for kind in (field.enum_type for field in message.fields if field.enum_type is not None):
            ours = getattr(enums, kind.name, None)
            if ours is None:
                assert kind.name == "BulkJobStatus", f"{kind.name} has none of ours behind it"
                continue
            compared.add(kind.name)
            assert {one.name: one.value for one in ours} == {one.name: one.number for one in kind.values}
    assert {"LHStatus", "TaskStatus", "ThreadType", "UserTaskRunStatus", "LHErrorType"} <= compared


def unfilled() -> Iterator[str]:
    models = {kind.__name__: kind for kind in _models()}
    for message in reachable([kind.DESCRIPTOR for kind in SHOWN]):
        model = models.get(OTHERWISE.get(message.name, message.name))
        known = set(model.model_fields) if model is not None else set()
        for field in message.fields:
            name = f"{message.name}.{field.name}"
            if field.name not in known and name not in MAPPED:
                yield name


def reachable(roots: list[Descriptor]) -> list[Descriptor]:
    """These messages and those inside of them, without what has no model by intention."""
    found: dict[str, Descriptor] = {}
    left = list(roots)
    while left:
        message = left.pop()
        if message.full_name in found or message.name in NO_MODEL:
            continue
        if not message.GetOptions().map_entry:
            found[message.full_name] = message
        left += [field.message_type for field in message.fields if field.message_type is not None]
    return list(found.values())


def _models() -> Iterator[type[Model]]:
    for info in pkgutil.iter_modules(lhredis.model.__path__):
        module = importlib.import_module(f"lhredis.model.{info.name}")
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Model):
                yield kind

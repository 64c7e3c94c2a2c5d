"""Every field of LittleHorse's messages about runs and definitions has one of ours behind it, or
docs/littlehorse.md says why not."""

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
    ExternalEventDef,
    InactiveThreadRun,
    NodeRun,
    ScheduledWfRun,
    StructDef,
    TaskDef,
    TaskRun,
    UserTaskDef,
    UserTaskRun,
    Variable,
    WfRun,
    WfSpec,
    WorkflowEvent,
    WorkflowEventDef,
    WorkflowMigrationPlan,
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
    TaskDef,
    WfSpec,
    StructDef,
    UserTaskDef,
    ExternalEventDef,
    WorkflowEventDef,
    WorkflowMigrationPlan,
)

OTHERWISE = {
    "Entry": "MapBuilderEntry",
    "LHTaskException": "LHTaskExceptionResult",
    "Subprocess": "BulkSubprocess",
}
"""Messages whose model has another name."""

MAPPED = {
    "BulkDeleteWfRun.wf_run_status",
    "Edge.legacy_condition",
    "VariableDef.type",
    "VariableMutation.literal_value",
    "VariableMutation.node_output",
    "WaitForConditionNode.legacy_condition",
    "WorkflowMigrationPlan.old_wfSpec",
    "Subprocess.id",
    "Subprocess.status",
    "TaskNodeReference.node_run_id",
}
"""Fields that a mapping in lhredis/grpc/messages fills from one of another name."""

NO_MODEL = {
    "LegacyEdgeCondition",
    "NodeOutputSource",
    "WfSpecVersionMigration",
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


UNTOLD = {
    "BulkJob": {"bulk_migrate_wf_run", "bulk_rescue_wf_run"},
    "ScheduledWfRun": {
        "last_error",
        "last_run_at",
        "last_wf_run_id",
        "missed_ticks",
        "next_run_at",
        "paused",
        "start_at",
        "time_zone",
    },
    "WaitForChildWfNode": {"timeout_seconds"},
    "WaitForConditionNode": {"timeout_seconds"},
    "WaitForThreadsNode": {"timeout_seconds"},
}
"""Fields of ours that LittleHorse has no word for; from_json leaves them out."""

RENAMED = {"BulkDeleteWfRun", "Subprocess", "WorkflowMigrationPlan"}
"""Messages that a mapping writes from fields of other names."""


def test_nothing_of_ours_is_left_out_by_mistake() -> None:
    models = {kind.__name__: kind for kind in _models()}
    found = {}
    for message in reachable([kind.DESCRIPTOR for kind in SHOWN]):
        model = models.get(OTHERWISE.get(message.name, message.name))
        if model is not None and message.name not in RENAMED:
            found[message.name] = set(model.model_fields) - set(message.fields_by_name)
    assert {name: fields for name, fields in found.items() if fields} == UNTOLD


def test_enums_have_the_same_names_and_numbers() -> None:
    compared = set()
    for message in reachable([kind.DESCRIPTOR for kind in SHOWN]):
        for kind in (field.enum_type for field in message.fields if field.enum_type is not None):
            ours = getattr(enums, kind.name, None)
            if ours is None:
                assert kind.name in ("BulkJobStatus", "MetadataStatus"), (
                    f"{kind.name} has none of ours behind it"
                )
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

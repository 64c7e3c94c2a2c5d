"""ids: ids that are messages there and strings here: a WfRunId is `parent_child`."""

from __future__ import annotations

from typing import Any

from littlehorse.model.object_id_pb2 import ScheduledWfRunId, WfRunId

from lhredis.grpc.messages.mapper import Mapping, register
from lhredis.model.limits import WF_RUN_DEPTH_MAX


def wf_run_id_text(wf_run_id: Any) -> str:
    """`parent_child`. ValueError when a part has an underscore, or there are too many."""
    parts: list[str] = []
    part: Any = wf_run_id
    while part is not None:
        if len(parts) == WF_RUN_DEPTH_MAX:
            raise ValueError(f"a WfRun has at most {WF_RUN_DEPTH_MAX - 1} ancestors")
        if "_" in part.id:
            raise ValueError(f"letters, digits and inner hyphens only; got {part.id!r:.100}")
        parts.append(part.id)
        part = part.parent_wf_run_id if part.HasField("parent_wf_run_id") else None
    return "_".join(reversed(parts))


def write_wf_run_id(text: str, wf_run_id: Any) -> None:
    """Fill a WfRunId from `parent_child`."""
    parent, _, wf_run_id.id = text.rpartition("_")
    if parent:
        write_wf_run_id(parent, wf_run_id.parent_wf_run_id)


def _write_id(text: str, message: Any) -> None:
    message.id = text


register(WfRunId, Mapping(read=wf_run_id_text, write=write_wf_run_id))
register(ScheduledWfRunId, Mapping(read=lambda message: message.id, write=_write_id))

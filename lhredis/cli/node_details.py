"""node_details: what a NodeRun of each kind tells beside what all of them do."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.text import Text

from lhredis.cli.tables import listed, shown, status
from lhredis.model.node_run import ExternalEventNodeRun, NodeRun, WaitForThreadsRun
from lhredis.model.values import MASK


def node_details(node: NodeRun) -> list[tuple[str, RenderableType | None]]:
    """Names and values for a grid."""
    if node.external_event is not None:
        return _external_event(node.external_event)
    if node.throw_event is not None:
        thrown = node.throw_event.workflow_event_id
        threw = f"{thrown.workflow_event_def_id.name} {thrown.number}" if thrown is not None else ""
        return [("threw", Text(threw))]
    if node.start_thread is not None:
        return _started(node.start_thread.thread_spec_name, [node.start_thread.child_thread_id])
    if node.start_multiple_threads is not None:
        many = node.start_multiple_threads
        return _started(many.thread_spec_name, many.child_thread_ids)
    if node.run_child_wf is not None:
        child = node.run_child_wf
        inputs: list[tuple[str, RenderableType | None]] = [
            (f"input {name}", shown(value)) for name, value in child.inputs.items()
        ]
        spec = str(child.wf_spec_id) if child.wf_spec_id else ""
        return [("child wf-run", Text(child.child_wf_run_id or "")), ("child wf-spec", Text(spec)), *inputs]
    if node.user_task is not None and node.user_task.user_task_run_id is not None:
        of = node.user_task.user_task_run_id
        return [("user task", Text(f"{of.wf_run_id}/{of.user_task_guid}"))]
    if node.wait_for_child_wf is not None:
        return [("waits for wf-run", Text(node.wait_for_child_wf.child_wf_run_id or ""))]
    return []


def _external_event(node: ExternalEventNodeRun) -> list[tuple[str, RenderableType | None]]:
    key = MASK if node.mask_correlation_key and node.correlation_key else node.correlation_key
    return [
        ("waits for", Text(node.external_event_def_id.name)),
        ("of the key", Text(key or "")),
        ("got", Text(node.external_event_id.guid if node.external_event_id else "")),
        ("at", Text(node.event_time or "")),
        ("timed out", Text("yes" if node.timed_out else "")),
    ]


def _started(spec: str, numbers: Iterable[int | None]) -> list[tuple[str, RenderableType | None]]:
    started = ", ".join(str(number) for number in numbers if number is not None)
    return [("started threads", Text(f"{started or 'none'} of {spec}"))]


def waited_threads(node: WaitForThreadsRun) -> RenderableType:
    """A line for each thread that a WAIT_FOR_THREADS waits for."""
    return listed(
        ("thread", "status", "counts as", "ended", "handler"),
        (
            (
                one.thread_run_number, status(one.thread_status), one.waiting_status.name,
                one.thread_end_time or "",
                "" if one.failure_handler_thread_run_id is None else one.failure_handler_thread_run_id,
            )
            for one in node.threads
        ),
        empty="waits for no thread",
    )  # fmt: skip

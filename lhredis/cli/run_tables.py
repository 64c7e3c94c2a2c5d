"""run_tables: runs, nodes, attempts and variables as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.node_details import node_details, waited_threads
from lhredis.cli.tables import duration, grid, listed, shown, status
from lhredis.model.explanation import Explanation
from lhredis.model.node_run import NodeRun
from lhredis.model.thread_run import ThreadRun
from lhredis.model.wf_run import TaskAttempt, TaskRun, Variable, WfRun


def wf_run(run: WfRun, nodes: Sequence[NodeRun], tasks: Sequence[TaskRun]) -> RenderableType:
    """All of a run: what it is, its threads if there are several, its nodes, its stack traces."""
    root = run.thread_runs[0] if run.thread_runs else None
    parts: list[RenderableType] = [
        grid(
            [
                ("wf-run", Text(run.id, style="bold")),
                ("wf-spec", Text(str(run.wf_spec_id))),
                ("status", status(run.status)),
                ("started", Text(run.start_time)),
                (
                    "ended",
                    Text(
                        f"{run.end_time} (after {duration(run.start_time, run.end_time)})"
                        if run.end_time
                        else ""
                    ),
                ),
                ("output", shown(root.output) if root else None),
                ("error", Text(root.error_message or "", style="red") if root else None),
            ]
        )
    ]
    if len(run.thread_runs) > 1:
        parts += ["", threads(run)]
    parts += ["", node_runs(nodes, tasks), *traces(tasks)]
    return Group(*parts)


def threads(run: WfRun) -> RenderableType:
    """A line for each ThreadRun; of one that halts also why."""
    return _thread_rows(run.thread_runs)


def thread_run(thread: ThreadRun) -> RenderableType:
    """One ThreadRun, as in the table of all."""
    return _thread_rows([thread])


def _thread_rows(threads: Sequence[ThreadRun]) -> RenderableType:
    columns = ("thread", "spec", "type", "status", "parent", "halted by", "took", "output", "error")
    return listed(
        columns,
        (
            (
                thread.number, thread.thread_spec_name, thread.type.name, status(thread.status),
                "" if thread.parent_thread_id is None else thread.parent_thread_id,
                ", ".join(reason.kind for reason in thread.halt_reasons),
                duration(thread.start_time, thread.end_time), shown(thread.output), thread.error_message or "",
            )
            for thread in threads
        ),
    )  # fmt: skip


def node_runs(nodes: Sequence[NodeRun], tasks: Sequence[TaskRun]) -> RenderableType:
    """A line for each NodeRun; of a task also how many attempts there were, and the output."""
    by_guid = {task.id.task_guid: task for task in tasks}
    rows = []
    for node in nodes:
        task = by_guid.get(node.task.task_run_id.task_guid) if node.task and node.task.task_run_id else None
        last = task.attempts[-1] if task and task.attempts else None
        rows.append(
            (
                node.id.thread_run_number, node.id.position, node.node_name, status(node.status),
                duration(node.arrival_time, node.end_time),
                f"{len(task.attempts)} of {task.total_attempts}" if task else "",
                shown(last.output, last.masked_value) if last else "",
                Text(_error(node), style="red"),
            )
        )  # fmt: skip
    return listed(("thread", "pos", "node", "status", "took", "attempts", "output", "error"), rows)


def _error(node: NodeRun) -> str:
    if node.failures:
        failure = node.failures[-1]
        handled = " (handled)" if failure.was_properly_handled else ""
        return (
            f"{failure.failure_name}: {failure.message}{handled}"
            if failure.message
            else failure.failure_name + handled
        )
    return node.error_message or ""


def attempts(task: TaskRun) -> RenderableType:
    """A line for each attempt of a TaskRun."""
    columns = ("attempt", "status", "scheduled", "waited", "took", "worker", "output", "error")
    return listed(
        columns,
        (
            (
                number, status(attempt.status), attempt.schedule_time or "",
                duration(attempt.schedule_time, attempt.start_time), duration(attempt.start_time, attempt.end_time),
                attempt.task_worker_id or "", shown(attempt.output, attempt.masked_value),
                Text(attempt_error(attempt), style="red"),
            )
            for number, attempt in enumerate(task.attempts)
        ),
    )  # fmt: skip


def attempt_error(attempt: TaskAttempt) -> str:
    """`TASK_FAILURE: why`, or the exception's name and message; nothing when there was none."""
    if attempt.error is not None:
        return f"{attempt.error.type.name}: {attempt.error.message}"
    if attempt.exception is not None:
        return f"{attempt.exception.name}: {attempt.exception.message}"
    return ""


def traces(tasks: Sequence[TaskRun]) -> list[RenderableType]:
    """The log with the stack trace of the last attempt of every TaskRun that failed."""
    found: list[RenderableType] = []
    for task in tasks:
        last = task.attempts[-1] if task.attempts else None
        if last and last.log_output and (last.error or last.exception):
            title = f"{task.task_def_id.name} {task.id.task_guid}, attempt {len(task.attempts) - 1}:"
            found += ["", Text(title, style="bold"), Text(last.log_output.rstrip())]
    return found


def node_run(node: NodeRun) -> RenderableType:
    """One NodeRun with its failures."""
    task = node.task.task_run_id.task_guid if node.task and node.task.task_run_id else ""
    head = grid(
        [
            (
                "node-run",
                Text(f"{node.id.wf_run_id} {node.id.thread_run_number} {node.id.position}", style="bold"),
            ),
            ("node", Text(f"{node.node_name} of {node.thread_spec_name}, {node.wf_spec_id}")),
            ("status", status(node.status)),
            ("arrived", Text(node.arrival_time)),
            ("ended", Text(node.end_time or "")),
            ("task-run", Text(task)),
            ("wakes", Text((node.sleep and node.sleep.maturation_time) or "")),
            *node_details(node),
            ("error", Text(node.error_message or "", style="red")),
        ]
    )
    parts: list[RenderableType] = [head]
    if node.wait_for_threads is not None:
        parts += ["", waited_threads(node.wait_for_threads)]
    if node.failures:
        rows = (
            (one.failure_name, one.message, shown(one.content), one.was_properly_handled)
            for one in node.failures
        )
        parts += ["", listed(("failure", "message", "content", "handled"), rows)]
    return Group(*parts)


def task_run(task: TaskRun) -> RenderableType:
    """One TaskRun: its inputs, its attempts, and what each logged."""
    head = grid(
        [
            ("task-run", Text(f"{task.id.wf_run_id} {task.id.task_guid}", style="bold")),
            ("task-def", Text(task.task_def_id.name)),
            ("status", status(task.status)),
            ("scheduled", Text(task.scheduled_at)),
            ("timeout", Text(f"{task.timeout_seconds} s")),
        ]
    )
    inputs = listed(
        ("input", "value"),
        ((one.var_name, shown(one.value, one.masked)) for one in task.input_variables),
        "no inputs",
    )
    logs: list[RenderableType] = []
    for number, attempt in enumerate(task.attempts):
        if attempt.log_output:
            logs += ["", Text(f"attempt {number} logged:", style="bold"), Text(attempt.log_output.rstrip())]
    return Group(head, "", inputs, "", attempts(task), *logs)


def variables(found: Sequence[Variable]) -> RenderableType:
    """A line for each variable."""
    return listed(
        ("thread", "variable", "value"),
        ((one.id.thread_run_number, one.id.name, shown(one.value, one.masked)) for one in found),
    )


def explanation(found: Explanation) -> RenderableType:
    """What a run waits for in a line, and in one for each thread if there are several."""
    lines = [f"{found.wf_run_id}  {found.status.name}  {found.text}"]
    if len(found.threads) > 1:
        lines += [
            f"  thread {one.thread_run_number} ({one.thread_spec_name}) {one.text}" for one in found.threads
        ]
    return Text("\n".join(lines))

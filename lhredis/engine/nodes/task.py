"""task: calls a task and waits for the outcome of its last attempt (semantics.md 2.3, 4, 10)."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from lhredis.engine.called_task import DynamicTask, Task, compile_task
from lhredis.engine.effects import EnqueueTask, SetTimer
from lhredis.engine.events import TaskReported, TaskTimedOut, TimerFired, TimerKind
from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import VarSubError, coerce
from lhredis.engine.run import Attempt, NodeRun, TaskRun, ThreadRun
from lhredis.model.enums import LHErrorType, TaskStatus
from lhredis.model.nodes import Node, TaskNode
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

_ERRORS: dict[TaskStatus, str] = {
    TaskStatus.TASK_FAILED: LHErrorType.TASK_FAILURE.name,
    TaskStatus.TASK_TIMEOUT: LHErrorType.TIMEOUT.name,
    TaskStatus.TASK_OUTPUT_SERDE_ERROR: LHErrorType.VAR_MUTATION_ERROR.name,
    TaskStatus.TASK_INPUT_VAR_SUB_ERROR: LHErrorType.VAR_SUB_ERROR.name,
}
"""Final status of a TaskRun → the failure on its NodeRun."""


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> ValueType | None:
    assert node.task is not None
    if node.task.task_def_id is None:
        return None
    task_def = scope.task_defs.get(node.task.task_def_id.name)
    return scope.returned(task_def.return_type, "") if task_def is not None else None


def compile(spec: TaskNode, scope: Scope, path: str) -> Task | DynamicTask:
    return compile_task(spec, scope, path)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Task | DynamicTask) -> None:
    if type(body) is DynamicTask:
        body = called(step, thread, body)
    assert type(body) is Task
    if not body.exists:
        raise NodeFailed(LHErrorType.TASK_ERROR.name, _gone(body.task_def))
    inputs = tuple([get(thread) for _, get in body.inputs])
    node_run.task = TaskRun(body.task_def, inputs, [])
    schedule(step, thread, node_run, node_run.task, body)


def called(step: Step, thread: ThreadRun, body: DynamicTask) -> Task:
    """The task that is named now. VarSubError."""
    name = body.chosen(thread)
    task_def = step.world.task_def(name)
    if task_def is None:
        raise VarSubError(f"there is no TaskDef {name!r}")
    return body.calling(task_def, step.world.struct_defs)


def _gone(task_def: str) -> str:
    return f"TaskDef {task_def!r} does not exist any more, or came back with another signature"


def schedule(step: Step, thread: ThreadRun, node_run: NodeRun, task: TaskRun, body: Task) -> None:
    """Hand a new attempt to the workers."""
    token = _token(step, thread, node_run, len(task.attempts))
    task.attempts.append(Attempt(TaskStatus.TASK_SCHEDULED, token, step.now_ms))
    _enqueue(step, thread, node_run, task, body)


def _token(step: Step, thread: ThreadRun, node_run: NodeRun, attempt: int) -> str:
    """What only the holder of this attempt knows. One nonce makes the tokens of many attempts: none of
    them tells of the nonce, nor of another."""
    of = f"{step.nonce}/{step.run.id}/{thread.number}/{node_run.position}/{attempt}"
    return blake2b(of.encode(), digest_size=6).hexdigest()


def _enqueue(step: Step, thread: ThreadRun, node_run: NodeRun, task: TaskRun, body: Task) -> None:
    """Send the latest attempt; it ends here when a retry finds that its TaskDef was deleted meanwhile."""
    if not body.exists or len(body.inputs) != len(task.inputs):
        attempt = task.attempts[-1]
        attempt.status, attempt.token, attempt.ended_ms = TaskStatus.TASK_FAILED, "", step.now_ms
        attempt.error = (LHErrorType.TASK_ERROR.name, _gone(task.task_def))
        return
    step.effects.append(
        EnqueueTask(
            task.task_def,
            thread.number,
            node_run.position,
            len(task.attempts) - 1,
            task.attempts[-1].token,
            node_run.name,
            tuple(zip(body.names, task.inputs, strict=True)),
            body.timeout_ms,
        )
    )


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Task | DynamicTask) -> bool:
    assert node_run.task is not None
    attempt = node_run.task.attempts[-1]
    status = attempt.status
    if status is TaskStatus.TASK_SUCCESS:
        step.put_output(thread, node_run, attempt.output)
        return True
    if status is TaskStatus.TASK_SCHEDULED or status is TaskStatus.TASK_PENDING:
        return False
    if status is TaskStatus.TASK_EXCEPTION:
        assert attempt.exception is not None
        raise NodeFailed(*attempt.exception)
    assert attempt.error is not None
    raise NodeFailed(*attempt.error)


def reported(step: Step, event: TaskReported) -> bool:
    """A worker reported. A report for anything but the attempt at hand is late, double or forged."""
    found = _waiting(step, event, TaskStatus.TASK_SCHEDULED, event.token)
    if found is None:
        return False
    take_report(step, event, *found)
    return True


def take_report(
    step: Step, event: TaskReported, thread: ThreadRun, node_run: NodeRun, task: TaskRun, body: Task
) -> None:
    """The latest attempt ended as a worker says."""
    attempt = task.attempts[-1]
    attempt.token = ""
    attempt.started_ms, attempt.ended_ms = event.started_ms, step.now_ms
    attempt.worker_id, attempt.worker_version = event.worker_id, event.worker_version
    attempt.log = event.log
    attempt.status = event.status
    if event.status is TaskStatus.TASK_SUCCESS:
        _take_output(attempt, event.output, body)
    elif event.status is TaskStatus.TASK_EXCEPTION:
        attempt.exception = event.exception or ("unnamed", "", None)
    else:
        attempt.error = (_ERRORS[event.status], event.error or "")
    _retry(step, thread, node_run, task, body)


def _take_output(attempt: Attempt, output: Value, body: Task) -> None:
    try:
        attempt.output = coerce(output, body.returns) if body.returns is not None else output
    except VarSubError as error:
        attempt.status = TaskStatus.TASK_OUTPUT_SERDE_ERROR
        attempt.error = (_ERRORS[attempt.status], f"output of TaskDef {body.task_def!r}: {error}")


def timed_out(step: Step, event: TaskTimedOut) -> bool:
    """An attempt was claimed and not reported in time."""
    found = _waiting(step, event, TaskStatus.TASK_SCHEDULED, event.token)
    if found is None:
        return False
    take_timeout(step, event, *found)
    return True


def take_timeout(
    step: Step, event: TaskTimedOut, thread: ThreadRun, node_run: NodeRun, task: TaskRun, body: Task
) -> None:
    """The latest attempt was held for too long."""
    attempt = task.attempts[-1]
    attempt.token = ""
    attempt.status = TaskStatus.TASK_TIMEOUT
    attempt.started_ms, attempt.ended_ms, attempt.worker_id = event.started_ms, step.now_ms, event.worker_id
    attempt.error = (
        _ERRORS[attempt.status],
        f"no report within {body.timeout_ms / 1000:g} seconds of being claimed",
    )
    _retry(step, thread, node_run, task, body)


def _retry(step: Step, thread: ThreadRun, node_run: NodeRun, task: TaskRun, body: Task) -> None:
    """After an attempt ended: schedule the next one, now or later, if the policy has one."""
    delay_ms = body.retries.delay_ms(len(task.attempts), task.attempts[-1].status)
    if delay_ms is None:
        return
    if delay_ms == 0:
        schedule(step, thread, node_run, task, body)
        return
    task.attempts.append(Attempt(TaskStatus.TASK_PENDING, "", step.now_ms))
    number = len(task.attempts) - 1
    due_ms = step.now_ms + delay_ms
    step.effects.append(SetTimer(TimerKind.RETRY, thread.number, node_run.position, number, due_ms))


def retry_due(step: Step, event: TimerFired) -> bool:
    """The wait before a retry is over."""
    found = _waiting(step, event, TaskStatus.TASK_PENDING, "")
    if found is None:
        return False
    queue(step, *found)
    return True


def queue_again(step: Step, thread: ThreadRun, node_run: NodeRun) -> None:
    """The latest attempt is in no queue, or its retry in no timer: hand it to the workers now."""
    task = node_run.task
    assert task is not None
    queue(step, thread, node_run, task, _body_of(step, thread, node_run, task))


def queue(step: Step, thread: ThreadRun, node_run: NodeRun, task: TaskRun, body: Task) -> None:
    """Hand the latest attempt to the workers, with a token of its own."""
    attempt = task.attempts[-1]
    attempt.status, attempt.scheduled_ms = TaskStatus.TASK_SCHEDULED, step.now_ms
    attempt.token = _token(step, thread, node_run, len(task.attempts) - 1)
    _enqueue(step, thread, node_run, task, body)


def _waiting(
    step: Step, event: TaskReported | TaskTimedOut | TimerFired, status: TaskStatus, token: str
) -> tuple[ThreadRun, NodeRun, TaskRun, Task] | None:
    """The task whose latest attempt is the event's, in this status and with this token; or None."""
    thread = step.run.threads.get(event.thread)
    if thread is None or thread.position != event.position or thread.node is None:
        return None
    node_run = thread.node
    task = node_run.task
    if task is None or event.attempt != len(task.attempts) - 1:
        return None
    attempt = task.attempts[event.attempt]
    if attempt.status is not status or attempt.token != token:
        return None
    return thread, node_run, task, _body_of(step, thread, node_run, task)


def _body_of(step: Step, thread: ThreadRun, node_run: NodeRun, task: TaskRun) -> Task:
    body = step.node_program(thread, node_run).body
    return body if type(body) is Task else body_of(step, task, body)


def body_of(step: Step, task: TaskRun, body: Task | DynamicTask) -> Task:
    """The call that is under way, of the TaskDef as it is by now."""
    if type(body) is Task:
        return body
    assert type(body) is DynamicTask
    name = task.task_def
    task_def = step.world.task_def(name)
    try:
        return body.calling(task_def, step.world.struct_defs) if task_def is not None else body.missing(name)
    except VarSubError:
        return body.missing(name)

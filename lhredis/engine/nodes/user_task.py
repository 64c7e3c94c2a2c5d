"""user_task: waits for a person to fill in a form; what they filled in is the output (features.md 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.declared import EngineType
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.node_state import UserTask
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.engine.user_tasks import user_tasks
from lhredis.engine.user_tasks.form import UserTaskForm, compile_form
from lhredis.engine.user_tasks.user_tasks import Found
from lhredis.model.enums import LHErrorType, UserTaskRunStatus, UTHook
from lhredis.model.nodes import Node
from lhredis.model.user_task_nodes import UserTaskNode

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> EngineType | None:
    return T.JSON_OBJ


def compile(spec: UserTaskNode, scope: Scope, path: str) -> UserTaskForm:
    return compile_form(spec, scope, path)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: UserTaskForm) -> None:
    if body.fields is None:
        which = f"{body.user_task_def!r} {body.version}"
        raise NodeFailed(LHErrorType.TASK_ERROR.name, f"UserTaskDef {which} does not exist any more")
    task = UserTask(body.user_task_def, body.version, step.now_ms)
    found = Found(thread, node_run, task, body)
    try:
        user_id, user_group = body.assignee.of(thread)
        task.notes = _notes(thread, body)
        user_tasks.note_assignment(step, task, user_id, user_group)
        user_tasks.set_hooks(step, found, UTHook.ON_ARRIVAL)
        if user_id is not None:
            user_tasks.set_hooks(step, found, UTHook.ON_TASK_ASSIGNED)
    except VarSubError as error:
        raise NodeFailed(LHErrorType.VAR_ERROR.name, str(error)) from None
    node_run.state = task


def _notes(thread: ThreadRun, body: UserTaskForm) -> str | None:
    notes = body.notes(thread) if body.notes is not None else None
    if notes is not None and type(notes) is not str:
        raise VarSubError(f"notes are a STR; got {type_name(notes)}")
    return notes


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: UserTaskForm) -> bool:
    task = node_run.state
    assert isinstance(task, UserTask)
    if task.failure is not None:
        raise NodeFailed(*task.failure)
    if task.status is not UserTaskRunStatus.DONE:
        return False
    step.put_output(thread, node_run, task.results)
    return True

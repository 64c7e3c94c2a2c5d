"""form: what a USER_TASK node asks for, of whom, and what happens when it takes long: compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lhredis.engine.called_task import DynamicTask, Task, compile_task
from lhredis.engine.language.declared import type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.kinds import PRIMITIVE, type_name
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError
from lhredis.engine.run import ThreadRun
from lhredis.errors import InvalidSpec, Problem
from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import LHErrorType, UTHook, VariableType
from lhredis.model.ids import check_name
from lhredis.model.limits import SLEEP_SECONDS_MAX, USER_TASK_TEXT_CHARS_MAX
from lhredis.model.user_task_def import UserTaskField
from lhredis.model.user_task_nodes import UserTaskNode, UTActionTrigger
from lhredis.model.values import Value


@dataclass(slots=True, frozen=True)
class Assignee:
    """Who gets it: each of the two may be nobody."""

    user_id: Getter | None
    user_group: Getter | None

    def of(self, thread: ThreadRun) -> tuple[str | None, str | None]:
        """The user and the group as they are now. VarSubError when that is nobody."""
        user_id = _person(thread, self.user_id, "Invalid user task assignment. UserId")
        user_group = _person(thread, self.user_group, "Invalid group task assignment. UserGroup")
        if user_id is None and user_group is None:
            raise VarSubError("Invalid user task assignment")
        return user_id, user_group


def _person(thread: ThreadRun, get: Getter | None, what: str) -> str | None:
    value = get(thread) if get is not None else None
    if value is None:
        return None
    if type(value) is not str:
        raise VarSubError(f"{what} is a STR; got {type_name(value)}")
    if not value.strip():
        raise VarSubError(f"{what} can't be empty")
    if len(value) > USER_TASK_TEXT_CHARS_MAX:
        raise VarSubError(f"{what} has at most {USER_TASK_TEXT_CHARS_MAX} characters; got {len(value)}")
    return value


@dataclass(slots=True, frozen=True)
class Action:
    """A reminder if it has a `task`, a reassignment if it has an `assignee`, else the cancellation."""

    hook: UTHook
    delay: Getter
    task: Task | DynamicTask | None
    assignee: Assignee | None

    @property
    def ends_with_assignment(self) -> bool:
        """Is it off as soon as somebody else has the user task?"""
        return self.assignee is not None or (self.task is None and self.hook is UTHook.ON_TASK_ASSIGNED)

    def delay_ms(self, thread: ThreadRun) -> int:
        """How long from now on. VarSubError."""
        seconds = self.delay(thread)
        if type(seconds) is not int:
            raise VarSubError(f"delay_seconds is an INT; got {type_name(seconds)}")
        if seconds > SLEEP_SECONDS_MAX:
            raise VarSubError(f"delay_seconds is at most {SLEEP_SECONDS_MAX}; got {seconds}")
        return max(seconds, 0) * 1000


@dataclass(slots=True, frozen=True)
class UserTaskForm:
    """`fields` is None when this version of the UserTaskDef was deleted since the spec was registered."""

    user_task_def: str
    version: int
    fields: Mapping[str, UserTaskField] | None
    assignee: Assignee
    notes: Getter | None
    exception_name: Getter | None
    actions: tuple[Action, ...]

    def checked(self, results: Mapping[str, Value], partial: bool) -> dict[str, Value]:
        """The results in the order of the fields, without nulls. InvalidSpec names everything that is
        wrong with them; what is missing is wrong unless they are `partial`."""
        fields = self.fields or {}
        problems = [
            Problem(f"results.{name}", f"there is no such field; there are: {', '.join(fields) or 'none'}")
            for name in results
            if name not in fields
        ]
        found: dict[str, Value] = {}
        for name, field in fields.items():
            value = results.get(name)
            if value is None:
                if field.required and not partial:
                    problems.append(Problem(f"results.{name}", f"is required ({field.type.name})"))
                continue
            kind = PRIMITIVE[type(value)]
            if kind is T.INT and field.type is T.DOUBLE and type(value) is int:
                value = float(value)
            elif kind is not field.type:
                problems.append(
                    Problem(f"results.{name}", f"expected {field.type.name}; got {type_name(value)}")
                )
            found[name] = value
        if problems:
            raise InvalidSpec(problems)
        return found

    def failure(self, thread: ThreadRun) -> tuple[str, str]:
        """(name, message) of what the node fails with when the user task is cancelled."""
        message = "the user task was cancelled"
        if self.exception_name is None:
            return LHErrorType.USER_TASK_CANCELLED.name, message
        try:
            return _exception_name(self.exception_name(thread)), message
        except (VarSubError, ValueError) as error:
            return LHErrorType.VAR_ERROR.name, f"{message}; on_cancellation_exception_name: {error}"


def _exception_name(name: Value) -> str:
    if type(name) is not str:
        raise VarSubError(f"the name of an exception is a STR; got {type_name(name)}")
    if name in LHErrorType.__members__:
        raise VarSubError(f"{name} is reserved for technical errors")
    return check_name(name)


def compile_form(spec: UserTaskNode, scope: Scope, path: str) -> UserTaskForm:
    """What the node does; problems go to the scope."""
    name, version = spec.user_task_def_name, spec.user_task_def_version
    user_task_def = scope.user_task_defs.get((name, version)) if version is not None else None
    if user_task_def is None and scope.strict:
        which = f"{name!r}" if version is None else f"{name!r} {version}"
        scope.problem(f"{path}.user_task_def_name", f"could not find UserTaskDef {which}")
    if spec.user_id is None and spec.user_group is None:
        scope.problem(path, "give user_id, user_group or both")
    return UserTaskForm(
        name,
        version if version is not None else 0,
        {field.name: field for field in user_task_def.fields} if user_task_def is not None else None,
        _assignee(spec.user_id, spec.user_group, scope, path),
        _text(spec.notes, scope, f"{path}.notes"),
        _compiled_exception_name(spec.on_cancellation_exception_name, scope, path),
        tuple(_action(action, scope, f"{path}.actions[{i}]") for i, action in enumerate(spec.actions)),
    )


def _compiled_exception_name(assignment: VariableAssignment | None, scope: Scope, path: str) -> Getter | None:
    at = f"{path}.on_cancellation_exception_name"
    get = _text(assignment, scope, at)
    if assignment is not None and assignment.source == "literal_value":
        try:
            _exception_name(assignment.literal_value)
        except (VarSubError, ValueError) as error:
            scope.problem(at, str(error))
    return get


def _assignee(
    user_id: VariableAssignment | None, user_group: VariableAssignment | None, scope: Scope, path: str
) -> Assignee:
    return Assignee(_text(user_id, scope, f"{path}.user_id"), _text(user_group, scope, f"{path}.user_group"))


def _action(spec: UTActionTrigger, scope: Scope, path: str) -> Action:
    delay = _typed(spec.delay_seconds, T.INT, scope, f"{path}.delay_seconds")
    task = assignee = None
    if spec.task is not None:
        task = compile_task(spec.task.task, scope, f"{path}.task.task")
    elif spec.reassign is not None:
        to = spec.reassign
        assignee = _assignee(to.user_id, to.user_group, scope, f"{path}.reassign")
    return Action(spec.hook, delay, task, assignee)


def _text(assignment: VariableAssignment | None, scope: Scope, path: str) -> Getter | None:
    return _typed(assignment, T.STR, scope, path) if assignment is not None else None


def _typed(assignment: VariableAssignment, wanted: VariableType, scope: Scope, path: str) -> Getter:
    typed = compile_assignment(assignment, scope, path)
    if typed.type not in (None, wanted):
        scope.problem(path, f"this has to be a {wanted.name}; it is {type_text(typed.type)}")
    return typed.get

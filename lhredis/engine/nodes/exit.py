"""exit: ends a ThreadRun, with an output or with a failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine.failures import NodeFailed
from lhredis.engine.halting import followers_of, is_over
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import VarSubError
from lhredis.engine.run import NodeRun, Run, ThreadRun
from lhredis.model.enums import FAILED_STATUSES, LHErrorType, ThreadType
from lhredis.model.failures import FailureDef
from lhredis.model.ids import check_name
from lhredis.model.nodes import ExitNode, Node
from lhredis.model.value_types import ValueType

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


@dataclass(slots=True, frozen=True)
class Exit:
    """`get` gives the thread's output, or the content of the failure when `failure` is there."""

    failure: FailureDef | None
    get: Getter | None
    return_type: ValueType | None


def has_output(node: Node, scope: Scope) -> bool:
    return False


def compile(spec: ExitNode, scope: Scope, path: str) -> Exit:
    if spec.failure_def is None:
        if spec.return_content is None:
            return Exit(None, None, None)
        typed = compile_assignment(spec.return_content, scope, f"{path}.return_content")
        return Exit(None, typed.get, typed.type)
    failure = spec.failure_def
    _check_failure_name(failure.failure_name, scope, f"{path}.failure_def.failure_name")
    get = None
    if failure.content is not None:
        get = compile_assignment(failure.content, scope, f"{path}.failure_def.content").get
    return Exit(failure, get, None)


def _check_failure_name(name: str, scope: Scope, path: str) -> None:
    if name in LHErrorType.__members__:
        scope.problem(path, f"{name} is reserved for technical errors: take another name")
        return
    try:
        check_name(name)
    except ValueError as error:
        scope.problem(path, str(error))


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Exit) -> None:
    if body.failure is not None:
        content = body.get(thread) if body.get is not None else None
        raise NodeFailed(body.failure.failure_name, body.failure.message, content)


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Exit) -> bool:
    if len(step.run.threads) > 1:
        if not are_followers_over(step.run, thread):
            return False
        _look_at_children(step.run, thread)
    if body.get is not None:
        try:
            thread.output = body.get(thread)
        except VarSubError as error:
            raise NodeFailed(LHErrorType.VAR_ERROR.name, f"return value: {error}") from None
    return True


def are_followers_over(run: Run, thread: ThreadRun) -> bool:
    """EXIT waits for the children, and for handlers of children that failed: also an EXIT that failed, and
    whose failure was handled or is skipped, since a child may have been rescued meanwhile."""
    return all(is_over(each) for each in followers_of(run, thread))


def _look_at_children(run: Run, thread: ThreadRun) -> None:
    """EXIT fails for children whose failure nobody handled (semantics.md 3.6). The failure of a handler of
    a child is that child's; a thread that was rescued after it had died of its handler is done with that."""
    failed = [
        child.number
        for child in run.threads.values()
        if child.parent is thread
        and child.type is ThreadType.CHILD
        and child.status in FAILED_STATUSES
        and child.number not in thread.handled_children
    ]
    if failed:
        numbers = ", ".join(map(str, failed))
        raise NodeFailed(LHErrorType.CHILD_FAILURE.name, f"child threads failed: {numbers}")

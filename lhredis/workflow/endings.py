"""endings: end a thread, with an output or with a failure."""

from __future__ import annotations

from typing import Any

from lhredis.model.enums import LHErrorType
from lhredis.model.failures import FailureDef
from lhredis.model.ids import check_name
from lhredis.model.nodes import ExitNode
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.operand import as_operand
from lhredis.workflow.thread_draft import ThreadDraft


class Endings(ThreadDraft):
    """EXIT nodes. Inside a branch they end only that branch's way; nothing may follow them."""

    def complete(self, output: object = None) -> None:
        """End the thread, with `output` as its result unless that is None."""
        given: dict[str, Any] = (
            {} if output is None else {"return_content": as_operand(output).assignment_in(self)}
        )
        self._exit("exit", make(ExitNode, **given))

    def fail(self, failure_name: str, message: str, output: object = None) -> None:
        """End the thread with a business EXCEPTION; `output` is what its handler gets as INPUT."""
        given: dict[str, Any] = {"failure_name": check_exception_name(failure_name), "message": message}
        if output is not None:
            given["content"] = as_operand(output).assignment_in(self)
        self._exit(failure_name, make(ExitNode, failure_def=make(FailureDef, **given)))


def check_exception_name(name: str) -> str:
    """Return `name`, or raise WorkflowBuildError: it is a name, and none of the reserved ERRORs."""
    if not isinstance(name, str):
        raise WorkflowBuildError(f"the name of an exception is a str; got {type(name).__name__}")
    if name in LHErrorType.__members__:
        raise WorkflowBuildError(
            f"{name} is reserved for technical errors; an exception needs a name of its own"
        )
    return checked(lambda: check_name(name))

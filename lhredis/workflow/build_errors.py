"""build_errors: say what is wrong in a workflow function, and on which line of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from lhredis.errors import InvalidArgument
from lhredis.model.ids import Model

_PACKAGE = str(Path(__file__).parent)

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class WorkflowBuildError(InvalidArgument):
    """A workflow function is wrong. `str(error)` is `file:line: problem`.

    `file` and `line` are those of the innermost call that was made outside of this package,
    which is the line of the user's function that has to change; `place` is given where it is
    known better.
    """

    def __init__(self, problem: str, place: tuple[str, int] | None = None) -> None:
        self.problem = problem
        self.file, self.line = place or user_place()
        super().__init__(f"{self.file}:{self.line}: {problem}")


class NotKnownYet(WorkflowBuildError, TypeError):
    """Python asked for a value that exists only while a WfRun runs (`if x > 3:`, `for y in x:`)."""


def user_place() -> tuple[str, int]:
    """File and line of the innermost frame outside of this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and str(Path(frame.f_code.co_filename).parent) == _PACKAGE:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def make(model: type[M], **given: Any) -> M:
    """`model(**given)`; what the model refuses becomes a WorkflowBuildError."""
    return checked(lambda: model(**given))


def checked(call: Callable[[], T]) -> T:
    """`call()`, with its ValueError turned into a WorkflowBuildError."""
    try:
        return call()
    except ValueError as error:
        raise WorkflowBuildError(_sentence(error)) from None


def _sentence(error: ValueError) -> str:
    """One line for a plain ValueError, or for the several problems of a refused model."""
    problems = getattr(error, "errors", None)
    if problems is None:
        return str(error)
    return "; ".join(
        ": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))))
        for one in problems()
    )

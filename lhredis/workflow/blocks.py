"""blocks: the `with` blocks of a workflow function."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from lhredis.workflow.build_errors import WorkflowBuildError, user_place

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft


T = TypeVar("T")


class Block(Generic[T]):
    """What `wf.if_(...)` and the like return: `with` runs `enter` before the block, `leave` after it.

    What `enter` returns is what `with … as` names: the thread to write on, where a block has its own.
    """

    def __init__(
        self, thread: ThreadDraft, what: str, enter: Callable[[], T], leave: Callable[[], None]
    ) -> None:
        thread._check_active()
        thread._unentered = self
        self.what = what
        self._thread = thread
        self._enter = enter
        self._leave = leave
        self.place = user_place()

    def __enter__(self) -> T:
        if self._thread._unentered is not self:
            raise WorkflowBuildError(f"{self} is entered twice")
        self._thread._unentered = None
        return self._enter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._leave()

    def __str__(self) -> str:
        file, line = self.place
        return f"{self.what}() of {file}:{line}"

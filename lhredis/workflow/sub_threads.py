"""sub_threads: describe a thread inside of another one, by a function or in a `with` block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from lhredis.model.ids import check_name
from lhredis.model.types import INPUT
from lhredis.workflow.blocks import Block
from lhredis.workflow.build_errors import WorkflowBuildError, checked
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction
from lhredis.workflow.thread_functions import check_thread_function


class SubThreads(ThreadDraft):
    """What children, failure handlers and interrupt handlers share. They see this thread's variables."""

    def _described(self, name: str, function: ThreadFunction, parent: ThreadDraft | None = None) -> Self:
        """The thread that `function` describes."""
        check_thread_function(function)
        thread = self._new_thread(name, parent)
        thread._run(function)
        return thread

    def _thread_block(
        self, what: str, name: str, finish: Callable[[Self], None], parent: ThreadDraft | None = None
    ) -> Block[Self]:
        """A `with` block on a new thread; `finish` gets it once it is described."""
        begun: list[Self] = []

        def leave() -> None:
            thread = begun.pop()
            thread._close()
            finish(thread)

        return Block(self, what, lambda: self._begin_thread(name, parent, begun), leave)

    def _begin_thread(self, name: str, parent: ThreadDraft | None, begun: list[Self]) -> Self:
        thread = self._new_thread(name, parent)
        thread._open()
        begun.append(thread)
        return thread

    def _new_thread(self, name: str, parent: ThreadDraft | None = None) -> Self:
        self._check_active()
        if not isinstance(name, str):
            raise WorkflowBuildError(f"the name of a thread is a str; got {type(name).__name__}")
        checked(lambda: check_name(name))
        if name in self._spec.threads:
            raise WorkflowBuildError(f"there is a thread {name!r} already; each has a name of its own")
        return type(self)(self._spec, name, parent or self)

    def _check_handler_inputs(self) -> None:
        """A handler gets nothing but INPUT: no other variable of it can be required."""
        for name, variable in self._variables.items():
            if variable._draft.required and name != INPUT:
                raise WorkflowBuildError(
                    f"the variable {name!r} cannot be required: a handler is started with {INPUT} only",
                    self._spec.variable_places[name],
                )

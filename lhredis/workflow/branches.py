"""branches: if, else if and else, as functions and as `with` blocks."""

from __future__ import annotations

from lhredis.model.nodes import NopNode
from lhredis.workflow.blocks import Block
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.conditions import check_condition
from lhredis.workflow.graph import EdgeDraft
from lhredis.workflow.operand import Operand
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction
from lhredis.workflow.thread_functions import check_thread_function


class Branches(ThreadDraft):
    """A NOP whose edges lead into the branches, tried in order, and a NOP where they meet again."""

    def do_if(
        self, condition: Operand, if_body: ThreadFunction, else_body: ThreadFunction | None = None
    ) -> WorkflowIfStatement:
        """Do what `if_body` says if `condition` (a BOOL) is true, else what `else_body` says.

        Go on with `.do_else_if(condition, body)` and `.do_else(body)` on what is returned.
        """
        check_thread_function(if_body)
        statement = WorkflowIfStatement(self)
        statement._add_branch("do_if", condition, if_body)
        if else_body is not None:
            statement.do_else(else_body)
        return statement

    def if_(self, condition: Operand) -> Block[None]:
        """`with wf.if_(x > 3):` what happens only if the condition (a BOOL) is true."""
        return WorkflowIfStatement(self)._block("if_", check_condition(condition))

    def elif_(self, condition: Operand) -> Block[None]:
        """`with wf.elif_(x > 2):` right after an `if_` or `elif_` block: if none before was taken."""
        return self._statement_before("elif_")._block("elif_", check_condition(condition))

    def else_(self) -> Block[None]:
        """`with wf.else_():` right after an `if_` or `elif_` block: if none before was taken."""
        return self._statement_before("else_")._block("else_", None)

    def _statement_before(self, what: str) -> WorkflowIfStatement:
        if self._open_if is None:
            raise WorkflowBuildError(
                f"{what}() has to follow an if_() or elif_() block directly, on the same level"
            )
        return self._open_if


class WorkflowIfStatement:
    """What `do_if` returns: add branches to it before anything else follows in the thread."""

    def __init__(self, thread: ThreadDraft) -> None:
        self._thread = thread
        self._started = False
        self._has_else = False
        self._ends: list[EdgeDraft] = []

    def do_else_if(self, condition: Operand, body: ThreadFunction) -> WorkflowIfStatement:
        """Do what `body` says if no branch before was taken and `condition` is true."""
        self._check_open("do_else_if")
        self._add_branch("do_else_if", condition, body)
        return self

    def do_else(self, body: ThreadFunction) -> None:
        """Do what `body` says if no branch before was taken."""
        self._check_open("do_else")
        check_thread_function(body)
        with self._block("do_else", None):
            body(self._thread)

    def _add_branch(self, what: str, condition: Operand, body: ThreadFunction) -> None:
        check_thread_function(body)
        with self._block(what, check_condition(condition)):
            body(self._thread)

    def _check_open(self, what: str) -> None:
        if self._thread._open_if is not self:
            raise WorkflowBuildError(
                f"{what}() has to follow its do_if() directly; something else was added between"
            )

    def _block(self, what: str, condition: Operand | None) -> Block[None]:
        """One branch; without a condition it is the else branch."""
        return Block(self._thread, what, lambda: self._enter(what, condition), self._leave)

    def _enter(self, what: str, condition: Operand | None) -> None:
        if self._has_else:
            raise WorkflowBuildError(f"{what}() cannot follow the else branch, which takes all that is left")
        thread = self._thread
        test = None if condition is None else condition.assignment_in(thread)
        if not self._started:
            self._start = thread._add("nop", "nop", NopNode())
            self._started = True
        thread._open_if = None
        self._has_else = condition is None
        thread._tail = self._start.open_edge(test)

    def _leave(self) -> None:
        thread = self._thread
        thread._settle()
        if thread._tail is not None:
            self._ends.append(thread._tail)
        thread._tail = None
        thread._open_if = self

    def _close(self) -> EdgeDraft | None:
        """Join the branches; the edge to what follows, or None if every branch ended its thread."""
        if not self._has_else:
            self._ends.append(self._start.open_edge())
        return self._thread._join(self._ends).open_edge() if self._ends else None

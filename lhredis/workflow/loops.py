"""loops: while, as a function and as a `with` block."""

from __future__ import annotations

from lhredis.model.nodes import NopNode
from lhredis.workflow.blocks import Block
from lhredis.workflow.conditions import check_condition
from lhredis.workflow.graph import NodeDraft
from lhredis.workflow.operand import Literal, Operand
from lhredis.workflow.thread_draft import ThreadDraft, ThreadFunction
from lhredis.workflow.thread_functions import check_thread_function


class Loops(ThreadDraft):
    """A NOP that leads into the body or past it, and a NOP after the body that leads back."""

    def do_while(self, condition: Operand | bool, while_body: ThreadFunction) -> None:
        """Do what `while_body` says as long as `condition` (a BOOL) is true; perhaps never.

        `True` loops until the body calls `complete()` or `fail()`.
        """
        check_thread_function(while_body)
        with self._while_block("do_while", condition):
            while_body(self)

    def while_(self, condition: Operand | bool) -> Block[None]:
        """`with wf.while_(x > 0):` what is done as long as the condition is true."""
        return self._while_block("while_", condition)

    def _while_block(self, what: str, condition: Operand | bool) -> Block[None]:
        forever = condition is True
        test = Literal(True) if forever else check_condition(condition)
        stop = Literal(False) if forever else test.negate()
        starts: list[NodeDraft] = []

        def enter() -> None:
            starts.append(self._enter_loop(test))

        return Block(self, what, enter, lambda: self._leave_loop(starts.pop(), test, stop))

    def _enter_loop(self, test: Operand) -> NodeDraft:
        condition = test.assignment_in(self)
        start = self._add("nop", "nop", NopNode())
        self._tail = start.open_edge(condition)
        return start

    def _leave_loop(self, start: NodeDraft, test: Operand, stop: Operand) -> None:
        """Two NOPs, as an edge from a node to itself is refused even when the body is empty."""
        self._settle()
        body_ends = [] if self._tail is None else [self._tail]
        end = self._join([*body_ends, start.open_edge(stop.assignment_in(self))])
        end.open_edge(test.assignment_in(self)).sink = start
        self._tail = end.open_edge()

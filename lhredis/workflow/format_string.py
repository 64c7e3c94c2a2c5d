"""format_string: text with numbered places that values fill while a WfRun runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lhredis.model.assignments import FormatString, VariableAssignment
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.operand import Literal, Operand, as_operand

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft

_PLACE = re.compile(r"\{(\d+)\}", re.ASCII)


class LHFormatString(Operand):
    """`LHFormatString("Hello {0}", name)`: a STR in which `{0}`, `{1}` … are replaced by `args`.

    Raises WorkflowBuildError when a place has no argument, or an argument has only `{}` to go to.
    """

    def __init__(self, format: str, *args: object) -> None:
        if not isinstance(format, str):
            raise WorkflowBuildError(f"a format is a str; got {type(format).__name__}")
        places = {int(number) for number in _PLACE.findall(format)}
        if "{}" in format and len(places) < len(args):
            raise WorkflowBuildError("places in a format are numbered: {0}, {1}; got {}")
        if places and max(places) >= len(args):
            raise WorkflowBuildError(
                f"the format has a place {{{max(places)}}}; arguments given: {len(args)}"
            )
        self.format = Literal(format)
        self.args = tuple(as_operand(arg) for arg in args)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        format_string = make(
            FormatString,
            format=self.format.assignment_in(thread),
            args=tuple(arg.assignment_in(thread) for arg in self.args),
        )
        return make(VariableAssignment, format_string=format_string)

"""sleeps: wait for a length of time, or until a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import VariableType
from lhredis.model.limits import SLEEP_SECONDS_MAX
from lhredis.model.nodes import SleepNode
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.known_types import check_type
from lhredis.workflow.node_output import NodeWithoutOutput
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.thread_draft import ThreadDraft


class Sleeps(ThreadDraft):
    """SLEEP nodes."""

    def sleep(self, seconds: int | timedelta | Operand) -> NodeWithoutOutput:
        """Wait for whole seconds: an int, a timedelta, or an INT of the WfRun. 0 goes on at once."""
        return self._sleep("raw_seconds", whole_seconds("a sleep", seconds, 0))

    def sleep_until(self, timestamp: int | datetime | Operand) -> NodeWithoutOutput:
        """Wait until a moment: an aware datetime, or milliseconds since the epoch; or a TIMESTAMP or
        an INT of the WfRun. A moment in the past goes on at once."""
        if not isinstance(timestamp, Operand | datetime) and type(timestamp) is not int:
            raise WorkflowBuildError(
                f"a moment is a datetime or an int of milliseconds since the epoch; got {timestamp!r}"
            )
        moment = check_type("a moment", as_operand(timestamp), VariableType.TIMESTAMP, VariableType.INT)
        return self._sleep("timestamp", moment)

    def sleep_until_date(self, iso_date: str | Operand) -> NodeWithoutOutput:
        """Wait until a moment in ISO 8601 (`2026-01-02T03:04:05Z`): a str, or a STR of the WfRun.

        Without a time zone it is in UTC.
        """
        date = check_type("an ISO date", as_operand(iso_date), VariableType.STR)
        if isinstance(iso_date, str):
            checked(lambda: datetime.fromisoformat(iso_date))
        return self._sleep("iso_date", date)

    def _sleep(self, form: str, length: Operand) -> NodeWithoutOutput:
        assignment: VariableAssignment = length.assignment_in(self)
        return NodeWithoutOutput(self._step("sleep", "sleep", make(SleepNode, **{form: assignment})), self)


def whole_seconds(what: str, length: int | timedelta | Operand, seconds_min: int) -> Operand:
    """A length of time, in seconds: WorkflowBuildError unless it is a whole number in the limits, or an
    INT of the WfRun."""
    if isinstance(length, Operand):
        return check_type(what, length, VariableType.INT)
    seconds = length / timedelta(seconds=1) if isinstance(length, timedelta) else length
    if isinstance(seconds, float) and isinstance(length, timedelta) and seconds.is_integer():
        seconds = int(seconds)
    if type(seconds) is not int:
        raise WorkflowBuildError(f"{what} is an int of whole seconds; got {length!r}")
    if not seconds_min <= seconds <= SLEEP_SECONDS_MAX:
        raise WorkflowBuildError(
            f"{what} takes from {seconds_min} to {SLEEP_SECONDS_MAX} seconds; got {seconds}"
        )
    return as_operand(seconds)

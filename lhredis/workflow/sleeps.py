"""sleeps: wait for a length of time, or until a moment."""

from __future__ import annotations

from datetime import datetime

from lhredis.model.assignments import VariableAssignment
from lhredis.model.limits import SLEEP_SECONDS_MAX
from lhredis.model.nodes import SleepNode
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.thread_draft import ThreadDraft


class Sleeps(ThreadDraft):
    """SLEEP nodes."""

    def sleep(self, seconds: int | Operand) -> None:
        """Wait for whole seconds: an int, or an INT of the WfRun. 0 goes on at once."""
        if not isinstance(seconds, Operand):
            _check_int("seconds", seconds)
            if not 0 <= seconds <= SLEEP_SECONDS_MAX:
                raise WorkflowBuildError(
                    f"a sleep takes from 0 to {SLEEP_SECONDS_MAX} seconds; got {seconds}"
                )
        self._sleep("raw_seconds", seconds)

    def sleep_until(self, timestamp: int | datetime | Operand) -> None:
        """Wait until a moment: an aware datetime, or milliseconds since the epoch; or a TIMESTAMP or
        an INT of the WfRun. A moment in the past goes on at once."""
        if not isinstance(timestamp, Operand | datetime):
            _check_int("a moment in milliseconds since the epoch", timestamp)
        self._sleep("timestamp", timestamp)

    def sleep_until_date(self, iso_date: str | Operand) -> None:
        """Wait until a moment in ISO 8601 (`2026-01-02T03:04:05Z`): a str, or a STR of the WfRun.

        Without a time zone it is in UTC.
        """
        if not isinstance(iso_date, Operand):
            if not isinstance(iso_date, str):
                raise WorkflowBuildError(f"a date is a str; got {type(iso_date).__name__}")
            checked(lambda: datetime.fromisoformat(iso_date))
        self._sleep("iso_date", iso_date)

    def _sleep(self, form: str, length: object) -> None:
        assignment: VariableAssignment = as_operand(length).assignment_in(self)
        self._step("sleep", "sleep", make(SleepNode, **{form: assignment}))


def _check_int(what: str, value: object) -> None:
    if type(value) is not int:
        raise WorkflowBuildError(f"{what}: an int is needed; got {value!r}")

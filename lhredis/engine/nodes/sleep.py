"""sleep: waits for seconds, until a time, or until an ISO date (features.md 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from lhredis.engine.effects import ClearTimer, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.limits import SLEEP_SECONDS_MAX
from lhredis.model.nodes import Node, SleepNode
from lhredis.model.values import Value

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS, _END_MS = -62_135_596_800_000, 253_402_300_800_000
"""The years 1 to 9999, which all times that people see lie in."""


@dataclass(slots=True, frozen=True)
class Sleep:
    """`matures_ms(value, now_ms)` gives the time to wake up. A `moving` one is read again on every
    advance, so that whatever changes the variable moves the wake-up."""

    get: Getter
    matures_ms: Callable[[Value, int], int]
    moving: bool


def has_output(node: Node, scope: Scope) -> bool:
    return False


def compile(spec: SleepNode, scope: Scope, path: str) -> Sleep:
    forms = (
        ("raw_seconds", spec.raw_seconds, (T.INT,), _after_seconds, False),
        ("timestamp", spec.timestamp, (T.INT, T.TIMESTAMP), _at_timestamp, True),
        ("iso_date", spec.iso_date, (T.STR,), _at_iso_date, True),
    )
    name, assignment, types, matures_ms, moving = next(form for form in forms if form[1] is not None)
    assert assignment is not None
    get, kind, _ = compile_assignment(assignment, scope, f"{path}.{name}")
    if kind is not None and kind not in types:
        wanted = " or ".join(wanted.name for wanted in types)
        scope.problem(f"{path}.{name}", f"{name} is {wanted}; this is {kind.name}")
    return Sleep(get, matures_ms, moving)


def _after_seconds(value: Value, now_ms: int) -> int:
    if type(value) is not int:
        raise VarSubError(f"a sleep takes INT seconds; got {type_name(value)}")
    if value > SLEEP_SECONDS_MAX:
        raise VarSubError(f"a sleep lasts at most {SLEEP_SECONDS_MAX} seconds; got {value}")
    return now_ms + max(value, 0) * 1000


def _at_timestamp(value: Value, now_ms: int) -> int:
    if type(value) is int:
        return _in_these_years(value)
    if isinstance(value, datetime):
        return _in_these_years(_ceil_ms(value))
    raise VarSubError(f"a sleep ends at an INT (epoch ms) or a TIMESTAMP; got {type_name(value)}")


def _at_iso_date(value: Value, now_ms: int) -> int:
    if type(value) is not str:
        raise VarSubError(f"an ISO date is a STR; got {type_name(value)}")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise VarSubError(f"not an ISO date: {value!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _in_these_years(_ceil_ms(moment))


def _ceil_ms(moment: datetime) -> int:
    """The first whole millisecond that is not before the moment: a sleep is never early."""
    return -((_EPOCH - moment) // timedelta(milliseconds=1))


def _in_these_years(due_ms: int) -> int:
    """The very end of 9999 is what programs say for never."""
    if due_ms > _END_MS:
        raise VarSubError(f"a sleep ends in the year 9999 at the latest; asked for until {due_ms} ms")
    return min(max(due_ms, _FIRST_MS), _END_MS - 1)


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Sleep) -> None:
    _set(step, thread, node_run, body.matures_ms(body.get(thread), step.now_ms))


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Sleep) -> bool:
    assert node_run.due_ms is not None
    if body.moving:
        due_ms = body.matures_ms(body.get(thread), step.now_ms)
        if due_ms != node_run.due_ms:
            step.effects.append(ClearTimer(TimerKind.NODE_DUE, thread.number, node_run.position, 0))
            _set(step, thread, node_run, due_ms)
    return step.now_ms >= node_run.due_ms


def _set(step: Step, thread: ThreadRun, node_run: NodeRun, due_ms: int) -> None:
    node_run.due_ms = due_ms
    if due_ms > step.now_ms:
        step.effects.append(SetTimer(TimerKind.NODE_DUE, thread.number, node_run.position, 0, due_ms))

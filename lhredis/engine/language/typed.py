"""typed: compiled assignments: functions of a ThreadRun, with what is known of the type they give."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lhredis.engine.language.kinds import T, VarSubError, usable_as
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import cast, coerce
from lhredis.engine.run import ThreadRun
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value

Getter = Callable[[ThreadRun], Value]
"""Finds a value for a ThreadRun; raises VarSubError when it cannot."""


class Typed(NamedTuple):
    """A compiled assignment. `type` is None when only the run can tell; `truncates` marks untyped
    arithmetic, whose DOUBLE result may become an INT (semantics.md 12)."""

    get: Getter
    type: ValueType | None
    truncates: bool = False


def constant(value: Value, kind: ValueType | None) -> Typed:
    """The same value for every ThreadRun."""
    return Typed(lambda thread: value, kind)


def truncated(typed: Typed, target: ValueType | None, thread: ThreadRun) -> Value:
    """What an assignment gives; the DOUBLE of untyped arithmetic as an INT, where one is wanted."""
    value = typed.get(thread)
    if typed.truncates and target is T.INT and type(value) is float:
        return cast(value, target)
    return value


def converted(typed: Typed, target: ValueType, scope: Scope, path: str, what: str) -> Getter:
    """A getter whose value fits `target`, checked now if the type is known, else at run time."""
    get, kind, _ = typed
    if kind == target:
        return get
    if kind is not None and not usable_as(kind, target):
        scope.problem(
            path,
            f"Cannot assign {kind.name} to {target.name} without explicit casting ({what} is {target.name})",
        )
        return get

    def get_converted(thread: ThreadRun) -> Value:
        value = truncated(typed, target, thread)
        try:
            return coerce(value, target)
        except VarSubError as error:
            raise VarSubError(f"{what}: {error}") from None

    return get_converted

"""literals: values that are written in a spec."""

from __future__ import annotations

from lhredis.engine.language.kinds import VarSubError, type_of
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.typed import Typed, constant
from lhredis.engine.language.values import coerce
from lhredis.engine.run import ThreadRun
from lhredis.model.enums import VariableType
from lhredis.model.value_types import ValueType
from lhredis.model.values import Value


def literal(value: Value, scope: Scope, path: str, wanted: tuple[ValueType, ...]) -> Typed:
    """The value as it is, or as the first of the `wanted` types that it fits, where one of them is native.
    Problems go to the scope; those of a registered spec meet who comes there."""
    kind = type_of(value)
    if kind is None or not _may_be_native(value, kind, wanted):
        return constant(value, kind)
    refusal = ""
    for target in wanted or (scope.resolved(kind, path),):
        try:
            return constant(coerce(value, target), target)
        except VarSubError as error:
            refusal = str(error)
    if scope.strict:
        scope.problem(path, refusal)
        return constant(value, None)

    def refuse(thread: ThreadRun) -> Value:
        raise VarSubError(refusal)

    return Typed(refuse, None)


def _may_be_native(value: Value, kind: ValueType, wanted: tuple[ValueType, ...]) -> bool:
    """Is it written as a native value, or as JSON where one is wanted?"""
    if type(kind) is not VariableType:
        return True
    return type(value) in (list, dict) and any(type(target) is not VariableType for target in wanted)

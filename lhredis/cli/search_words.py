"""search_words: words of a search command into times and typed values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from lhredis.cli.arguments import parse_value
from lhredis.errors import InvalidArgument
from lhredis.model.enums import VariableType
from lhredis.model.search import VariableMatch
from lhredis.model.value_types import ValueType
from lhredis.model.values import parse_timestamp

if TYPE_CHECKING:
    from lhredis.client import SyncClient

_AGO = re.compile(r"(\d{1,9})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_moment(word: str | None, option: str) -> datetime | None:
    """`1h` (ago; s, m, h, d) or RFC 3339. InvalidArgument names the option."""
    if word is None:
        return None
    ago = _AGO.fullmatch(word)
    try:
        if ago is not None:
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return parse_timestamp(word)
    except (ValueError, OverflowError):
        raise InvalidArgument(
            f"{option}: wanted is how long ago (90s, 30m, 1h, 7d) or a timestamp (2026-01-02T03:04:05Z); "
            f"got {word!r}"
        ) from None


def parse_where(client: SyncClient, spec: str, words: Sequence[str]) -> tuple[VariableMatch, ...]:
    """`email=a@b.c`, `person_$.city=Rome`, typed as the newest version of the WfSpec declares them."""
    kinds = _kinds(client, spec) if words else {}
    return tuple(_match(word, kinds) for word in words)


def _kinds(client: SyncClient, spec: str) -> dict[str, ValueType]:
    kinds: dict[str, ValueType] = {}
    for thread in client.get_wf_spec(spec).thread_specs.values():
        for variable in thread.variable_defs:
            kinds[variable.var_def.name] = variable.var_def.type
            kinds.update({variable.index_name(index): index.field_type for index in variable.json_indexes})
    return kinds


def _match(word: str, kinds: dict[str, ValueType]) -> VariableMatch:
    name, equals, text = word.partition("=")
    if not equals:
        raise InvalidArgument(f"--where {word}: write variable=value")
    try:
        return VariableMatch(var_name=name, value=_value(text, kinds.get(name)))
    except ValueError as error:
        raise InvalidArgument(f"--where {name}: {error}") from None


def _value(text: str, kind: ValueType | None) -> Any:
    if isinstance(kind, VariableType) and kind not in (VariableType.JSON_ARR, VariableType.JSON_OBJ):
        return parse_value(text, kind)
    try:
        return orjson.loads(text)  # an item of an array: a number, true or false, or else a text
    except ValueError:
        return text

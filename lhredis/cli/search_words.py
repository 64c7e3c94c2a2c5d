"""search_words: the words of a search command as the request that they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from lhredis.cli.arguments import parse_value
from lhredis.cli.versions import spec_version
from lhredis.errors import InvalidArgument
from lhredis.model.enums import VariableType
from lhredis.model.search import VariableMatch
from lhredis.model.value_types import ValueType
from lhredis.model.values import parse_timestamp

if TYPE_CHECKING:
    from lhredis.client import SyncClient

Request = TypeVar("Request", bound=BaseModel)
Choice = TypeVar("Choice", bound=Enum)

_SPAN = re.compile(r"(\d{1,9})([smhd])")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def run_filters(
    client: SyncClient,
    spec: str | None,
    major_version: int | None,
    revision: int | None,
    status: str | None,
    where: Sequence[str] | None,
    since: str | None,
    until: str | None,
) -> dict[str, Any]:
    """The fields of a request that WfRuns are found by; `spec` may name its version, too. InvalidArgument names the
    option."""
    if spec is not None:
        spec, major_version, revision = spec_version(spec, major_version, revision)
    if where and spec is None:
        raise InvalidArgument("--where says nothing without a --spec")
    matches = parse_where(client, spec, where) if where and spec is not None else ()
    return {
        "wf_spec_name": spec,
        "wf_spec_major_version": major_version,
        "wf_spec_revision": revision,
        "status": status,
        "variable_filters": [match.to_json() for match in matches] or None,
        **times_of(since, until),
    }


def version_filter(spec: str, major_version: int | None, revision: int | None) -> dict[str, Any]:
    """The fields of a request that name a WfSpec and its version, which `spec` may do alone. InvalidArgument when
    both do."""
    name, major, number = spec_version(spec, major_version, revision)
    return {"wf_spec_name": name, "wf_spec_major_version": major, "wf_spec_revision": number}


def times_of(since: str | None, until: str | None) -> dict[str, Any]:
    """The fields of a request that bound its time. InvalidArgument names the option."""
    return {
        "earliest_start": parse_moment(since, "--since"),
        "latest_start": parse_moment(until, "--until"),
    }


def page_request(
    model: type[Request], filters: dict[str, Any], limit: int, bookmark: str | None, oldest_first: bool
) -> Request:
    """The request for a page. InvalidArgument says what makes no sense."""
    order = "OLDEST_FIRST" if oldest_first else "NEWEST_FIRST"
    return request_of(model, {**filters, "limit": limit, "bookmark": bookmark, "order": order})


def request_of(model: type[Request], form: dict[str, Any]) -> Request:
    """The request, without what is None. InvalidArgument says what makes no sense."""
    try:
        return model.model_validate({name: value for name, value in form.items() if value is not None})
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
        where = ".".join(map(str, found["loc"]))
        message = found["msg"].removeprefix("Value error, ")
        raise InvalidArgument(f"{where}: {message}" if where else message) from None


def parse_moment(word: str | None, option: str) -> datetime | None:
    """`1h` (ago; s, m, h, d), a day (UTC) or RFC 3339. InvalidArgument names the option."""
    if word is None:
        return None
    try:
        long_ago = _span(word)
        if long_ago is not None:
            return datetime.now(UTC) - long_ago
        return parse_timestamp(f"{word}T00:00:00Z" if _DAY.fullmatch(word) else word)
    except (ValueError, OverflowError):
        raise InvalidArgument(
            f"{option}: wanted is how long ago (90s, 30m, 1h, 7d), a day (2026-01-02) or a timestamp "
            f"(2026-01-02T03:04:05Z); got {word!r}"
        ) from None


def parse_start(word: str) -> datetime:
    """`1h` (from now; s, m, h, d) or RFC 3339. InvalidArgument says what is wanted."""
    try:
        later = _span(word)
        return parse_timestamp(word) if later is None else datetime.now(UTC) + later
    except (ValueError, OverflowError):
        raise InvalidArgument(
            f"wanted is in how long (90s, 30m, 1h, 7d) or a timestamp (2026-01-02T03:04:05Z); got {word!r}"
        ) from None


def _span(word: str) -> timedelta | None:
    found = _SPAN.fullmatch(word)
    return None if found is None else timedelta(**{_UNITS[found[2]]: int(found[1])})


def parse_choice(enum: type[Choice], word: str | None, option: str) -> Choice | None:
    """The member of this name, in letters of any size. InvalidArgument names the option and what there is."""
    if word is None or word.upper() in enum.__members__:
        return None if word is None else enum[word.upper()]
    raise InvalidArgument(f"{option}: expected one of {', '.join(enum.__members__)}; got {word!r}")


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

"""arguments: words into typed values, as the WfSpec or the ExternalEventDef declares them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import orjson

from lhredis.errors import InvalidArgument, InvalidSpec, Problem
from lhredis.model.enums import VariableType
from lhredis.model.ids import check_wf_run_id
from lhredis.model.native import NATIVE
from lhredis.model.types import ReturnType, ThreadVarDef
from lhredis.model.value_types import ArrayType, MapType, NativeType, ValueType
from lhredis.model.values import Value, WfRunId, decode_value, encode_value, parse_timestamp

T = VariableType


def parse_variables(words: Sequence[str], declared: Sequence[ThreadVarDef]) -> dict[str, Value]:
    """The variables of a run. InvalidSpec names every word that is wrong and all that is missing."""
    known = {variable.var_def.name: variable for variable in declared}
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            problems.append(Problem(word, "write key=value"))
        elif name in values:
            problems.append(Problem(name, "given twice"))
        elif name not in known:
            problems.append(Problem(name, unknown("variable", name, list(known))))
        else:
            values[name] = None
            try:
                values[name] = parse_value(text, known[name].var_def.type)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
    for name, variable in known.items():
        if variable.required and name not in values:
            problems.append(Problem(name, f"required ({variable.var_def.type.name}): {name}=…"))
    if problems:
        raise InvalidSpec(problems)
    return values


def unknown(what: str, name: str, known: list[str]) -> str:
    """What to say of a name that is none of these."""
    close = get_close_matches(name, known, n=1)
    if close:
        return f"no such {what}; did you mean {close[0]!r}?"
    return f"no such {what}; there are: {', '.join(known) or 'none'}"


def parse_value(text: str, kind: ValueType) -> Value:
    """A word as a value of this type; `null` is null, but for a STR. ValueError says what is wanted."""
    if text == "null" and kind is not T.STR:
        return None
    value = _PARSERS[kind](text) if isinstance(kind, VariableType) else _native(text, kind)
    encode_value(value)
    return value


def parse_content(text: str, declared: ReturnType | None) -> Value:
    """A word as the content of an event. Where nothing is declared, it is JSON if it can be, otherwise
    a STR. InvalidArgument says what is wanted."""
    try:
        if declared is None:
            return _untyped(text)
        if declared.return_type is None:
            raise ValueError(f"such events have none; got {text!r}")
        return parse_value(text, declared.return_type.value_type)
    except ValueError as error:
        raise InvalidArgument(f"content: {error}") from None


def _untyped(text: str) -> Value:
    try:
        return decode_value(orjson.loads(text))
    except ValueError:
        return _str(text)


def _native(text: str, kind: NativeType) -> Value:
    """What an array, map or struct is given as: the server brings plain JSON to the type."""
    example = "[1, 2]" if isinstance(kind, ArrayType) else '{"a": 1}'
    wanted = list if isinstance(kind, ArrayType) else (dict, list) if isinstance(kind, MapType) else dict
    try:
        value = decode_value(orjson.loads(text))
    except ValueError as error:
        raise ValueError(f"{kind.name} is wanted as JSON, such as {example}: {error}") from None
    if not isinstance(value, wanted) and type(value) not in NATIVE:
        raise ValueError(f"{kind.name} is wanted as JSON, such as {example}; got {text}")
    return value


def _str(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"a STR is wanted, as UTF-8; got {text!r}") from None
    return text


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"an INT is wanted, such as 42; got {text!r}") from None


def _double(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"a DOUBLE is wanted, such as 1.5; got {text!r}") from None


def _bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"a BOOL is wanted: true or false; got {text!r}")
    return text.lower() == "true"


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"BYTES are wanted as base64; got {text!r}") from None


def _json(wanted: type, example: str) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ValueError(f"JSON is wanted, such as {example}: {error}") from None
        if not isinstance(value, wanted):
            raise ValueError(f"JSON such as {example} is wanted; got {text}")
        return value

    return parse


_PARSERS: dict[VariableType, Callable[[str], Value]] = {
    T.STR: _str,
    T.INT: _int,
    T.DOUBLE: _double,
    T.BOOL: _bool,
    T.BYTES: _bytes,
    T.TIMESTAMP: parse_timestamp,
    T.WF_RUN_ID: lambda text: WfRunId(check_wf_run_id(text)),
    T.JSON_OBJ: _json(dict, '{"a": 1}'),
    T.JSON_ARR: _json(list, "[1, 2]"),
}

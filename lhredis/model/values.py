"""values: what a variable can hold, in Python and in JSON.

| type       | in Python           | in JSON                                   |
|------------|---------------------|-------------------------------------------|
| null       | None                | null                                      |
| BOOL       | bool                | true                                      |
| INT        | int (64-bit)        | 3                                         |
| DOUBLE     | float (finite)      | 3.0                                       |
| STR        | str                 | "text"                                    |
| JSON_OBJ   | dict                | {"a": 1}                                  |
| JSON_ARR   | list                | [1, 2]                                    |
| BYTES      | bytes               | {"$bytes": "aGk="} (base64)               |
| TIMESTAMP  | datetime, aware     | {"$timestamp": "2026-01-02T03:04:05Z"}    |
| WF_RUN_ID  | WfRunId             | {"$wf_run_id": "parent_child"}            |
| Array<…>   | Array               | {"$array": {…}}                           |
| Map<…>     | Map                 | {"$map": {…}}                             |
| Struct<…>  | Struct              | {"$struct": {…}}                          |

The last three are told in native_forms.py. Where a type is declared, they may also be plain JSON.
A JSON_OBJ whose only key starts with `$` is written {"$json_obj": {…}}. The same form stands in
HTTP bodies, task entries, results and Redis: what is inside a JSON_OBJ or JSON_ARR is plain JSON.
"""

from __future__ import annotations

import base64
import binascii
import math
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from lhredis.model.ids import check_wf_run_id
from lhredis.model.limits import INT_MAX, INT_MIN, JSON_DEPTH_MAX
from lhredis.model.native import NATIVE, Array, Map, Struct
from lhredis.model.native_forms import decode_native, encode_native

Value = Any
"""A value in its Python form (see the table above)."""

MASK = "*****"
"""What people see in place of a masked value."""

_UINT64_MAX = 2**64 - 1


class WfRunId(str):
    """A reference to a WfRun as a value of type WF_RUN_ID: `root`, or `parent_child`."""

    __slots__ = ()


def encode_value(value: Value, depth: int = 1) -> Any:
    """Python form → JSON form. ValueError when no variable can hold it. `depth` is that of the arrays,
    maps and structs around it."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        if not INT_MIN <= value <= INT_MAX:
            raise ValueError(f"an INT has 64 bits; got {value}")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise ValueError(f"a DOUBLE is finite; got {value}")
        return value
    if kind is dict:
        check_json(value)
        return {"$json_obj": value} if looks_tagged(value) else value
    if kind is list:
        check_json(value)
        return value
    if kind is WfRunId:
        return {"$wf_run_id": str(value)}
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a TIMESTAMP needs a time zone; got {value.isoformat()}")
        return {"$timestamp": _in_utc(value).isoformat().replace("+00:00", "Z")}
    if kind in NATIVE:
        return encode_native(value, depth, encode_value)
    raise ValueError(f"no variable type holds a Python {kind.__name__}")


def decode_value(form: Any, depth: int = 1) -> Value:
    """JSON form → Python form. ValueError names what was wrong."""
    if type(form) is dict and looks_tagged(form):
        ((tag, content),) = form.items()
        if tag in _NATIVE_TAGS:
            return decode_native(tag, content, depth, decode_value)
        return _decode_tagged(tag, content)
    encode_value(form)
    return form


_NATIVE_TAGS = frozenset(("$array", "$map", "$struct"))


def _decode_tagged(tag: str, content: Any) -> Value:
    if tag == "$json_obj":
        if not isinstance(content, dict):
            raise ValueError(f"$json_obj holds an object; got {type(content).__name__}")
        check_json(content)
        return content
    if not isinstance(content, str):
        raise ValueError(f"{tag} holds a string; got {type(content).__name__}")
    if tag == "$bytes":
        try:
            return base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise ValueError(f"$bytes holds base64: {error}") from None
    if tag == "$timestamp":
        return parse_timestamp(content)
    if tag == "$wf_run_id":
        return WfRunId(check_wf_run_id(content))
    raise ValueError(
        f'unknown value tag {tag!r}; write an object with such a key as {{"$json_obj": {{"{tag}": …}}}}'
    )


def looks_tagged(form: dict[Any, Any]) -> bool:
    """Does a JSON object stand for a value of another type than JSON_OBJ?"""
    return len(form) == 1 and str(next(iter(form))).startswith("$")


def parse_timestamp(text: str) -> datetime:
    """RFC 3339 text with a zone → aware datetime in UTC, whole microseconds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"a timestamp is RFC 3339 (2026-01-02T03:04:05Z); got {text!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"a timestamp needs a time zone (Z or +01:00); got {text!r}")
    return _in_utc(moment)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} is outside of the years 1 to 9999 in UTC") from None


def check_json(value: Any) -> None:
    """ValueError unless `value` is JSON that survives a round trip: string keys, finite numbers,
    integers of at most 64 bits, at most JSON_DEPTH_MAX levels."""
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        item, depth = stack.pop()
        kind = type(item)
        if kind is str or kind is bool or item is None:
            continue
        if kind is int:
            if not INT_MIN <= item <= _UINT64_MAX:
                raise ValueError(f"an integer in JSON has at most 64 bits; got {item}")
        elif kind is float:
            if not math.isfinite(item):
                raise ValueError(f"a number in JSON is finite; got {item}")
        elif kind is dict or kind is list:
            if depth > JSON_DEPTH_MAX:
                raise ValueError(f"JSON nests at most {JSON_DEPTH_MAX} levels deep")
            if kind is dict:
                for key in item:
                    if type(key) is not str:
                        raise ValueError(f"keys in JSON are strings; got {key!r}")
                stack.extend((child, depth + 1) for child in item.values())
            else:
                stack.extend((child, depth + 1) for child in item)
        else:
            raise ValueError(f"JSON holds no Python {kind.__name__}")


def value_bytes(form: Any) -> int:
    """Size of a value's JSON form, in bytes. `form` is what encode_value returned."""
    if type(form) is str:
        return len(form.encode()) + 2
    return len(orjson.dumps(form))


def plain_form(value: Value) -> Any:
    """A value as plain JSON, for people and for texts: an Array is a list, a Map and a Struct an object."""
    if isinstance(value, Array):
        return [plain_form(item) for item in value.items]
    if isinstance(value, Map):
        return {_key_text(key): plain_form(of) for key, of in value.entries.items()}
    if isinstance(value, Struct):
        return {name: plain_form(of) for name, of in value.fields.items()}
    form = encode_value(value)
    return next(iter(form.values())) if type(form) is dict and looks_tagged(form) else form


def _key_text(key: Value) -> str:
    form = plain_form(key)
    return form if type(form) is str else orjson.dumps(form).decode()


VariableValue = Annotated[
    Any,
    PlainValidator(lambda form: decode_value(form)),
    PlainSerializer(lambda value: encode_value(value)),
    WithJsonSchema(
        {
            "title": "VariableValue",
            "description": "Any JSON value; BYTES, TIMESTAMP and WF_RUN_ID as "
            '{"$bytes": base64}, {"$timestamp": RFC 3339}, {"$wf_run_id": id}. Array, Map and Struct are '
            "plain JSON where such a type is declared; what they are says "
            '{"$array": {"of": type, "items": […]}}, {"$map": {"key": type, "value": type, "entries": '
            '[[key, value]…]}}, {"$struct": {"name": …, "version": …, "fields": {…}}}.',
        }
    ),
]

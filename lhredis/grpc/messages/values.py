"""values: a VariableValue as one of ours (model/values.py), and times as RFC 3339.

| there         | here                                                                        |
|---------------|-----------------------------------------------------------------------------|
| nothing set   | null                                                                        |
| json_obj, _arr| the JSON that the text holds                                                |
| struct        | {"$struct": …}; the `masked` of fields is a list of names                    |
| array, map    | {"$array": …}, {"$map": …}; a type that is not told is taken of what is inside |
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import orjson
from google.protobuf.timestamp_pb2 import Timestamp
from littlehorse.model.type_definition_pb2 import TypeDefinition as TypeDefinitionMessage
from littlehorse.model.type_definition_pb2 import VariableValue
from pydantic import ValidationError

from lhredis.api.validation import problems_of
from lhredis.grpc.messages.ids import wf_run_id_text, write_wf_run_id
from lhredis.grpc.messages.mapper import Form, Mapping, from_json, register, to_json
from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.types import TypeDefinition
from lhredis.model.value_types import NEWEST, read_type_form, type_form
from lhredis.model.values import encode_value, looks_tagged

_EPOCH = datetime.fromtimestamp(0, UTC)
_DAY_S = 86_400


def value_form(value: Any, depth: int = 1) -> Form:
    """The form of a VariableValue; ValueError when no variable of ours holds it."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if depth > NATIVE_DEPTH_MAX + 1:
        raise ValueError(f"arrays, maps and structs nest at most {NATIVE_DEPTH_MAX} levels deep")
    content = getattr(value, kind)
    if kind in ("str", "bool", "int", "double"):
        return encode_value(content)
    if kind == "json_obj":
        return encode_value(_json(content, dict))
    if kind == "json_arr":
        return encode_value(_json(content, list))
    if kind == "bytes":
        return {"$bytes": base64.b64encode(content).decode()}
    if kind == "wf_run_id":
        return {"$wf_run_id": wf_run_id_text(content)}
    if kind == "utc_timestamp":
        return {"$timestamp": time_text(content)}
    if kind == "struct":
        return _struct_form(content, depth)
    return _array_form(content, depth) if kind == "array" else _map_form(content, depth)


def write_value(form: Form, value: Any) -> None:
    """Fill a VariableValue from the form of a value."""
    kind = type(form)
    if kind is str:
        value.str = form
    elif kind is bool:
        value.bool = form
    elif kind is int:
        value.int = form
    elif kind is float:
        value.double = form
    elif kind is list:
        value.json_arr = orjson.dumps(form).decode()
    elif kind is dict and looks_tagged(form):
        ((tag, content),) = form.items()
        _WRITERS[tag](content, value)
    elif kind is dict:
        value.json_obj = orjson.dumps(form).decode()
    elif form is not None:
        raise ValueError(f"no VariableValue holds a Python {kind.__name__}")


def time_text(time: Any) -> str:
    """RFC 3339 with at most microseconds. ValueError for one outside of the years 1 to 9999."""
    kept = Timestamp(seconds=time.seconds, nanos=time.nanos - time.nanos % 1000)
    return str(kept.ToJsonString())


def _json(text: str, kind: type) -> Any:
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error}") from None
    if type(content) is not kind:
        wanted = "an object" if kind is dict else "an array"
        raise ValueError(f"is {wanted} in JSON; got {text!r:.100}")
    return content


def _struct_form(struct: Any, depth: int) -> Form:
    form: dict[str, Any] = {}
    if struct.HasField("struct_def_id"):
        form["name"] = struct.struct_def_id.name
        if struct.struct_def_id.version != NEWEST:
            form["version"] = struct.struct_def_id.version
    fields = struct.struct.fields
    form["fields"] = {name: value_form(fields[name].value, depth + 1) for name in fields}
    masked = sorted(name for name in fields if fields[name].masked)
    return {"$struct": {**form, "masked": masked} if masked else form}


def _write_struct(content: Form, value: Any) -> None:
    struct = value.struct
    struct.struct.SetInParent()
    if "name" in content:
        struct.struct_def_id.name = content["name"]
        struct.struct_def_id.version = content.get("version", NEWEST)
    for name, form in content["fields"].items():
        field = struct.struct.fields[name]
        field.value.SetInParent()
        write_value(form, field.value)
        field.masked = name in content.get("masked", ())


def _array_form(array: Any, depth: int) -> Form:
    items = [value_form(item, depth + 1) for item in array.items]
    return {"$array": {"of": _told(array, "element_type") or _guessed(items), "items": items}}


def _write_array(content: Form, value: Any) -> None:
    value.array.element_type.CopyFrom(_type_message(content["of"]))
    for item in content["items"]:
        write_value(item, value.array.items.add())


def _map_form(entries: Any, depth: int) -> Form:
    pairs = [[value_form(one.key, depth + 1), value_form(one.value, depth + 1)] for one in entries.entries]
    key = _told(entries.map_type, "key_type") or _guessed([pair[0] for pair in pairs])
    of = _told(entries.map_type, "value_type") or _guessed([pair[1] for pair in pairs])
    return {"$map": {"key": key, "value": of, "entries": pairs}}


def _write_map(content: Form, value: Any) -> None:
    value.map.map_type.key_type.CopyFrom(_type_message(content["key"]))
    value.map.map_type.value_type.CopyFrom(_type_message(content["value"]))
    for key, of in content["entries"]:
        entry = value.map.entries.add()
        entry.key.SetInParent()
        entry.value.SetInParent()
        write_value(key, entry.key)
        write_value(of, entry.value)


def _told(message: Any, field: str) -> Form:
    """The type that this field of a message tells; None when it tells none."""
    kind = getattr(message, field)
    if kind.WhichOneof("defined_type") is None:
        return None
    try:
        return type_form(TypeDefinition.model_validate(to_json(kind)).value_type)
    except ValidationError as error:
        raise ValueError("; ".join(str(problem) for problem in problems_of(error))) from None


def _type_message(form: Form) -> Any:
    return from_json(TypeDefinition.of(read_type_form(form)).to_json(), TypeDefinitionMessage)


_KINDS = {str: "STR", bool: "BOOL", int: "INT", float: "DOUBLE", dict: "JSON_OBJ", list: "JSON_ARR"}
_TAGS = {
    "$bytes": "BYTES",
    "$timestamp": "TIMESTAMP",
    "$wf_run_id": "WF_RUN_ID",
    "$json_obj": "JSON_OBJ",
}


def _guessed(forms: list[Form]) -> Form:
    """The type of the first value that is not null. What is declared where the value goes to is what counts
    in the end, so that a guess only has to be a type."""
    for form in forms:
        if type(form) is dict and looks_tagged(form):
            ((tag, content),) = form.items()
            if tag in _TAGS:
                return _TAGS[tag]
            return _native_type(tag, content)
        if form is not None:
            return _KINDS[type(form)]
    return "STR"


def _native_type(tag: str, content: Form) -> Form:
    if tag == "$array":
        return {"array": content["of"]}
    if tag == "$map":
        return {"map": [content["key"], content["value"]]}
    version = f"/{content['version']}" if "version" in content else ""
    return {"struct": content["name"] + version} if "name" in content else {"fields": {}}


def _write_bytes(content: Form, value: Any) -> None:
    value.bytes = base64.b64decode(content)


def _write_json_obj(content: Form, value: Any) -> None:
    value.json_obj = orjson.dumps(content).decode()


def _write_time(content: Form, value: Any) -> None:
    value.utc_timestamp.FromJsonString(content)


def _write_time_of_ours(text: str, time: Any) -> None:
    """RFC 3339 with at most microseconds. Protobuf's own parser takes 30 times as long, and runs are full of
    times."""
    since = datetime.fromisoformat(text) - _EPOCH
    time.seconds = since.days * _DAY_S + since.seconds
    time.nanos = since.microseconds * 1000


def _write_wf_run_id(content: Form, value: Any) -> None:
    write_wf_run_id(content, value.wf_run_id)


_WRITERS = {
    "$bytes": _write_bytes,
    "$timestamp": _write_time,
    "$wf_run_id": _write_wf_run_id,
    "$json_obj": _write_json_obj,
    "$array": _write_array,
    "$map": _write_map,
    "$struct": _write_struct,
}

register(VariableValue, Mapping(read=value_form, write=write_value))
register(Timestamp, Mapping(read=time_text, write=_write_time_of_ours))

"""native_forms: Array, Map and Struct in JSON, and back.

    {"$array": {"of": <type>, "items": [<value>…]}}
    {"$map": {"key": <type>, "value": <type>, "entries": [[<key>, <value>]…]}}
    {"$struct": {"name": "car", "version": 0, "fields": {"make": <value>}, "masked": ["vin"]}}

Types are written as in value_types.py, values as in values.py. An inline struct has no `name`;
`version` and `masked` are left out when they say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.model.ids import check_name
from lhredis.model.limits import NATIVE_DEPTH_MAX
from lhredis.model.native import Array, Map, Native, Struct
from lhredis.model.value_types import NEWEST, read_key_type, read_type_form, type_form

Encode = Callable[[Any, int], Any]
"""Writes or reads a value that is this many levels deep."""


def encode_native(value: Native, depth: int, encode: Encode) -> dict[str, Any]:
    """Python form → JSON form; `encode` writes what is inside. ValueError."""
    _check_depth(depth)
    if isinstance(value, Array):
        items = [encode(item, depth + 1) for item in value.items]
        return {"$array": {"of": type_form(value.type.element), "items": items}}
    if isinstance(value, Map):
        entries = [[encode(key, depth + 1), encode(of, depth + 1)] for key, of in value.entries.items()]
        return {
            "$map": {
                "key": type_form(value.type.key),
                "value": type_form(value.type.value),
                "entries": entries,
            }
        }
    form: dict[str, Any] = {}
    if value.struct_def is not None:
        form["name"] = value.struct_def
        if value.version != NEWEST:
            form["version"] = value.version
    form["fields"] = {name: encode(of, depth + 1) for name, of in value.fields.items()}
    if value.masked:
        form["masked"] = sorted(value.masked)
    return {"$struct": form}


def decode_native(tag: str, content: Any, depth: int, decode: Encode) -> Native:
    """JSON form → Python form; `decode` reads what is inside. ValueError names what was wrong.

    What is inside need not be of the types that are told: whoever takes a value from outside brings it
    to the type that is declared (engine/language/fit.py)."""
    _check_depth(depth)
    if not isinstance(content, dict):
        raise ValueError(f"{tag} holds an object; got {type(content).__name__}")
    try:
        if tag == "$array":
            items = _checked(content, "items", list)
            return Array(read_type_form(content["of"]), [decode(item, depth + 1) for item in items])
        if tag == "$map":
            return _map(content, depth, decode)
        return _struct(content, depth, decode)
    except KeyError as missing:
        raise ValueError(f"{tag} needs {missing}") from None


def _map(content: dict[str, Any], depth: int, decode: Encode) -> Map:
    entries: dict[Any, Any] = {}
    for pair in _checked(content, "entries", list):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(f"an entry of a $map is [key, value]; got {pair!r:.100}")
        put_entry(entries, decode(pair[0], depth + 1), decode(pair[1], depth + 1))
    return Map(read_key_type(content["key"]), read_type_form(content["value"]), entries)


def put_entry(entries: dict[Any, Any], key: Any, value: Any) -> None:
    """Put into a new map. ValueError when the key cannot be one, or was there already."""
    if isinstance(key, dict | list | Array | Map | Struct):
        raise ValueError(f"a key of a Map is of a primitive type; got {key!r:.100}")
    if key in entries:  # 1 and true, too: to Python they are one key
        raise ValueError(f"the key {key!r} is there twice")
    entries[key] = value


def _struct(content: dict[str, Any], depth: int, decode: Encode) -> Struct:
    fields = _checked(content, "fields", dict)
    name, version = content.get("name"), content.get("version", NEWEST)
    if name is not None and not isinstance(name, str):
        raise ValueError(f"the name of a StructDef is a string; got {name!r:.100}")
    if type(version) is not int or version < NEWEST:
        raise ValueError(f"the version of a StructDef is an integer from 0; got {version!r:.100}")
    masked = content.get("masked", [])
    if not isinstance(masked, list) or not all(isinstance(field, str) for field in masked):
        raise ValueError(f"masked is a list of names of fields; got {masked!r:.100}")
    values = {field: decode(of, depth + 1) for field, of in fields.items()}
    return Struct(check_name(name) if name is not None else None, values, version, frozenset(masked))


def _checked(content: dict[str, Any], part: str, kind: type) -> Any:
    if not isinstance(content[part], kind):
        wanted = "an array" if kind is list else "an object"
        raise ValueError(f"{part} is {wanted}; got {content[part]!r:.100}")
    return content[part]


def _check_depth(depth: int) -> None:
    if depth > NATIVE_DEPTH_MAX:
        raise ValueError(f"arrays, maps and structs nest at most {NATIVE_DEPTH_MAX} levels deep")

"""convert: values to what a function's type hints ask for, and back."""

from __future__ import annotations

import types
from collections.abc import Callable
from datetime import datetime
from typing import Any, Union, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from lhredis.model.enums import VariableType
from lhredis.model.values import Value, WfRunId

T = VariableType
Converter = Callable[[Value], Value]

_PRIMITIVES: dict[Any, VariableType] = {
    str: T.STR,
    int: T.INT,
    float: T.DOUBLE,
    bool: T.BOOL,
    bytes: T.BYTES,
    datetime: T.TIMESTAMP,
    WfRunId: T.WF_RUN_ID,
    dict: T.JSON_OBJ,
    list: T.JSON_ARR,
}


class ConversionError(Exception):
    """A value does not fit a type hint."""


def variable_type(hint: Any) -> VariableType:
    """The type of a variable that a parameter or return value of this type hint needs.

    dict, TypedDict (before Python 3.12: that of typing_extensions), dataclass and pydantic models are
    JSON_OBJ; list, tuple and set JSON_ARR; `X | None` is as X. TypeError when no type fits.
    """
    inner, _ = _without_none(hint)
    if inner in _PRIMITIVES:
        return _PRIMITIVES[inner]
    try:
        schema = TypeAdapter(inner).json_schema()
    except (PydanticUserError, ValueError) as error:
        raise TypeError(f"no variable type fits the type hint {hint!r}: {error}") from error
    kinds = _json_types(schema, schema.get("$defs", {}))
    if len(kinds) != 1 or not kinds <= _BY_JSON_TYPE.keys():
        raise TypeError(f"no variable type fits the type hint {hint!r}")
    return _BY_JSON_TYPE[kinds.pop()]


_BY_JSON_TYPE = {
    "object": T.JSON_OBJ,
    "array": T.JSON_ARR,
    "string": T.STR,
    "integer": T.INT,
    "number": T.DOUBLE,
    "boolean": T.BOOL,
}


def _json_types(schema: dict[str, Any], definitions: dict[str, Any]) -> set[str]:
    """What a JSON schema lets through; `any` among it when that is not told."""
    if "$ref" in schema:
        return _json_types(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for options in (schema.get("anyOf"), schema.get("oneOf")):
        if options:
            return set().union(*(_json_types(option, definitions) for option in options))
    return {schema.get("type", "any")}


def _without_none(hint: Any) -> tuple[Any, bool]:
    """(`X`, True) of `X | None`; (`X`, False) of `X`."""
    if get_origin(hint) in (Union, types.UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        if len(parts) == 1 and len(parts) < len(get_args(hint)):
            return parts[0], True
    return hint, False


def input_converter(hint: Any) -> Converter:
    """From a value to what the hint asks for; ConversionError when it does not fit."""
    inner, optional = _without_none(hint)
    if inner in _PRIMITIVES:
        check = _exactly(inner)
        return (lambda value: None if value is None else check(value)) if optional else check
    adapter = TypeAdapter(hint)

    def convert(value: Value) -> Value:
        try:
            return adapter.validate_python(value)
        except ValueError as error:
            raise ConversionError(str(error)) from None

    return convert


def _exactly(kind: Any) -> Converter:
    def check(value: Value) -> Value:
        if type(value) is kind or (kind is datetime and isinstance(value, datetime)):
            return value
        if kind is float and type(value) is int:
            return float(value)
        raise ConversionError(f"{kind.__name__} was wanted; got {_name(value)}")

    return check


def output_converter(hint: Any) -> Converter:
    """From what a function returned to a value; None always fits. ConversionError otherwise."""
    if hint is None or hint is type(None):
        return _nothing
    inner, _ = _without_none(hint)
    if inner in _PRIMITIVES:
        check = _exactly(inner)
        if inner is dict or inner is list:
            return lambda value: (
                inner(value) if isinstance(value, inner) else None if value is None else check(value)
            )
        return lambda value: None if value is None else check(value)
    adapter = TypeAdapter(hint)

    def convert(value: Any) -> Value:
        if value is None:
            return None
        try:
            return adapter.dump_python(adapter.validate_python(value), mode="json")
        except ValueError as error:
            raise ConversionError(str(error)) from None

    return convert


def _nothing(value: Any) -> Value:
    if value is not None:
        raise ConversionError(
            f"the function returned {_name(value)}, but its type hints say that it returns nothing"
        )
    return None


def _name(value: Any) -> str:
    return "null" if value is None else type(value).__name__

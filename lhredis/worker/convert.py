"""convert: values to what a function's type hints ask for, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from lhredis.model.enums import VariableType
from lhredis.model.struct_class import (
    PRIMITIVES,
    from_native,
    is_struct_class,
    native_type,
    to_native,
    without_none,
)
from lhredis.model.value_types import StructType, ValueType
from lhredis.model.values import Value

T = VariableType
Converter = Callable[[Value], Value]


class ConversionError(Exception):
    """A value does not fit a type hint."""


def variable_type(hint: Any, native: bool = False) -> ValueType:
    """The type of a variable that a parameter or return value of this type hint needs.

    dict, TypedDict (before Python 3.12: that of typing_extensions), dataclass and pydantic models are
    JSON_OBJ; list, tuple and set JSON_ARR; a class of @lh_struct_def is its Struct; `X | None` is as X.
    With `native`, `list[int]` is Array<INT> and `dict[str, int]` Map<STR, INT>. TypeError when no type
    fits, ValueError when it would be a Map of such keys, or nests too deep.
    """
    inner, _ = without_none(hint)
    if is_native(inner, native):
        return native_type(inner)
    if inner in PRIMITIVES:
        return PRIMITIVES[inner]
    try:
        schema = TypeAdapter(inner).json_schema()
    except (PydanticUserError, ValueError) as error:
        raise TypeError(f"no variable type fits the type hint {hint!r}: {error}") from error
    kinds = _json_types(schema, schema.get("$defs", {}))
    if len(kinds) != 1 or not kinds <= _BY_JSON_TYPE.keys():
        raise TypeError(f"no variable type fits the type hint {hint!r}")
    return _BY_JSON_TYPE[kinds.pop()]


def is_native(hint: Any, native: bool) -> bool:
    """Is this hint for a value of a native type?"""
    return native or is_struct_class(without_none(hint)[0])


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


def input_converter(hint: Any, native: bool = False) -> Converter:
    """From a value to what the hint asks for; ConversionError when it does not fit."""
    inner, optional = without_none(hint)
    if is_native(inner, native):
        return _native_input(inner, optional)
    if inner in PRIMITIVES:
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


def _native_input(hint: Any, optional: bool) -> Converter:
    def convert(value: Value) -> Any:
        if value is None and not optional:
            raise ConversionError(f"{getattr(hint, '__name__', hint)} was wanted; got null")
        try:
            return from_native(value, hint)
        except ValueError as error:
            raise ConversionError(str(error)) from None

    return convert


def _native_output(hint: Any) -> Converter:
    kind = native_type(hint)

    def convert(value: Any) -> Value:
        if value is None:
            return None
        if isinstance(kind, StructType) and not isinstance(value, hint):
            raise ConversionError(f"{hint.__name__} was wanted; got {_name(value)}")
        try:
            return to_native(value, kind)
        except (TypeError, ValueError) as error:
            raise ConversionError(str(error)) from None

    return convert


def output_converter(hint: Any, native: bool = False) -> Converter:
    """From what a function returned to a value; None always fits. ConversionError otherwise."""
    if hint is None or hint is type(None):
        return _nothing
    inner, _ = without_none(hint)
    if is_native(inner, native):
        return _native_output(inner)
    if inner in PRIMITIVES:
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

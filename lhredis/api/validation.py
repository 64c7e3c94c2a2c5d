"""validation: request bodies as models, and what is wrong with them in the words of the API."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from lhredis.errors import InvalidArgument, Problem
from lhredis.model.ids import Model
from lhredis.model.limits import BATCH_RUNS_MAX

M = TypeVar("M", bound=BaseModel)

_WORDS = {
    "missing": "is required",
    "extra_forbidden": "there is no such field",
    "int_type": "expected an integer",
    "int_from_float": "expected an integer",
    "int_parsing_size": "is an integer of more than 64 bits",
    "string_type": "expected a string",
    "bool_type": "expected true or false",
    "float_type": "expected a number",
    "model_type": "expected an object",
    "dict_type": "expected an object",
    "tuple_type": "expected an array",
    "list_type": "expected an array",
    "recursion_loop": "nests too deeply",
}
"""Kinds of pydantic's errors that it words for Python, not for JSON."""


class UncheckedBatch(Model):
    """A RunWfBatchRequest whose runs are not looked at yet."""

    runs: tuple[Any, ...] = Field(min_length=1, max_length=BATCH_RUNS_MAX)


def parse_body(model: type[M], body: bytes) -> M:
    """The model that a JSON body is, strictly: `"1"` is no integer. InvalidArgument when it is no
    JSON; ValidationError with everything that is wrong otherwise."""
    if not body:
        if not may_be_left_out(model):
            raise InvalidArgument("the body is empty; a JSON object is expected")
        body = b"{}"
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            reason = first.get("ctx", {}).get("error", first["msg"])
            raise InvalidArgument(f"the body is no JSON: {reason}") from None
        raise


def may_be_left_out(model: type[BaseModel]) -> bool:
    """Does a request with this body need none, because all of its fields may be left out?"""
    return not any(field.is_required() for field in model.model_fields.values())


def problems_of(error: ValidationError) -> list[Problem]:
    """Everything that a model found wrong, with paths like `nodes.2-task.variables[0]`."""
    return [
        Problem(path_of(found["loc"]), _message(found))
        for found in error.errors(include_url=False, include_input=False)
    ]


def path_of(loc: tuple[int | str, ...]) -> str:
    """pydantic's location as a path: names joined by dots, indexes in brackets."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _message(found: Any) -> str:
    kind, limits = found["type"], found.get("ctx", {})
    if kind == "too_short":
        return f"expected at least {limits['min_length']} items; got {limits['actual_length']}"
    if kind == "too_long":
        return f"expected at most {limits['max_length']} items"
    return str(_WORDS.get(kind, found["msg"])).removeprefix("Value error, ")

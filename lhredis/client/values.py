"""values: Python values as the forms that a request holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lhredis.errors import InvalidArgument
from lhredis.model.struct_class import to_value
from lhredis.model.values import Value, encode_value


def form_of(value: Value, what: str) -> Any:
    """The JSON form. InvalidArgument says of what it is when no variable holds it."""
    try:
        return encode_value(to_value(value))
    except ValueError as error:
        raise InvalidArgument(f"{what}: {error}") from None


def forms_of(variables: Mapping[str, Value]) -> dict[str, Any]:
    """The JSON forms of variables. InvalidArgument names the one that is none."""
    return {name: form_of(value, f"variable {name!r}") for name, value in variables.items()}

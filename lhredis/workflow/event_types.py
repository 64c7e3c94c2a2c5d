"""event_types: the type of an event's content, as users write it."""

from __future__ import annotations

from typing import Any, get_origin

from lhredis.model.enums import VariableType
from lhredis.model.struct_class import PRIMITIVES, is_struct_class
from lhredis.model.types import ReturnType, TypeDefinition
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.written_types import type_definition

ContentType = type | VariableType | TypeDefinition | ReturnType | str | None
"""A Python type (`int`, `dict`; `type(None)` for no content), a VariableType or its name, or the model."""


def content_type(written: ContentType) -> ReturnType | None:
    """The model of it; None if nothing is said. WorkflowBuildError names what is no type."""
    if written is None or isinstance(written, ReturnType):
        return written
    if written is type(None):
        return ReturnType()
    if isinstance(written, TypeDefinition):
        return make(ReturnType, return_type=written)
    if isinstance(written, VariableType) or (
        isinstance(written, str) and written in VariableType.__members__
    ):
        return make(ReturnType, return_type=make(TypeDefinition, primitive_type=written))
    if is_struct_class(written):
        return make(ReturnType, return_type=type_definition(written))
    hint: Any = get_origin(written) or written
    found = PRIMITIVES.get(hint)
    if found is None:
        raise WorkflowBuildError(
            f"{written!r} is no type of a value; use {', '.join(each.__name__ for each in PRIMITIVES)}, "
            "or a VariableType"
        )
    return make(ReturnType, return_type=make(TypeDefinition, primitive_type=found))

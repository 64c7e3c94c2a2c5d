"""user_task_def: the forms that people fill in; named and versioned."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from lhredis.model.enums import VariableType
from lhredis.model.ids import Model, Name
from lhredis.model.limits import NAME_CHARS_MAX, NUMBER_MAX, USER_TASK_FIELDS_MAX

FIELD_TYPES = (VariableType.STR, VariableType.INT, VariableType.DOUBLE, VariableType.BOOL)
"""What a field can be: what JSON tells without help, because the results are one JSON_OBJ."""


def _check_field_name(name: str) -> str:
    if not name.strip() or not name.isprintable() or len(name) > NAME_CHARS_MAX:
        raise ValueError(
            f"the name of a field has 1 to {NAME_CHARS_MAX} printable characters; got {name!r:.200}"
        )
    return name


def _check_type(kind: VariableType) -> VariableType:
    if kind not in FIELD_TYPES:
        names = ", ".join(one.name for one in FIELD_TYPES)
        raise ValueError(f"a field is one of {names}; got {kind.name}")
    return kind


class UserTaskField(Model):
    """A field of the form. Forms are shown with `display_name` where there is one."""

    name: Annotated[str, AfterValidator(_check_field_name), Field(examples=["isApproved"])]
    type: Annotated[VariableType, AfterValidator(_check_type)]
    description: str | None = None
    display_name: str | None = None
    required: bool = False


class PutUserTaskDefRequest(Model):
    """What registers a UserTaskDef, or a new version of it. The same again changes nothing."""

    name: Name
    fields: tuple[UserTaskField, ...] = Field(default=(), max_length=USER_TASK_FIELDS_MAX)
    description: str | None = None

    @model_validator(mode="after")
    def _names_differ(self) -> PutUserTaskDefRequest:
        names = [field.name for field in self.fields]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"fields have different names; doubled: {', '.join(doubled)}")
        return self


class UserTaskDef(Model):
    """One version of a form; immutable once registered. `created_at` is RFC 3339."""

    name: Name
    version: int = Field(ge=0, le=NUMBER_MAX)
    fields: tuple[UserTaskField, ...] = ()
    description: str | None = None
    created_at: str

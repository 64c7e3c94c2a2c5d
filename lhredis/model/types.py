"""types: what a value must be, and the variables of that type."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from lhredis.model.enums import VariableType, WfRunVariableAccessLevel
from lhredis.model.ids import Model, Name
from lhredis.model.values import VariableValue


class TypeDefinition(Model):
    """A type; so far the primitive ones. `"INT"` is short for `{"primitive_type": "INT"}`."""

    primitive_type: VariableType
    masked: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        return {"primitive_type": data} if isinstance(data, str | VariableType) else data


class ReturnType(Model):
    """What a task or thread returns; no `return_type` inside means void."""

    return_type: TypeDefinition | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        return {"return_type": data} if isinstance(data, str | VariableType) else data


class VariableDef(Model):
    """A named, typed value: an input of a task, or what a ThreadVarDef declares."""

    name: Name
    type_def: TypeDefinition
    default_value: VariableValue = None
    masked_value: bool = False

    @property
    def type(self) -> VariableType:
        return self.type_def.primitive_type

    @property
    def masked(self) -> bool:
        return self.masked_value or self.type_def.masked


class JsonIndex(Model):
    """Makes one path of a JSON_OBJ variable searchable."""

    field_path: str
    field_type: VariableType


class ThreadVarDef(Model):
    """A variable of a ThreadSpec (features.md 5)."""

    var_def: VariableDef
    required: bool = False
    searchable: bool = False
    json_indexes: tuple[JsonIndex, ...] = ()
    access_level: WfRunVariableAccessLevel = Field(default=WfRunVariableAccessLevel.PRIVATE_VAR)

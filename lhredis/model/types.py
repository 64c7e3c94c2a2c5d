"""types: what a value must be, and the variables of that type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from lhredis.model.enums import VariableType, WfRunVariableAccessLevel
from lhredis.model.ids import Model, StructDefId, VariableName
from lhredis.model.limits import STRUCT_FIELDS_MAX
from lhredis.model.one_of import exactly_one
from lhredis.model.value_types import (
    ArrayType,
    FieldType,
    InlineStructType,
    MapType,
    StructType,
    ValueType,
    check_key_type,
    check_nesting,
)
from lhredis.model.values import VariableValue


class TypeDefinition(Model):
    """A type: primitive, a version of a StructDef, an array, a map or a struct without a name of its own.
    `"INT"` is short for `{"primitive_type": "INT"}`."""

    primitive_type: VariableType | None = None
    struct_def_id: StructDefId | None = None
    inline_array_def: InlineArrayDef | None = None
    inline_map_def: InlineMapDef | None = None
    inline_struct_def: InlineStructDef | None = None
    masked: bool = False

    KINDS: ClassVar[tuple[str, ...]] = (
        "primitive_type",
        "struct_def_id",
        "inline_array_def",
        "inline_map_def",
        "inline_struct_def",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        return {"primitive_type": data} if isinstance(data, str | VariableType) else data

    @model_validator(mode="after")
    def _one_kind(self) -> TypeDefinition:
        exactly_one(self, self.KINDS)
        check_nesting(self.value_type)
        return self

    @classmethod
    def of(cls, kind: ValueType, masked: bool = False) -> TypeDefinition:
        """The definition of a type; fields that are inline lose what is not told by their types."""
        return cls.model_validate({**_definition(kind), **({"masked": True} if masked else {})})

    @property
    def value_type(self) -> ValueType:
        """The type, not resolved: of a StructDef it tells the name and version alone."""
        if self.primitive_type is not None:
            return self.primitive_type
        if self.struct_def_id is not None:
            return StructType(self.struct_def_id.name, self.struct_def_id.version)
        if self.inline_array_def is not None:
            return ArrayType(self.inline_array_def.array_type.value_type)
        if self.inline_map_def is not None:
            return self.inline_map_def.value_type_of_map
        assert self.inline_struct_def is not None
        return InlineStructType.of(*self.inline_struct_def.field_types)


def _definition(kind: ValueType) -> dict[str, Any]:
    if isinstance(kind, ArrayType):
        return {"inline_array_def": {"array_type": _definition(kind.element)}}
    if isinstance(kind, MapType):
        sides = {"key_type": _definition(kind.key), "value_type": _definition(kind.value)}
        return {"inline_map_def": sides}
    if isinstance(kind, StructType):
        return {"struct_def_id": {"name": kind.struct_def, "version": kind.version}}
    if isinstance(kind, InlineStructType):
        fields = {name: {"field_type": _definition(of)} for name, of in kind.shape}
        return {"inline_struct_def": {"fields": fields}}
    return {"primitive_type": kind}


class InlineArrayDef(Model):
    """An array of which every item has one type."""

    array_type: TypeDefinition


class InlineMapDef(Model):
    """A map; its keys are of a primitive type other than JSON."""

    key_type: TypeDefinition
    value_type: TypeDefinition

    @model_validator(mode="after")
    def _primitive_keys(self) -> InlineMapDef:
        check_key_type(self.key_type.value_type)
        return self

    @property
    def value_type_of_map(self) -> MapType:
        return MapType(self.key_type.value_type, self.value_type.value_type)


class StructFieldDef(Model):
    """A field of a struct. One with a `default_value` (null counts) may be left out."""

    field_type: TypeDefinition
    default_value: VariableValue = None
    is_nullable: bool = False
    description: str | None = None

    @property
    def required(self) -> bool:
        return "default_value" not in self.model_fields_set and not self.is_nullable


class InlineStructDef(Model):
    """The fields of a struct, by name: letters and digits, a small letter first (`brandName`)."""

    fields: dict[str, StructFieldDef] = Field(max_length=STRUCT_FIELDS_MAX)

    @property
    def field_types(self) -> tuple[FieldType, ...]:
        """The fields as the types of values know them, not resolved."""
        return tuple(
            FieldType(
                name,
                one.field_type.value_type,
                one.required,
                one.default_value,
                one.is_nullable or ("default_value" in one.model_fields_set and one.default_value is None),
                one.field_type.masked,
            )
            for name, one in self.fields.items()
        )


class ReturnType(Model):
    """What a task or thread returns; no `return_type` inside means void."""

    return_type: TypeDefinition | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, data: Any) -> Any:
        short = isinstance(data, str | VariableType) or (
            isinstance(data, Mapping) and bool(data.keys() & set(TypeDefinition.KINDS))
        )
        return {"return_type": data} if short else data


class VariableDef(Model):
    """A named, typed value: an input of a task, or what a ThreadVarDef declares."""

    name: VariableName
    type_def: TypeDefinition
    default_value: VariableValue = None
    masked_value: bool = False

    @property
    def type(self) -> ValueType:
        """The type, not resolved."""
        return self.type_def.value_type

    @property
    def masked(self) -> bool:
        return self.masked_value or self.type_def.masked


class JsonIndex(Model):
    """Makes one path of a JSON_OBJ variable searchable."""

    field_path: str
    field_type: VariableType


INPUT = "INPUT"
"""The variable that a thread gets the failure, the event or the item in that it was started for."""


class ThreadVarDef(Model):
    """A variable of a ThreadSpec (features.md 5)."""

    var_def: VariableDef
    required: bool = False
    searchable: bool = False
    json_indexes: tuple[JsonIndex, ...] = ()
    access_level: WfRunVariableAccessLevel = Field(default=WfRunVariableAccessLevel.PRIVATE_VAR)

    @property
    def index_names(self) -> list[str]:
        """What searches call the variable, and its paths: `person`, `person_$.name`."""
        whole = [self.var_def.name] if self.searchable else []
        return whole + [self.index_name(index) for index in self.json_indexes]

    def index_name(self, index: JsonIndex) -> str:
        return f"{self.var_def.name}_{index.field_path}"

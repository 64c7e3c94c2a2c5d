"""written_types: types as users write them in a workflow."""

from __future__ import annotations

from typing import Any

from lhredis.model.enums import VariableType
from lhredis.model.ids import StructDefId
from lhredis.model.struct_class import is_struct_class, native_type, struct_name
from lhredis.model.types import TypeDefinition
from lhredis.model.value_types import NEWEST, ArrayType, InlineStructType, MapType, StructType
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make

WrittenType = VariableType | TypeDefinition | ArrayType | MapType | StructType | InlineStructType | type | str
"""A VariableType or its name, a Python type (`int`, `list[int]`, a class of @lh_struct_def) or the model."""


def type_definition(written: Any) -> TypeDefinition:
    """The model of a type; WorkflowBuildError names what is none."""
    if isinstance(written, TypeDefinition):
        return written
    if isinstance(written, ArrayType | MapType | StructType | InlineStructType):
        return checked(lambda: TypeDefinition.of(written))
    if isinstance(written, VariableType | str):
        return make(TypeDefinition, primitive_type=checked(lambda: VariableType.parse(written)))
    try:
        return checked(lambda: TypeDefinition.of(native_type(written)))
    except TypeError as error:
        raise WorkflowBuildError(str(error)) from None


def struct_def_id(struct_def: object, version: int = NEWEST) -> StructDefId:
    """The StructDef that a name or a class of @lh_struct_def means."""
    if is_struct_class(struct_def):
        assert isinstance(struct_def, type)
        return make(StructDefId, name=struct_name(struct_def), version=version)
    if not isinstance(struct_def, str):
        raise WorkflowBuildError(
            f"a StructDef is named, or given by a class of @lh_struct_def; got {struct_def!r}"
        )
    return make(StructDefId, name=struct_def, version=version)

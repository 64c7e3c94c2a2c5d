"""assignments: how a WfSpec says where a value comes from, and what happens to a variable."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from lhredis.model.enums import Comparator, VariableMutationType
from lhredis.model.ids import Model, StructDefId
from lhredis.model.limits import LH_PATH_SELECTORS_MAX, MAP_BUILDER_ENTRIES_MAX, NUMBER_MAX, STRUCT_FIELDS_MAX
from lhredis.model.one_of import exactly_one, given_of
from lhredis.model.types import InlineMapDef, TypeDefinition
from lhredis.model.values import VariableValue


class NodeOutputReference(Model):
    """The output of the latest run of a node in the same ThreadRun."""

    node_name: str


class FormatString(Model):
    """`{0}`, `{1}` … in `format` are replaced by `args`."""

    format: VariableAssignment
    args: tuple[VariableAssignment, ...] = ()


class Expression(Model):
    """`lhs mutation_type rhs`, or `lhs comparator rhs`."""

    lhs: VariableAssignment
    rhs: VariableAssignment
    mutation_type: VariableMutationType | None = None
    comparator: Comparator | None = None

    @model_validator(mode="after")
    def _one_operation(self) -> Expression:
        exactly_one(self, ("mutation_type", "comparator"))
        return self


class SizeOf(Model):
    """The number of characters of a STR, or of items of an array."""

    operand: VariableAssignment


class InlineStructFieldValue(Model):
    """What a field gets: a value, or a struct that is built of its own fields."""

    simple_value: VariableAssignment | None = None
    sub_structure: InlineStructBuilder | None = None

    @model_validator(mode="after")
    def _one_value(self) -> InlineStructFieldValue:
        exactly_one(self, ("simple_value", "sub_structure"))
        return self


class InlineStructBuilder(Model):
    """Fields of a struct by name."""

    fields: dict[str, InlineStructFieldValue] = Field(max_length=STRUCT_FIELDS_MAX)


class StructBuilder(Model):
    """A new Struct of this StructDef."""

    struct_def_id: StructDefId
    value: InlineStructBuilder


class MapBuilderEntry(Model):
    """A key and its value."""

    key: VariableAssignment
    value: VariableAssignment


class MapBuilder(Model):
    """A new Map. Without a `map_type` it is of the type that is declared where it goes to."""

    entries: tuple[MapBuilderEntry, ...] = Field(default=(), max_length=MAP_BUILDER_ENTRIES_MAX)
    map_type: InlineMapDef | None = None


class Selector(Model):
    """One step into a value: the name of a field or key, the index of an item, or (`dynamic`) whichever of
    them a value says."""

    key: str | None = None
    index: int | None = Field(default=None, ge=-NUMBER_MAX, le=NUMBER_MAX)
    dynamic: VariableAssignment | None = None

    @model_validator(mode="after")
    def _one_selector(self) -> Selector:
        exactly_one(self, ("key", "index", "dynamic"))
        return self


class LHPath(Model):
    """A place inside of a Struct, Map, Array or JSON value."""

    path: tuple[Selector, ...] = Field(min_length=1, max_length=LH_PATH_SELECTORS_MAX)


class VariableAssignment(Model):
    """Where a value comes from: one source, then optionally a path into it, then a cast."""

    literal_value: VariableValue = None
    variable_name: str | None = None
    node_output: NodeOutputReference | None = None
    format_string: FormatString | None = None
    expression: Expression | None = None
    size_of: SizeOf | None = None
    struct_builder: StructBuilder | None = None
    map_builder: MapBuilder | None = None
    json_path: str | None = None
    lh_path: LHPath | None = None
    target_type: TypeDefinition | None = None

    SOURCES: ClassVar[tuple[str, ...]] = (
        "literal_value",
        "variable_name",
        "node_output",
        "format_string",
        "expression",
        "size_of",
        "struct_builder",
        "map_builder",
    )

    @model_validator(mode="after")
    def _one_source(self) -> VariableAssignment:
        exactly_one(self, self.SOURCES)
        if self.json_path is not None and self.lh_path is not None:
            raise ValueError("give json_path or lh_path, not both")
        return self

    @property
    def source(self) -> str:
        """The name of the source that was given."""
        return given_of(self, self.SOURCES)[0]


class VariableMutation(Model):
    """`lhs_name operation rhs_assignment`, the left side optionally at a path."""

    lhs_name: str
    lhs_json_path: str | None = None
    lhs_lh_path: LHPath | None = None
    operation: VariableMutationType
    rhs_assignment: VariableAssignment

    @model_validator(mode="after")
    def _one_path(self) -> VariableMutation:
        if self.lhs_json_path is not None and self.lhs_lh_path is not None:
            raise ValueError("give lhs_json_path or lhs_lh_path, not both")
        return self

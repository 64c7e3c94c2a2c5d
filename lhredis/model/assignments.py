"""assignments: how a WfSpec says where a value comes from, and what happens to a variable."""

from __future__ import annotations

from typing import ClassVar

from pydantic import model_validator

from lhredis.model.enums import Comparator, VariableMutationType
from lhredis.model.ids import Model
from lhredis.model.types import TypeDefinition
from lhredis.model.values import VariableValue


def given_of(model: Model, names: tuple[str, ...]) -> list[str]:
    """Which of these fields were given. A null gives nothing, but for `literal_value`: there it is one."""
    return [
        name
        for name in names
        if name in model.model_fields_set and (getattr(model, name) is not None or name == "literal_value")
    ]


def exactly_one(model: Model, names: tuple[str, ...]) -> None:
    """ValueError unless exactly one of these fields was given (a protobuf `oneof`)."""
    given = given_of(model, names)
    if len(given) != 1:
        raise ValueError(f"give exactly one of {', '.join(names)}; got {', '.join(given) or 'none'}")


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


class VariableAssignment(Model):
    """Where a value comes from: one source, then optionally a JSONPath into it, then a cast."""

    literal_value: VariableValue = None
    variable_name: str | None = None
    node_output: NodeOutputReference | None = None
    format_string: FormatString | None = None
    expression: Expression | None = None
    size_of: SizeOf | None = None
    json_path: str | None = None
    target_type: TypeDefinition | None = None

    SOURCES: ClassVar[tuple[str, ...]] = (
        "literal_value",
        "variable_name",
        "node_output",
        "format_string",
        "expression",
        "size_of",
    )

    @model_validator(mode="after")
    def _one_source(self) -> VariableAssignment:
        exactly_one(self, self.SOURCES)
        return self

    @property
    def source(self) -> str:
        """The name of the source that was given."""
        return given_of(self, self.SOURCES)[0]


class VariableMutation(Model):
    """`lhs_name operation rhs_assignment`, the left side optionally at a JSONPath."""

    lhs_name: str
    lhs_json_path: str | None = None
    operation: VariableMutationType
    rhs_assignment: VariableAssignment

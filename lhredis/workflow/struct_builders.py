"""struct_builders: Structs and Maps that a WfRun builds of other values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from lhredis.model.assignments import (
    InlineStructBuilder,
    InlineStructFieldValue,
    MapBuilder,
    MapBuilderEntry,
    StructBuilder,
    VariableAssignment,
)
from lhredis.model.ids import StructDefId
from lhredis.model.types import InlineMapDef
from lhredis.workflow.build_errors import WorkflowBuildError, make
from lhredis.workflow.operand import Operand, as_operand
from lhredis.workflow.written_types import WrittenType, struct_def_id, type_definition

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft


class LHInlineStructBuilder:
    """The fields of a struct that has no StructDef of its own, to be put into a field."""

    def __init__(self) -> None:
        self._fields: dict[str, Operand | LHInlineStructBuilder] = {}

    def put(self, field: str, value: object) -> Self:
        """Give a field its value: an operand, a plain value or another inline struct. Returns itself."""
        if not isinstance(field, str):
            raise WorkflowBuildError(f"the name of a field is a str; got {field!r}")
        if field in self._fields:
            raise WorkflowBuildError(f"the field {field!r} is put already")
        self._fields[field] = value if isinstance(value, LHInlineStructBuilder) else as_operand(value)
        return self

    def _to_model(self, thread: ThreadDraft) -> InlineStructBuilder:
        fields = {name: _field(value, thread) for name, value in self._fields.items()}
        return make(InlineStructBuilder, fields=fields)


def _field(value: Operand | LHInlineStructBuilder, thread: ThreadDraft) -> InlineStructFieldValue:
    if isinstance(value, LHInlineStructBuilder):
        return make(InlineStructFieldValue, sub_structure=value._to_model(thread))
    return make(InlineStructFieldValue, simple_value=value.assignment_in(thread))


class LHStructBuilder(Operand):
    """`wf.build_struct("car").put("make", "Honda").put("mileage", x)`: a new Struct."""

    def __init__(self, struct_def: str | type, version: int = -1) -> None:
        self._id: StructDefId = struct_def_id(struct_def, version)
        self._inside = LHInlineStructBuilder()

    def put(self, field: str, value: object) -> Self:
        """Give a field its value: an operand, a plain value or an inline struct. Returns itself."""
        self._inside.put(field, value)
        return self

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        builder = make(StructBuilder, struct_def_id=self._id, value=self._inside._to_model(thread))
        return make(VariableAssignment, struct_builder=builder)


class LHMapBuilder(Operand):
    """`wf.build_map(str, int).put("a", x)`: a new Map. Without types, it is of the type of the variable
    that it is given to."""

    def __init__(self, key_type: WrittenType | None = None, value_type: WrittenType | None = None) -> None:
        if (key_type is None) != (value_type is None):
            raise WorkflowBuildError("a map has a type of keys and a type of values; give both, or none")
        self._map_type: InlineMapDef | None = None
        if key_type is not None:
            self._map_type = make(
                InlineMapDef, key_type=type_definition(key_type), value_type=type_definition(value_type)
            )
        self._entries: list[tuple[Operand, Operand]] = []

    def put(self, key: object, value: object) -> Self:
        """One more entry; both are operands or plain values. Returns itself."""
        self._entries.append((as_operand(key), as_operand(value)))
        return self

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        entries = tuple(
            make(MapBuilderEntry, key=key.assignment_in(thread), value=value.assignment_in(thread))
            for key, value in self._entries
        )
        given: dict[str, Any] = {"map_type": self._map_type} if self._map_type is not None else {}
        return make(VariableAssignment, map_builder=make(MapBuilder, entries=entries, **given))


class StructBuilders:
    """Part of WorkflowThread. Each returns a value and adds nothing to the thread."""

    def build_struct(self, struct_def: str | type, version: int = -1) -> LHStructBuilder:
        """A new Struct of a StructDef, given by its name or as a class of @lh_struct_def."""
        return LHStructBuilder(struct_def, version)

    def build_inline_struct(self) -> LHInlineStructBuilder:
        """The fields of a struct inside of another one."""
        return LHInlineStructBuilder()

    def build_map(
        self, key_type: WrittenType | None = None, value_type: WrittenType | None = None
    ) -> LHMapBuilder:
        """A new Map."""
        return LHMapBuilder(key_type, value_type)

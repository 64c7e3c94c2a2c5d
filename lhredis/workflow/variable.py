"""variable: a variable of a thread: its declaration, its value, and its changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from lhredis.model.assignments import VariableAssignment
from lhredis.model.enums import VariableMutationType, VariableType, WfRunVariableAccessLevel
from lhredis.model.types import JsonIndex, ThreadVarDef, TypeDefinition, VariableDef
from lhredis.model.value_types import ValueType
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.default_values import default_form
from lhredis.workflow.json_paths import check_path
from lhredis.workflow.operators import no_list
from lhredis.workflow.pathed import Pathed, PathStep, same_path

if TYPE_CHECKING:
    from lhredis.workflow.thread_draft import ThreadDraft

JSON_TYPES = (VariableType.JSON_OBJ, VariableType.JSON_ARR)


@dataclass(eq=False, slots=True)
class VariableDraft:
    """What is declared of a variable so far; `default_form` is in JSON form."""

    name: str
    type_def: TypeDefinition
    default_form: Any = None
    required: bool = False
    searchable: bool = False
    masked: bool = False
    json_indexes: list[JsonIndex] = field(default_factory=list)
    access_level: WfRunVariableAccessLevel = WfRunVariableAccessLevel.PRIVATE_VAR

    def to_model(self) -> ThreadVarDef:
        var_given: dict[str, Any] = {} if self.default_form is None else {"default_value": self.default_form}
        given: dict[str, Any] = {}
        if self.access_level is not WfRunVariableAccessLevel.PRIVATE_VAR:
            given["access_level"] = self.access_level
        if self.required:
            given["required"] = True
        if self.searchable:
            given["searchable"] = True
        if self.json_indexes:
            given["json_indexes"] = tuple(self.json_indexes)
        type_def = self.type_def.model_copy(update={"masked": True}) if self.masked else self.type_def
        return make(
            ThreadVarDef, var_def=make(VariableDef, name=self.name, type_def=type_def, **var_given), **given
        )


class WfRunVariable(Pathed):
    """A variable of a ThreadSpec. WorkflowThread's `declare_*` and `find_variable` make them.

    `required()`, `searchable()` … change the declaration and return the variable itself.
    `assign`, `x["field"] = value` and `x += 1` change its value when the WfRun comes there.
    """

    def __init__(
        self,
        draft: VariableDraft,
        thread: ThreadDraft,
        json_path: str | None = None,
        lh_path: tuple[PathStep, ...] = (),
    ) -> None:
        self._draft = draft
        self._thread = thread
        self.json_path = json_path
        self.lh_path = lh_path

    @property
    def name(self) -> str:
        return self._draft.name

    @property
    def type(self) -> ValueType:
        return self._draft.type_def.value_type

    def required(self) -> Self:
        """Whoever starts the thread has to give a value that is not null."""
        self._draft.required = True
        return self

    def searchable(self) -> Self:
        """WfRuns can be found by this value."""
        self._draft.searchable = True
        return self

    def searchable_on(self, field_path: str, field_type: VariableType) -> Self:
        """WfRuns can be found by what is at this JSONPath of a JSON variable."""
        self._check_json("an index on a path")
        index = make(JsonIndex, field_path=check_path(field_path), field_type=field_type)
        self._draft.json_indexes.append(index)
        return self

    def masked(self) -> Self:
        """People see `*****`; tasks and expressions see the value."""
        self._draft.masked = True
        return self

    def with_default(self, default_value: object) -> Self:
        """The value if none, or null, is given at the start. It has to fit the type."""
        self._draft.default_form = default_form(self.name, self.type, default_value)
        return self

    def as_public(self) -> Self:
        """Part of the WfSpec's interface: child WfRuns may read and write it."""
        return self.with_access_level(WfRunVariableAccessLevel.PUBLIC_VAR)

    def as_inherited(self) -> Self:
        """Lives in the parent WfRun, where it is public."""
        return self.with_access_level(WfRunVariableAccessLevel.INHERITED_VAR)

    def with_access_level(self, access_level: WfRunVariableAccessLevel | str) -> Self:
        self._draft.access_level = checked(lambda: WfRunVariableAccessLevel.parse(access_level))
        return self

    def assign(self, rhs: object) -> None:
        """Give it this value, in the thread that is being built, when the WfRun comes there."""
        self._mutate(VariableMutationType.ASSIGN, rhs)

    def assignment_in(self, thread: ThreadDraft) -> VariableAssignment:
        self._check_scope(thread)
        return make(VariableAssignment, variable_name=self.name, **self._path_given(thread))

    def _check_scope(self, thread: ThreadDraft) -> None:
        """A thread sees its own variables and those of the threads that it comes from."""
        if not any(each is self._thread for each in thread._lineage()):
            raise WorkflowBuildError(
                f"the variable {self.name!r} belongs to the thread {self._thread._name!r} "
                f"and cannot be seen in {thread._name!r}"
            )

    def _at(self, json_path: str | None, lh_path: tuple[PathStep, ...]) -> WfRunVariable:
        if json_path is not None:
            self._check_json("a JSONPath into it")
        elif isinstance(self.type, VariableType) and self.type not in JSON_TYPES:
            raise WorkflowBuildError(
                f"the variable {self.name!r} is {self.type.name}; a path into it needs a struct, a map, "
                "an array, JSON_OBJ or JSON_ARR"
            )
        return WfRunVariable(self._draft, self._thread, json_path, lh_path)

    def _check_json(self, what: str) -> None:
        if self.type not in JSON_TYPES:
            raise WorkflowBuildError(
                f"the variable {self.name!r} is {self.type.name}; {what} needs JSON_OBJ or JSON_ARR"
            )

    def _mutate(self, operation: VariableMutationType, rhs: object) -> Self:
        self._thread._spec.active_thread().mutate(self, operation, rhs)
        return self

    def __setitem__(self, field: PathStep, value: object) -> None:
        place = self.get(field)
        changed_already = (
            isinstance(value, WfRunVariable) and value._draft is self._draft and same_path(value, place)
        )
        if not changed_already:  # else Python stores back the result of `x["n"] += 1`
            place.assign(value)

    def __iadd__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.ADD, no_list(other))

    def __isub__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.SUBTRACT, other)

    def __imul__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.MULTIPLY, other)

    def __itruediv__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.DIVIDE, other)

    def __ipow__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.POW, other)

    def __iand__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.AND, other)

    def __ior__(self, other: object) -> Self:  # type: ignore[override]
        return self._mutate(VariableMutationType.OR, other)

    def __repr__(self) -> str:
        return f"<WfRunVariable {self.name}{self._path_text()[1:]} {self.type.name}>"

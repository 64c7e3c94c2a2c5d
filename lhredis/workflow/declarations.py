"""declarations: declare the variables of a thread, and find them again."""

from __future__ import annotations

from lhredis.model.enums import VariableType, WfRunVariableAccessLevel
from lhredis.model.ids import check_name
from lhredis.model.types import InlineArrayDef, InlineMapDef, TypeDefinition
from lhredis.workflow.build_errors import WorkflowBuildError, checked, make
from lhredis.workflow.thread_draft import ThreadDraft
from lhredis.workflow.variable import VariableDraft, WfRunVariable
from lhredis.workflow.written_types import WrittenType, struct_def_id, type_definition


class Declarations(ThreadDraft):
    """A name is letters, digits and inner hyphens, and is used once in the whole workflow.

    The exception is `INPUT`, which any thread may declare to see what it was started with.
    """

    def add_variable(
        self,
        variable_name: str,
        variable_type: WrittenType,
        access_level: WfRunVariableAccessLevel | str = WfRunVariableAccessLevel.PRIVATE_VAR,
        default_value: object = None,
    ) -> WfRunVariable:
        """Declare a variable; without a default it starts as null. The default has to fit the type.

        The type is a VariableType or its name, a Python type (`int`, `list[int]` for a native array, a
        class of @lh_struct_def), or a TypeDefinition.
        """
        self._check_active()
        if not isinstance(variable_name, str):
            raise WorkflowBuildError(f"the name of a variable is a str; got {type(variable_name).__name__}")
        if variable_name in self._variables:
            raise WorkflowBuildError(f"the variable {variable_name!r} is declared already in this thread")
        name = checked(lambda: check_name(variable_name))
        draft = VariableDraft(name, type_definition(variable_type))
        variable = WfRunVariable(draft, self).with_access_level(access_level).with_default(default_value)
        self._spec.take_variable_name(name)
        self._variables[name] = variable
        return variable

    def find_variable(self, variable_name: str) -> WfRunVariable:
        """The variable of this name, of this thread or of one that it comes from."""
        for thread in self._lineage():
            if variable_name in thread._variables:
                return thread._variables[variable_name]
        known = sorted(name for thread in self._lineage() for name in thread._variables)
        raise WorkflowBuildError(f"no variable {variable_name!r}; there are: {', '.join(known) or 'none'}")

    def declare_bool(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.BOOL, default_value=default_value)

    def declare_int(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.INT, default_value=default_value)

    def declare_str(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.STR, default_value=default_value)

    def declare_double(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.DOUBLE, default_value=default_value)

    def declare_bytes(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.BYTES, default_value=default_value)

    def declare_json_arr(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.JSON_ARR, default_value=default_value)

    def declare_json_obj(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.JSON_OBJ, default_value=default_value)

    def declare_timestamp(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.TIMESTAMP, default_value=default_value)

    def declare_wf_run_id(self, name: str, default_value: object = None) -> WfRunVariable:
        return self.add_variable(name, VariableType.WF_RUN_ID, default_value=default_value)

    def declare_array(
        self, name: str, element_type: WrittenType, default_value: object = None
    ) -> WfRunVariable:
        """A native array whose items are of one type: `int`, `list[int]` (arrays of arrays), a class of
        @lh_struct_def, a VariableType or a TypeDefinition."""
        element = type_definition(element_type)
        inside = make(InlineArrayDef, array_type=element)
        return self.add_variable(
            name, make(TypeDefinition, inline_array_def=inside), default_value=default_value
        )

    def declare_map(
        self, name: str, key_type: WrittenType, value_type: WrittenType, default_value: object = None
    ) -> WfRunVariable:
        """A native map; keys are of a primitive type, such as `str` or `int`."""
        inside = make(
            InlineMapDef, key_type=type_definition(key_type), value_type=type_definition(value_type)
        )
        return self.add_variable(
            name, make(TypeDefinition, inline_map_def=inside), default_value=default_value
        )

    def declare_struct(
        self, name: str, struct_def: str | type, version: int = -1, default_value: object = None
    ) -> WfRunVariable:
        """A Struct: the name of its StructDef, or a class of @lh_struct_def. Without a version, it is the
        newest one at the time of registration."""
        named = struct_def_id(struct_def, version)
        return self.add_variable(name, make(TypeDefinition, struct_def_id=named), default_value=default_value)

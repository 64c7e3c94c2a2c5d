"""declarations: declare the variables of a thread, and find them again."""

from __future__ import annotations

from lhredis.model.enums import VariableType, WfRunVariableAccessLevel
from lhredis.model.ids import check_name
from lhredis.workflow.build_errors import WorkflowBuildError, checked
from lhredis.workflow.thread_draft import ThreadDraft
from lhredis.workflow.variable import VariableDraft, WfRunVariable


class Declarations(ThreadDraft):
    """A name is letters, digits and inner hyphens, and is used once in the whole workflow.

    The exception is `INPUT`, which any thread may declare to see what it was started with.
    """

    def add_variable(
        self,
        variable_name: str,
        variable_type: VariableType,
        access_level: WfRunVariableAccessLevel | str = WfRunVariableAccessLevel.PRIVATE_VAR,
        default_value: object = None,
    ) -> WfRunVariable:
        """Declare a variable; without a default it starts as null. The default has to fit the type."""
        self._check_active()
        if not isinstance(variable_name, str):
            raise WorkflowBuildError(f"the name of a variable is a str; got {type(variable_name).__name__}")
        if variable_name in self._variables:
            raise WorkflowBuildError(f"the variable {variable_name!r} is declared already in this thread")
        name = checked(lambda: check_name(variable_name))
        draft = VariableDraft(name, checked(lambda: VariableType.parse(variable_type)))
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

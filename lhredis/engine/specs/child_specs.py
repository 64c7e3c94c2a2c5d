"""child_specs: what a WfSpec may say of the WfSpecs whose runs are its children or its parent, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lhredis.engine.language.declared import EngineType
from lhredis.engine.language.expressions import Typed, converted
from lhredis.engine.language.scope import Scope
from lhredis.model.child_wf_nodes import WaitForChildWfNode
from lhredis.model.enums import WfRunVariableAccessLevel
from lhredis.model.types import ThreadVarDef

if TYPE_CHECKING:
    from lhredis.engine.threads import VariableProgram


def child_variables(name: str | None, major: int | None, scope: Scope) -> dict[str, VariableProgram]:
    """The variables of thread 0 of a WfSpec whose runs are children, if that is known before the run."""
    program = scope.children.get((name, major)) if name is not None else None
    if program is None:
        return {}
    return {variable.name: variable for variable in program.threads[program.entrypoint].variables}


def check_child_inputs(
    name: str, major: int | None, inputs: Mapping[str, Typed], scope: Scope, path: str
) -> None:
    """The inputs of a child run go with its WfSpec as that is now. Problems go to the scope."""
    if (name, major) not in scope.children:
        scope.problem(f"{path}.wf_spec_name", f"could not find WfSpec {name!r}")
        return
    variables = child_variables(name, major, scope)
    for input_name, typed in inputs.items():
        at = f"{path}.inputs.{input_name}"
        variable = variables.get(input_name)
        if variable is None:
            scope.problem(at, f"WfSpec {name!r} has no variable {input_name!r}")
            continue
        converted(typed, variable.type, scope, at, f"variable {input_name!r} of WfSpec {name!r}")
    for variable in variables.values():
        if variable.required and variable.name not in inputs:
            scope.problem(f"{path}.inputs", f"variable {variable.name!r} of WfSpec {name!r} is required")


def return_type_of_child(node: WaitForChildWfNode, scope: Scope) -> EngineType | None:
    """What a WAIT_FOR_CHILD_WF node gives, if the spec of its child is known before the run."""
    source = scope.thread_specs[scope.thread].nodes.get(node.child_wf_run_source_node or "")
    if source is None or source.run_child_wf is None or source.run_child_wf.wf_spec_name is None:
        return None
    program = scope.children.get((source.run_child_wf.wf_spec_name, source.run_child_wf.major_version))
    return program.threads[program.entrypoint].return_type if program is not None else None


def check_inherited(variable: ThreadVarDef, scope: Scope, path: str, is_entrypoint: bool) -> None:
    """An INHERITED_VAR is a variable of the parent's thread 0, not private there, and of the same type."""
    name = variable.var_def.name
    if not scope.has_parent:
        scope.problem(path, f"variable {name!r} is INHERITED_VAR, but this WfSpec has no parent")
        return
    if not is_entrypoint:
        scope.problem(path, f"variable {name!r} is INHERITED_VAR: only the entrypoint thread inherits")
    if scope.parent_variables is None:
        return
    theirs = scope.parent_variables.get(name)
    if theirs is None or theirs.access_level is WfRunVariableAccessLevel.PRIVATE_VAR:
        scope.problem(path, f"the parent WfSpec has no variable {name!r} that can be inherited")
    elif theirs.var_def.type != variable.var_def.type:
        scope.problem(
            path, f"variable {name!r} has another type in the parent WfSpec: {theirs.var_def.type.name}"
        )

"""run_child_wf: starts a child WfRun; its id is the output (semantics.md 4, features.md 15)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2s
from typing import TYPE_CHECKING

from lhredis.engine.events import RunStarted
from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.declared import type_text
from lhredis.engine.language.expressions import Getter, compile_assignment
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.typed import Typed, truncated
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.node_state import ChildWfStarted
from lhredis.engine.nodes.nop import check
from lhredis.engine.run import NodeRun, Run, SpecVersion, ThreadRun
from lhredis.engine.specs.child_specs import check_child_inputs, child_variables
from lhredis.engine.threads import initial_variables
from lhredis.model.assignments import VariableAssignment
from lhredis.model.child_wf_nodes import RunChildWfNode
from lhredis.model.enums import LHErrorType, VariableType
from lhredis.model.ids import check_name
from lhredis.model.limits import WF_RUN_DEPTH_MAX
from lhredis.model.nodes import Node
from lhredis.model.values import WfRunId

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output", "output_type"]


@dataclass(slots=True, frozen=True)
class RunChild:
    """Which WfSpec: `name` with its pinned major version, or what `get_name` gives. The child's part of its
    id is what `get_id` gives, or random. Which types its `inputs` must have, only the run can tell: the
    WfSpec may have a newer revision by then."""

    name: str | None
    major: int | None
    get_name: Getter | None
    inputs: tuple[tuple[str, Typed], ...]
    get_id: Getter | None


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> VariableType | None:
    return T.WF_RUN_ID


def compile(spec: RunChildWfNode, scope: Scope, path: str) -> RunChild:
    get_name = get_id = None
    if spec.wf_spec_var is not None:
        get_name = _text(spec.wf_spec_var, "the name of a WfSpec", scope, f"{path}.wf_spec_var")
    if spec.child_id is not None:
        get_id = _text(spec.child_id, "the id of a WfRun", scope, f"{path}.child_id")
    declared = child_variables(spec.wf_spec_name, spec.major_version, scope)
    inputs = {}
    for name, assignment in spec.inputs.items():
        is_read_as = name in declared and assignment.source == "literal_value"
        wanted = (declared[name].type,) if is_read_as else ()
        inputs[name] = compile_assignment(assignment, scope, f"{path}.inputs.{name}", wanted=wanted)
    if scope.strict and spec.wf_spec_name is not None:
        check_child_inputs(spec.wf_spec_name, spec.major_version, inputs, scope, path)
    return RunChild(spec.wf_spec_name, spec.major_version, get_name, tuple(inputs.items()), get_id)


def _text(assignment: VariableAssignment, what: str, scope: Scope, path: str) -> Getter:
    """What gives a STR when the node is reached; VarSubError when it does not."""
    typed = compile_assignment(assignment, scope, path)
    if typed.type not in (None, T.STR):
        scope.problem(path, f"{what} is a STR; this is {type_text(typed.type)}")

    def get(thread: ThreadRun) -> str:
        text = typed.get(thread)
        if type(text) is not str:
            raise VarSubError(f"{what} is a STR; got {type_name(text)}")
        return text

    return get


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: RunChild) -> None:
    version = _find(step, thread, body)
    program = step.world.program(version)
    variables = program.threads[program.entrypoint].variables
    types = {variable.name: variable.type for variable in variables}
    inputs = {name: truncated(typed, types.get(name), thread) for name, typed in body.inputs}
    try:
        initial_variables(variables, inputs)
    except VarSubError as error:
        raise VarSubError(f"inputs of WfSpec {version.name!r}: {error}") from None
    if program.parent is not None and program.parent != step.run.followed.name:
        raise NodeFailed(
            LHErrorType.CHILD_FAILURE.name,
            f"WfSpec {version.name!r} is for children of {program.parent!r} only",
        )
    if step.run.id.count("_") + 2 > WF_RUN_DEPTH_MAX:
        raise NodeFailed(
            LHErrorType.CHILD_FAILURE.name,
            f"WfRuns nest at most {WF_RUN_DEPTH_MAX} levels deep (WF_RUN_DEPTH_MAX)",
        )
    child = _child(step, thread, body, version)
    node_run.state = ChildWfStarted(child.id, version, inputs)
    trigger = (thread.number, node_run.position)
    step.start_child(child, RunStarted(step.now_ms, step.nonce, inputs, trigger))
    step.put_output(thread, node_run, WfRunId(child.id))


def _find(step: Step, thread: ThreadRun, body: RunChild) -> SpecVersion:
    name = body.get_name(thread) if body.get_name is not None else body.name
    assert name is not None
    version = step.world.newest(name, body.major)
    if version is None:
        raise NodeFailed(LHErrorType.CHILD_FAILURE.name, f"Couldn't find WfSpec {name}")
    return version


def _child(step: Step, thread: ThreadRun, body: RunChild, version: SpecVersion) -> Run:
    """A child that was not started yet; of one whose id was known before, events may be kept."""
    if body.get_id is None:
        return Run(f"{step.run.id}_{_new_id(step, thread)}", step.run.tenant, version)
    try:
        wf_run_id = f"{step.run.id}_{check_name(body.get_id(thread))}"
    except ValueError as error:
        raise VarSubError(f"the id of a WfRun has {error}") from None
    child = step.other_run(wf_run_id)
    if child is None:
        return Run(wf_run_id, step.run.tenant, version)
    if child.spec is not None:
        raise NodeFailed(LHErrorType.CHILD_FAILURE.name, f"WfRun with id {wf_run_id} already exists!")
    child.spec = version
    return child


def _new_id(step: Step, thread: ThreadRun) -> str:
    """Unlike any other, and telling nothing of the nonce, which is a secret of the tasks' tokens."""
    of = f"{step.nonce}/{step.run.id}/{thread.number}/{thread.position}"
    return blake2s(of.encode(), digest_size=8).hexdigest()

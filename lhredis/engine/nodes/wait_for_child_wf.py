"""wait_for_child_wf: waits until a child WfRun ends; what that returned is the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine import deadlines
from lhredis.engine.child_wfs import end_of
from lhredis.engine.failures import NodeFailed
from lhredis.engine.language.declared import EngineType
from lhredis.engine.language.expressions import Getter, compile_into
from lhredis.engine.language.scope import Scope
from lhredis.engine.language.values import T, VarSubError, type_name
from lhredis.engine.node_state import ChildWfEnd, ChildWfWait
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.engine.specs.child_specs import return_type_of_child
from lhredis.model.child_wf_nodes import WaitForChildWfNode
from lhredis.model.enums import TERMINAL_STATUSES, LHErrorType, LHStatus
from lhredis.model.nodes import Node

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def has_output(node: Node, scope: Scope) -> bool:
    return True


def output_type(node: Node, scope: Scope) -> EngineType | None:
    assert node.wait_for_child_wf is not None
    return return_type_of_child(node.wait_for_child_wf, scope)


@dataclass(slots=True, frozen=True)
class Wait:
    child_id: Getter
    timeout: Getter | None


def compile(spec: WaitForChildWfNode, scope: Scope, path: str) -> Wait:
    source = spec.child_wf_run_source_node
    if source is not None and source not in scope.thread_specs[scope.thread].nodes:
        scope.problem(f"{path}.child_wf_run_source_node", f"there is no node {source!r} in this ThreadSpec")
    child_id = compile_into(spec.child_wf_run_id, T.WF_RUN_ID, scope, f"{path}.child_wf_run_id", "the child")
    return Wait(child_id, deadlines.compile_timeout(spec.timeout_seconds, scope, path))


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Wait) -> None:
    child_id = body.child_id(thread)
    if child_id is None:
        raise VarSubError(f"the id of a child WfRun is a WF_RUN_ID; got {type_name(child_id)}")
    if child_id.rpartition("_")[0] != step.run.id:
        raise VarSubError(f"WfRun {str(child_id)!r} is no child of {step.run.id!r}")
    child = step.other_run(child_id)
    if child is None:
        raise NodeFailed(LHErrorType.CHILD_FAILURE.name, f"there is no WfRun {str(child_id)!r}")
    wait = node_run.state = ChildWfWait(str(child_id))
    if child.status in TERMINAL_STATUSES:
        wait.end = end_of(child)
    deadlines.begin(step, thread, node_run, body.timeout)


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Wait) -> bool:
    wait = node_run.state
    assert isinstance(wait, ChildWfWait)
    what = f"the child WfRun {wait.wf_run_id} did not end"
    return deadlines.within(
        step, thread, node_run, what, lambda: _has_ended(step, thread, node_run, wait.end)
    )


def _has_ended(step: Step, thread: ThreadRun, node_run: NodeRun, end: ChildWfEnd | None) -> bool:
    if end is None:
        return False
    if end.status is LHStatus.COMPLETED:
        step.put_output(thread, node_run, end.output)
        return True
    message = f"Child WfRun failed: {end.message}"
    if end.status is LHStatus.EXCEPTION:
        raise NodeFailed(end.failure_name, message, end.content)
    raise NodeFailed(LHErrorType.CHILD_FAILURE.name, message)

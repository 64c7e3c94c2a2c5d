"""wait_for_condition: waits until a condition holds, looked at whenever the run moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lhredis.engine import deadlines
from lhredis.engine.language.expressions import Getter, compile_condition
from lhredis.engine.language.scope import Scope
from lhredis.engine.nodes.nop import has_output
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.event_nodes import WaitForConditionNode

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output"]


@dataclass(slots=True, frozen=True)
class Condition:
    holds: Callable[[ThreadRun], bool]
    timeout: Getter | None


def compile(spec: WaitForConditionNode, scope: Scope, path: str) -> Condition:
    holds = compile_condition(spec.condition, scope, f"{path}.condition")
    return Condition(holds, deadlines.compile_timeout(spec.timeout_seconds, scope, path))


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: Condition) -> None:
    deadlines.begin(step, thread, node_run, body.timeout)


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Condition) -> bool:
    what = "the condition did not come to hold"
    return deadlines.within(step, thread, node_run, what, lambda: body.holds(thread))

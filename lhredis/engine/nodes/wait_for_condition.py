"""wait_for_condition: waits until a condition holds, looked at whenever the run moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lhredis.engine.language.expressions import compile_condition
from lhredis.engine.language.scope import Scope
from lhredis.engine.nodes.nop import arrive, has_output
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.event_nodes import WaitForConditionNode

if TYPE_CHECKING:
    from lhredis.engine.advance import Step

__all__ = ["arrive", "check", "compile", "has_output"]

Condition = Callable[[ThreadRun], bool]


def compile(spec: WaitForConditionNode, scope: Scope, path: str, strict: bool) -> Condition:
    return compile_condition(spec.condition, scope, f"{path}.condition")


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: Condition) -> bool:
    return body(thread)

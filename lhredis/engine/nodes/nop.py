"""nop: a node that does nothing; branches and loops hang on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.language.scope import Scope
from lhredis.engine.run import NodeRun, ThreadRun
from lhredis.model.nodes import EntrypointNode, Node, NopNode

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def has_output(node: Node, scope: Scope) -> bool:
    return False


def compile(spec: NopNode | EntrypointNode, scope: Scope, path: str) -> None:
    return None


def arrive(step: Step, thread: ThreadRun, node_run: NodeRun, body: None) -> None:
    return None


def check(step: Step, thread: ThreadRun, node_run: NodeRun, body: None) -> bool:
    return True

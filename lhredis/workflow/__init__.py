"""workflow: Python functions that compile to a WfSpec.

def greeting(wf: WorkflowThread) -> None:
    name = wf.declare_str("name").required()
    greeting = wf.execute("greet", name)
    with wf.if_(name == "Obi-Wan"):
        wf.execute("bow", greeting)

Workflow("greeting", greeting).compile()
"""

from lhredis.model.enums import (
    AllowedUpdateType,
    Comparator,
    LHErrorType,
    VariableMutationType,
    VariableType,
    WfRunVariableAccessLevel,
)
from lhredis.model.nodes import ExponentialBackoffRetryPolicy
from lhredis.workflow.branches import WorkflowIfStatement
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.format_string import LHFormatString
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import CastExpression, ComparatorExpression, LHExpression
from lhredis.workflow.thread import WorkflowThread
from lhredis.workflow.thread_draft import ThreadFunction as ThreadInitializer
from lhredis.workflow.variable import WfRunVariable
from lhredis.workflow.workflow import Workflow

__all__ = [
    "AllowedUpdateType",
    "CastExpression",
    "Comparator",
    "ComparatorExpression",
    "ExponentialBackoffRetryPolicy",
    "LHErrorType",
    "LHExpression",
    "LHFormatString",
    "NodeOutput",
    "ThreadInitializer",
    "VariableMutationType",
    "VariableType",
    "WfRunVariable",
    "WfRunVariableAccessLevel",
    "Workflow",
    "WorkflowBuildError",
    "WorkflowIfStatement",
    "WorkflowThread",
]

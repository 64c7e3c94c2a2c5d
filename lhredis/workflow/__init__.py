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
    WaitForThreadsStrategy,
    WfRunVariableAccessLevel,
)
from lhredis.model.event_def import CorrelatedEventConfig
from lhredis.model.nodes import ExponentialBackoffRetryPolicy
from lhredis.model.struct_class import LHStructField, LHStructIgnore, lh_struct_def
from lhredis.model.types import TypeDefinition
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskField
from lhredis.model.wf_spec import ThreadRetentionPolicy
from lhredis.workflow.branches import WorkflowIfStatement
from lhredis.workflow.build_errors import WorkflowBuildError
from lhredis.workflow.child_wfs import SpawnedChildWf
from lhredis.workflow.events import ExternalEventNodeOutput, ThrowEventNodeOutput
from lhredis.workflow.format_string import LHFormatString
from lhredis.workflow.interrupts import InterruptHandler
from lhredis.workflow.node_output import NodeOutput
from lhredis.workflow.operand import CastExpression, ComparatorExpression, LHExpression
from lhredis.workflow.spawned import SpawnedThread, SpawnedThreads
from lhredis.workflow.struct_builders import LHInlineStructBuilder, LHMapBuilder, LHStructBuilder
from lhredis.workflow.thread import WorkflowThread
from lhredis.workflow.thread_draft import ThreadFunction as ThreadInitializer
from lhredis.workflow.user_tasks import UserTaskOutput
from lhredis.workflow.variable import WfRunVariable
from lhredis.workflow.waits import WaitForThreadsNodeOutput
from lhredis.workflow.workflow import Workflow

__all__ = [
    "AllowedUpdateType",
    "CastExpression",
    "Comparator",
    "ComparatorExpression",
    "CorrelatedEventConfig",
    "ExponentialBackoffRetryPolicy",
    "ExternalEventNodeOutput",
    "InterruptHandler",
    "LHErrorType",
    "LHExpression",
    "LHFormatString",
    "LHInlineStructBuilder",
    "LHMapBuilder",
    "LHStructBuilder",
    "LHStructField",
    "LHStructIgnore",
    "NodeOutput",
    "PutUserTaskDefRequest",
    "SpawnedChildWf",
    "SpawnedThread",
    "SpawnedThreads",
    "ThreadInitializer",
    "ThreadRetentionPolicy",
    "ThrowEventNodeOutput",
    "TypeDefinition",
    "UserTaskField",
    "UserTaskOutput",
    "VariableMutationType",
    "VariableType",
    "WaitForThreadsNodeOutput",
    "WaitForThreadsStrategy",
    "WfRunVariable",
    "WfRunVariableAccessLevel",
    "Workflow",
    "WorkflowBuildError",
    "WorkflowIfStatement",
    "WorkflowThread",
    "lh_struct_def",
]

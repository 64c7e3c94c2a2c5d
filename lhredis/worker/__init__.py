"""worker: the SDK for task workers: functions that take tasks from Redis streams and report.

from lhredis.worker import Worker, WorkerContext, task

@task
async def greet(name: str, ctx: WorkerContext) -> str:
    return f"hello {name}"

worker = Worker(greet)          # lhredis worker module:worker
"""

from lhredis.errors import LHTaskException
from lhredis.model.struct_class import LHStructField, LHStructIgnore, lh_struct_def
from lhredis.model.values import WfRunId
from lhredis.worker.checkpoints import AttemptStopped
from lhredis.worker.context import WorkerContext
from lhredis.worker.function import LHType, TaskFunction, TaskSignatureError, task
from lhredis.worker.health import WorkerHealth
from lhredis.worker.worker import Worker

__all__ = [
    "AttemptStopped",
    "LHStructField",
    "LHStructIgnore",
    "LHTaskException",
    "LHType",
    "TaskFunction",
    "TaskSignatureError",
    "WfRunId",
    "Worker",
    "WorkerContext",
    "WorkerHealth",
    "lh_struct_def",
    "task",
]

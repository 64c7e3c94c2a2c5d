"""thread: what the function of a workflow writes down its steps on."""

from __future__ import annotations

from lhredis.workflow.branches import Branches
from lhredis.workflow.calculations import Calculations
from lhredis.workflow.child_wfs import ChildWfs
from lhredis.workflow.condition_waits import ConditionWaits
from lhredis.workflow.declarations import Declarations
from lhredis.workflow.endings import Endings
from lhredis.workflow.events import Events
from lhredis.workflow.failures import FailureHandlers
from lhredis.workflow.interrupts import Interrupts
from lhredis.workflow.loops import Loops
from lhredis.workflow.sleeps import Sleeps
from lhredis.workflow.spawns import Spawns
from lhredis.workflow.struct_builders import StructBuilders
from lhredis.workflow.tasks import Tasks
from lhredis.workflow.user_tasks import UserTasks
from lhredis.workflow.waits import ThreadWaits


class WorkflowThread(
    Spawns,
    Declarations,
    Calculations,
    StructBuilders,
    Tasks,
    Branches,
    Loops,
    Sleeps,
    ConditionWaits,
    Events,
    Interrupts,
    ThreadWaits,
    ChildWfs,
    UserTasks,
    FailureHandlers,
    Endings,
):
    """The argument of a workflow function: each call adds a step, in the order of the calls.

    The function runs once, when the workflow is compiled. What its calls return stands for values
    of a later WfRun. A new subject is a new file with a class of its own, named here.
    """

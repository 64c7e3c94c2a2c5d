"""thread: what the function of a workflow writes down its steps on."""

from __future__ import annotations

from lhredis.workflow.branches import Branches
from lhredis.workflow.calculations import Calculations
from lhredis.workflow.declarations import Declarations
from lhredis.workflow.endings import Endings
from lhredis.workflow.failures import FailureHandlers
from lhredis.workflow.loops import Loops
from lhredis.workflow.sleeps import Sleeps
from lhredis.workflow.tasks import Tasks


class WorkflowThread(Declarations, Calculations, Tasks, Branches, Loops, Sleeps, FailureHandlers, Endings):
    """The argument of a workflow function: each call adds a step, in the order of the calls.

    The function runs once, when the workflow is compiled. What its calls return stands for values
    of a later WfRun. A new subject is a new file with a class of its own, named here.
    """

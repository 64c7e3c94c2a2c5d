"""child_wfs: what a child WfRun and its parent have to do with each other (semantics.md 4, features.md 15).

Both lie in one partition and change in one commit. A child reads and writes the variables that it
inherits in the parent's thread 0, and tells the parent when it has ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lhredis.engine.events import ChildWfEnded, InheritedChanged, RunStarted
from lhredis.engine.node_state import ChildWfEnd, ChildWfWait
from lhredis.engine.run import Run
from lhredis.errors import FailedPrecondition, InvalidArgument
from lhredis.model.enums import LHStatus
from lhredis.model.ids import check_depth

if TYPE_CHECKING:
    from lhredis.engine.advance import Step


def check_parent(step: Step, event: RunStarted) -> None:
    """A run whose spec names a parent is the child of a run of that spec; any other has no parent,
    unless a RUN_CHILD_WF node made it one. InvalidArgument, FailedPrecondition."""
    parent_id, wanted = step.run.parent_id, step.program.parent
    if parent_id is None:
        if wanted is not None:
            raise InvalidArgument(f"parent_wf_run_id is missing: the parent is a WfRun of {wanted!r}")
        return
    try:
        check_depth(step.run.id)
    except ValueError as error:
        raise InvalidArgument(f"parent_wf_run_id: {error}") from None
    parent = step.other_run(parent_id)
    if parent is None or not parent.threads:
        raise FailedPrecondition(f"there is no WfRun {parent_id!r} to be the parent")
    if wanted is None:
        if event.trigger is None:
            raise InvalidArgument("parent_wf_run_id: the runs of this WfSpec have no parent")
    elif parent.followed.name != wanted:
        raise FailedPrecondition(
            f"the parent is to be a WfRun of {wanted!r}; {parent_id!r} is one of {parent.followed.name!r}"
        )


def inherits(step: Step) -> bool:
    """Does the version that thread 0 follows see the parent's variables, or that of any other thread?"""
    if step.program.inherits:
        return True
    run = step.run
    if len(run.threads) == 1 or run.parent_id is None:
        return False
    return any(step.program_of(thread).inherits for thread in run.threads.values())


def inherit(step: Step) -> None:
    """Let thread 0 see the variables of the parent run, and of those that the parent inherits from."""
    run: Run = step.run
    inherits = True
    while inherits and run.parent_id is not None and run.threads:
        parent = step.other_run(run.parent_id)
        if parent is None or not parent.threads:
            return
        run.threads[0].inherits = parent.threads[0]
        inherits = step.world.program(parent.followed).inherits
        run = parent


def inherited_changed(step: Step, event: InheritedChanged) -> bool:
    """A child changed variables of this run, or of a run further up."""
    main = step.run.threads[0]
    further_up = []
    for name in event.names:
        if name in main.variables:
            step.put_variable(main, name)
        else:
            further_up.append(name)
    if further_up and step.run.parent_id is not None:
        step.tell(step.run.parent_id, InheritedChanged(event.now_ms, event.nonce, tuple(further_up)))
    return bool(step.effects)


def tell_parent(step: Step) -> None:
    """A run ended: its parent may wait for that."""
    parent_id = step.run.parent_id
    if parent_id is not None:
        event = ChildWfEnded(step.now_ms, step.nonce, step.run.id, end_of(step.run))
        step.tell(parent_id, event)


def end_of(run: Run) -> ChildWfEnd:
    """How an ended run ended."""
    main = run.threads[0]
    if main.status is LHStatus.COMPLETED:
        return ChildWfEnd(main.status, main.output)
    assert main.node is not None
    failure = main.node.failures[-1]
    return ChildWfEnd(main.status, None, failure.name, failure.message, failure.content)


def ended(step: Step, event: ChildWfEnded) -> bool:
    """A child run ended: whoever waits for it learns how, also a thread that may be rescued to wait on."""
    found = False
    for thread in step.run.threads.values():
        state = thread.node.state if thread.node is not None else None
        if (
            isinstance(state, ChildWfWait)
            and state.wf_run_id == event.wf_run_id
            and state.end is None
            and not thread.own_failures
        ):
            state.end = event.end
            found = True
    return found

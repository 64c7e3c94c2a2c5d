"""forms: workflows that ask people, remind them, and do not wait for ever."""

from __future__ import annotations

from lhredis.model.enums import VariableType
from lhredis.model.user_task_def import PutUserTaskDefRequest, UserTaskField
from lhredis.workflow import LHErrorType, WorkflowThread

FORM = PutUserTaskDefRequest(
    name="form",
    fields=(UserTaskField(name="by", type=VariableType.INT, required=True),
            UserTaskField(name="why", type=VariableType.STR)),
)  # fmt: skip
FILLED = {"by": 30, "why": "because"}


def fills_a_form(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "ann")
    n.assign(wf.execute("plus", n, form["by"].cast_to_int()))
    wf.execute("say", n)


def changes_hands(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", None, "jedi")
    wf.schedule_reminder_task_on_assignment(form, 1000, "note", "never sent")
    wf.cancel_user_task_run_after_assignment(form, 1000)
    n.assign(wf.execute("plus", n, form["by"].cast_to_int()))


def is_cancelled(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "ann").with_on_cancellation_exception("not-today")
    wf.cancel_user_task_run_after(form, 500)
    wf.handle_exception(form, lambda handler: handler.execute("note", "not today"), "not-today")
    wf.execute("say", n)


def has_deadlines(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "ann", "jedi")
    wf.schedule_reminder_task(form, 1, "say", n)
    wf.schedule_reminder_task_on_assignment(form, 1, "note", "yours")
    wf.reassign_user_task_on_deadline(form, 2, user_id="bob")
    wf.cancel_user_task_run_after_assignment(form, 3)
    wf.handle_error(
        form, lambda handler: handler.execute("note", "nobody did it"), LHErrorType.USER_TASK_CANCELLED
    )
    wf.execute("say", n)


def is_released(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "ann", "jedi")
    wf.release_to_group_on_deadline(form, 1)
    n.assign(wf.execute("plus", n, form["by"].cast_to_int()))


def reminds(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    form = wf.assign_user_task("form", "ann")
    for delay in (0, 1):
        wf.schedule_reminder_task(form, delay, "flaky", n)
    wf.execute("plus", n, form["by"].cast_to_int())


def asks_below_interrupts(wf: WorkflowThread) -> None:
    n = wf.declare_int("n")
    count = wf.declare_int("count", 0)
    with wf.on_interrupt("bump", event_type=int) as handler:
        by = handler.declare_int("INPUT")
        handler.sleep(1)
        count.assign(handler.execute("plus", count, by))

    def child(thread: WorkflowThread) -> None:
        form = thread.assign_user_task("form", "ann")
        n.assign(thread.execute("plus", n, form["by"].cast_to_int()))

    wf.wait_for_threads(wf.spawn_thread(child, "child"))
    wf.execute("say", count)

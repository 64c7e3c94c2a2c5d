"""workflow: ask a person, remind them, and do not wait for ever.

lhredis deploy examples.user_tasks.workflow
lhredis worker examples.user_tasks.tasks
lhredis run user-tasks item="a lightsaber" --id wish
lhredis user-task get wish
lhredis user-task complete wish
lhredis get wf-run wish
"""

from __future__ import annotations

from examples.user_tasks.tasks import order, remind_of_wish, tell_no
from lhredis.model.enums import VariableType
from lhredis.workflow import PutUserTaskDefRequest, UserTaskField, Workflow, WorkflowThread

approval = PutUserTaskDefRequest(
    name="approve-wish",
    description="May this be bought?",
    fields=(
        UserTaskField(name="approved", type=VariableType.BOOL, display_name="Approved", required=True),
        UserTaskField(name="limit", type=VariableType.DOUBLE, display_name="It may cost", required=True),
        UserTaskField(name="remark", type=VariableType.STR, display_name="Anything to say"),
    ),
)


def wish(wf: WorkflowThread) -> None:
    item = wf.declare_str("item").required()
    patience_seconds = wf.declare_int("patience-seconds", default_value=24 * 3600)

    form = wf.assign_user_task("approve-wish", user_id="obiwan", user_group="council")
    form.with_notes(wf.format("Somebody wishes for {0}.", item))
    form.with_on_cancellation_exception("no-answer")
    wf.schedule_reminder_task_on_assignment(form, 3600, remind_of_wish, item)
    wf.release_to_group_on_deadline(form, 2 * 3600)
    wf.cancel_user_task_run_after(form, patience_seconds)
    with wf.on_exception(form, "no-answer") as late:
        late.execute(tell_no, item)
        late.fail("no-answer", "Nobody has answered")

    approved = wf.declare_bool("approved")
    approved.assign(form.with_json_path("$.approved").cast_to_bool())
    with wf.if_(approved):
        wf.complete(wf.execute(order, item, form.with_json_path("$.limit").cast_to_double()))
    wf.complete(wf.execute(tell_no, item))


workflow = Workflow("user-tasks", wish)

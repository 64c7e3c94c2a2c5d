"""user_task_tables: forms, and what happened to them, as tables for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lhredis.cli.tables import grid, listed, shown
from lhredis.model.user_task_def import UserTaskDef, UserTaskField
from lhredis.model.user_task_run import UserTaskEvent, UserTaskRun


def user_task_def_table(form: UserTaskDef) -> RenderableType:
    head = grid(
        [
            ("user-task-def", Text(f"{form.name}/{form.version}", style="bold")),
            ("description", Text(form.description or "")),
            ("registered", Text(form.created_at)),
        ]
    )
    rows = (
        (one.name, one.type.name, _need(one), one.display_name or "", one.description or "")
        for one in form.fields
    )
    return Group(head, "", listed(("field", "type", "", "shown as", "description"), rows, empty="no fields"))


def _need(field: UserTaskField) -> str:
    return "required" if field.required else ""


def user_task_runs(runs: Sequence[UserTaskRun]) -> RenderableType:
    """A line for each."""
    return listed(
        ("id", "user-task-def", "status", "user", "group", "since"),
        (
            (
                _id(run), str(run.user_task_def_id), run.status.name, run.user_id or "",
                run.user_group or "", run.scheduled_time,
            )
            for run in runs
        ),
    )  # fmt: skip


def user_task_run(run: UserTaskRun, form: UserTaskDef | None) -> RenderableType:
    """One, with its fields (of those that are filled in, if the form was deleted) and its audit trail."""
    head = grid(
        [
            ("user-task", Text(_id(run), style="bold")),
            ("user-task-def", Text(str(run.user_task_def_id))),
            ("status", Text(run.status.name)),
            ("user", Text(run.user_id or "")),
            ("group", Text(run.user_group or "")),
            ("notes", Text(run.notes or "")),
            ("since", Text(run.scheduled_time)),
        ]
    )
    if form is None:
        fields = listed(("field", "value"), ((name, shown(value)) for name, value in run.results.items()))
    else:
        fields = listed(
            ("field", "type", "", "value"),
            ((one.name, one.type.name, _need(one), shown(run.results.get(one.name))) for one in form.fields),
            empty="no fields",
        )
    trail = listed(("at", "what", "details"), ((one.time, one.kind, _details(one)) for one in run.events))
    return Group(head, "", fields, "", trail)


def in_a_line(run: UserTaskRun) -> str:
    """The id, the status, who has it."""
    who = [word for word in (run.user_id, f"({run.user_group})" if run.user_group else None) if word]
    return "  ".join([_id(run), run.status.name, *who])


def _id(run: UserTaskRun) -> str:
    return f"{run.id.wf_run_id}/{run.id.user_task_guid}"


def _details(event: UserTaskEvent) -> str:
    if event.assigned is not None:
        old = _who(event.assigned.old_user_id, event.assigned.old_user_group)
        new = _who(event.assigned.new_user_id, event.assigned.new_user_group)
        return f"{old} → {new}" if old else new
    if event.task_executed is not None:
        return f"task-run {event.task_executed.task_run.task_guid}"
    if event.saved is not None:
        return f"by {event.saved.user_id}: {', '.join(event.saved.results)}"
    comment = event.comment_added or event.comment_edited
    if comment is not None:
        return f"{comment.user_comment_id} by {comment.user_id}: {comment.comment}"
    if event.comment_deleted is not None:
        return f"{event.comment_deleted.user_comment_id} by {event.comment_deleted.user_id}"
    return event.cancelled.message if event.cancelled is not None else ""


def _who(user: str | None, group: str | None) -> str:
    return " ".join(word for word in (user, f"({group})" if group else None) if word)

"""Stories of user tasks: who gets them, who fills them in, and what happens when nobody does."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.events import RunDeleted, RunRescued, TimerKind
from lhredis.engine.node_state import UserTask
from lhredis.engine.user_tasks.events import (
    UserTaskAssigned,
    UserTaskCancelled,
    UserTaskClaimed,
    UserTaskCommentDeleted,
    UserTaskCommented,
    UserTaskCompleted,
    UserTaskReleased,
    UserTaskSaved,
)
from lhredis.errors import FailedPrecondition, InvalidArgument, InvalidSpec, NotFound, ResourceExhausted
from lhredis.model.enums import TaskStatus, UserTaskRunStatus
from lhredis.model.limits import USER_TASK_EVENTS_MAX, USER_TASK_RESULTS_BYTES_MAX
from lhredis.model.task_def import TaskDef
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, task_def, user_task_def

FORM = user_task_def("form", myStr="STR", myInt="INT", share="DOUBLE?", sure="BOOL?")
REMIND = task_def("remind", None, text="STR")
PLAIN = task_def("plain")
FILLED: dict[str, Any] = {"myStr": "kenobi", "myInt": 137}


class Office(Play):
    """A play with people in it. What they do is for the user task that thread 0 stands on at position 1."""

    def __init__(self, story: Story, *task_defs: TaskDef, **more: Any) -> None:
        super().__init__(story, *task_defs, user_task_defs=[FORM], **more)

    def does(self, event: type, *words: Any, thread: int = 0, position: int = 1, **more: Any) -> Office:
        self.happens(event(self.now_ms, self.nonce(), thread, position, *words, **more))
        return self

    def assign(self, user_id: str | None = None, group: str | None = None, **more: Any) -> Office:
        return self.does(UserTaskAssigned, user_id, group, **more)

    def complete(self, user_id: str = "obiwan", results: Any = None, **more: Any) -> Office:
        return self.does(UserTaskCompleted, user_id, FILLED if results is None else results, **more)

    def save(self, user_id: str, results: Any, **more: Any) -> Office:
        return self.does(UserTaskSaved, user_id, results, **more)

    def cancel(self, **more: Any) -> Office:
        return self.does(UserTaskCancelled, **more)

    def form(self, thread: int = 0, position: int = 1) -> UserTask:
        state = self.node(position, thread).state
        assert isinstance(state, UserTask)
        return state

    @property
    def who(self) -> tuple[str, str | None, str | None]:
        form = self.form()
        return form.status.name, form.user_id, form.user_group

    @property
    def trail(self) -> list[str]:
        """The kinds of what has happened to it."""
        return [event.kind for event in self.form().events]


def for_obiwan(wf: WorkflowThread) -> None:
    wf.complete(wf.assign_user_task("form", "obiwan"))


def for_jedi(wf: WorkflowThread) -> None:
    wf.assign_user_task("form", "obiwan", "jedi")


def office(story: Story = for_obiwan, *task_defs: TaskDef, **more: Any) -> Office:
    play = Office(story, *task_defs, **more)
    play.start()
    return play


# Filling in


def test_what_is_filled_in_is_the_output():
    play = office()
    assert play.who == ("ASSIGNED", "obiwan", None)
    play.complete()
    assert (play.status, play.output) == ("COMPLETED", FILLED)
    assert play.form().status is UserTaskRunStatus.DONE
    assert play.trail == ["assigned", "completed"]


def test_a_field_of_the_output_can_be_used():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.execute("remind", form.with_json_path("$.myStr"))

    play = office(story, REMIND)
    play.complete()
    assert play.inputs == {"text": "kenobi"}


def test_an_int_is_a_double_where_one_is_asked_for_and_nulls_are_nothing():
    play = office().complete(results=FILLED | {"share": 3, "sure": None})
    assert play.output == FILLED | {"share": 3.0}
    assert type(play.output["share"]) is float


def test_everything_that_is_wrong_with_the_results_is_said_at_once():
    play = office()
    with pytest.raises(InvalidSpec) as refused:
        play.complete(results={"myInt": "x", "sure": 1, "shar": 1.5})
    assert [str(problem) for problem in refused.value.problems] == [
        "results.shar: there is no such field; there are: myStr, myInt, share, sure",
        "results.myStr: is required (STR)",
        "results.myInt: expected INT; got STR",
        "results.sure: expected BOOL; got INT",
    ]
    assert play.who == ("ASSIGNED", "obiwan", None)


def test_completing_twice_is_completing_once():
    def story(wf: WorkflowThread) -> None:
        wf.assign_user_task("form", "obiwan")
        wf.execute("plain")

    play = office(story, PLAIN)
    play.stop().complete()  # type: ignore[attr-defined]
    play.complete("anakin", FILLED | {"myInt": 1})
    assert play.effects == []
    play.resume()
    assert play.form().results == FILLED
    assert play.task.task_def == "plain"
    with pytest.raises(NotFound, match="no UserTaskRun 0-1"):
        play.complete()


def test_who_completes_it_has_it_from_then_on():
    play = office(for_jedi).complete("anakin")
    assert play.who == ("DONE", "anakin", "jedi")
    assert play.trail == ["assigned", "assigned", "completed"]


def test_a_blank_user_completes_nothing():
    with pytest.raises(InvalidArgument, match="UserId can't be empty"):
        office().complete("  ")


# Who gets it


def test_one_for_a_group_is_unassigned_until_somebody_claims_it():
    play = office(lambda wf: wf.assign_user_task("form", user_group="jedi"))
    assert play.who == ("UNASSIGNED", None, "jedi")
    play.assign("yoda", "jedi")
    assert (play.who, play.form().epoch) == (("ASSIGNED", "yoda", "jedi"), 1)
    with pytest.raises(FailedPrecondition, match="is claimed by user 'yoda'"):
        play.assign("anakin")
    play.assign("anakin", override_claim=True)
    assert play.who == ("ASSIGNED", "anakin", None)
    assert play.form().events[-1].details == {
        "old_user_id": "yoda",
        "old_user_group": "jedi",
        "new_user_id": "anakin",
    }


@pytest.mark.parametrize(
    ("user_id", "group", "says"),
    [("", None, "UserId can't be empty"), (None, "  ", "UserGroup can't be empty"), (None, None, "or both")],
)
def test_nobody_cannot_get_it(user_id: str | None, group: str | None, says: str):
    with pytest.raises(InvalidArgument, match=says):
        office().assign(user_id, group, override_claim=True)


@pytest.mark.parametrize(
    ("user_id", "group", "says"),
    [
        ("", "jedi", "Invalid user task assignment. UserId can't be empty"),
        ("obiwan", " ", "Invalid group task assignment. UserGroup can't be empty"),
        (None, None, "Invalid user task assignment"),
    ],
)
def test_a_spec_that_names_nobody_fails_with_var_error(user_id: Any, group: Any, says: str):
    def story(wf: WorkflowThread) -> None:
        wf.assign_user_task("form", wf.declare_str("user"), wf.declare_str("group"))

    play = Office(story)
    play.start(user=user_id, group=group)
    assert (play.status, play.failure().name, play.message) == ("ERROR", "VAR_ERROR", says)


def test_a_user_claims_it_and_it_stays_its_groups():
    play = office(for_jedi).does(UserTaskReleased)
    play.does(UserTaskClaimed, "yoda")
    assert play.who == ("ASSIGNED", "yoda", "jedi")
    play.does(UserTaskClaimed, "yoda")
    assert play.effects == [], "they have it"
    with pytest.raises(FailedPrecondition, match="claimed by user 'yoda'; override_claim"):
        play.does(UserTaskClaimed, "anakin")
    play.does(UserTaskClaimed, "anakin", override_claim=True)
    assert play.who == ("ASSIGNED", "anakin", "jedi")
    assert play.does(UserTaskReleased).who == ("UNASSIGNED", None, "jedi")
    with pytest.raises(InvalidArgument, match="UserId can't be empty"):
        play.does(UserTaskClaimed, " ")


def test_a_user_gives_it_back_to_the_group():
    play = office(for_jedi).does(UserTaskReleased)
    assert play.who == ("UNASSIGNED", None, "jedi")
    play.does(UserTaskReleased)
    assert play.effects == []
    with pytest.raises(FailedPrecondition, match="no user group"):
        office().does(UserTaskReleased)


# Saving


def test_progress_is_saved_typed_and_partial_and_in_place_of_what_was_there():
    play = office().save("obiwan", {"myStr": "hello"})
    play.save("obiwan", {"myInt": 1})
    assert play.form().results == {"myInt": 1}
    assert play.form().events[1].details == {"user_id": "obiwan", "results": {"myStr": "hello"}}
    with pytest.raises(InvalidArgument, match="expected INT"):
        play.save("obiwan", {"myInt": "x"})
    assert (play.status, play.who) == ("RUNNING", ("ASSIGNED", "obiwan", None))


def test_somebody_else_saves_only_if_they_say_so():
    play = office()
    with pytest.raises(FailedPrecondition, match="another user"):
        play.save("anakin", {"myInt": 1})
    play.save("anakin", {"myInt": 1}, ignore_claim=True)
    assert (play.who, play.form().results) == (("ASSIGNED", "obiwan", None), {"myInt": 1})


def test_results_have_a_limit():
    with pytest.raises(ResourceExhausted, match="USER_TASK_RESULTS_BYTES_MAX"):
        office().save("obiwan", {"myStr": "x" * USER_TASK_RESULTS_BYTES_MAX})


# Cancelling


def test_one_that_is_cancelled_fails():
    play = office().cancel()
    assert (play.status, play.failure().name) == ("ERROR", "USER_TASK_CANCELLED")
    assert play.trail == ["assigned", "cancelled"]
    for operation in (play.cancel, play.assign):
        with pytest.raises((FailedPrecondition, InvalidArgument)):
            operation()
    with pytest.raises(FailedPrecondition, match="CANCELLED already"):
        play.assign("yoda")
    play.complete()
    assert play.effects == []


def test_its_spec_may_say_what_it_fails_with():
    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("name", "no-response")
        wf.handle_exception(
            wf.assign_user_task("form", "obiwan").with_on_cancellation_exception(name),
            lambda wf: wf.execute("plain"),
            "no-response",
        )

    play = office(story, PLAIN).cancel()
    play.succeed()
    assert play.status == "COMPLETED"
    for name in ("TIMEOUT", "not a name"):
        other = Office(story, PLAIN)
        other.start(name=name)
        other.cancel()
        assert other.failure().name == "VAR_ERROR"


# Comments


def test_comments_are_numbered_changed_and_deleted():
    play = office()
    play.does(UserTaskCommented, "obiwan", "hello").does(UserTaskCommented, "yoda", "there")
    play.does(UserTaskCommented, "obiwan", "Hello", comment_id=1).does(UserTaskCommentDeleted, "yoda", 2)
    assert play.trail[1:] == ["comment_added", "comment_added", "comment_edited", "comment_deleted"]
    assert play.form().events[3].details == {"user_comment_id": 1, "user_id": "obiwan", "comment": "Hello"}
    play.does(UserTaskCommented, "yoda", "again")
    assert play.form().events[-1].details["user_comment_id"] == 3


@pytest.mark.parametrize(
    ("words", "comment_id", "error"),
    [
        (("", "text"), None, InvalidArgument),
        (("yoda", " "), None, InvalidArgument),
        (("yoda", "text"), 0, FailedPrecondition),
        (("yoda", "text"), 3, NotFound),
        (("yoda", "text"), 1, FailedPrecondition),
    ],
)
def test_comments_that_cannot_be(words: tuple[str, str], comment_id: int | None, error: type):
    play = office()
    for _ in range(2):
        play.does(UserTaskCommented, "obiwan", "hello")
    play.does(UserTaskCommentDeleted, "obiwan", 1)
    with pytest.raises(error):
        play.does(UserTaskCommented, *words, comment_id=comment_id)
    if comment_id is not None:
        with pytest.raises(error):
            play.does(UserTaskCommentDeleted, "yoda", comment_id)


def test_the_audit_trail_has_a_limit_that_leaves_room_for_the_end():
    play = office()
    for _ in range(USER_TASK_EVENTS_MAX - 1):
        play.does(UserTaskCommented, "obiwan", "hello")
    with pytest.raises(ResourceExhausted, match="USER_TASK_EVENTS_MAX"):
        play.does(UserTaskCommented, "obiwan", "hello")
    assert play.complete().status == "COMPLETED"


# Deadlines


def test_it_is_released_to_its_group_when_its_user_takes_too_long():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan", "jedi")
        wf.release_to_group_on_deadline(form, 60)

    play = office(story)
    play.wait(60_000)
    assert play.who == ("UNASSIGNED", None, "jedi")
    play.assign("yoda", "jedi")
    play.wait(59_999)
    assert play.who == ("ASSIGNED", "yoda", "jedi")
    play.wait(1)
    assert play.who == ("UNASSIGNED", None, "jedi")
    assert play.timers == {}


def test_a_deadline_is_off_when_somebody_else_has_it():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.reassign_user_task_on_deadline(form, 60, user_id="anakin")

    play = office(story)
    ((timer, due_ms),) = play.timers.items()
    play.assign("yoda", override_claim=True)
    assert play.timers == {}
    play.wait(60_000)
    play.fire(timer, due_ms)  # it was on its way already
    assert play.who == ("ASSIGNED", "yoda", None)
    other = office(story)
    other.wait(60_000)
    assert other.who == ("ASSIGNED", "anakin", None)


def test_a_deadline_that_names_nobody_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.reassign_user_task_on_deadline(form, 60, user_id=wf.declare_str("heir"))

    play = office(story)
    play.wait(60_000)
    assert (play.status, play.failure().name) == ("ERROR", "VAR_ERROR")
    assert play.trail == ["assigned", "cancelled"]


def test_it_is_cancelled_when_nobody_does_it():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.cancel_user_task_run_after(form, 60)

    play = office(story)
    play.assign("yoda", override_claim=True)
    play.wait(60_000)
    assert (play.status, play.failure().name) == ("ERROR", "USER_TASK_CANCELLED")


def test_the_time_of_a_user_counts_from_when_they_got_it():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.cancel_user_task_run_after_assignment(form, wf.declare_int("seconds", 60))

    play = office(story)
    play.wait(59_000)
    play.assign("yoda", override_claim=True)
    play.wait(59_000)
    assert play.status == "RUNNING"
    play.wait(1_000)
    assert play.status == "ERROR"


def test_one_that_is_completed_leaves_no_timer_behind():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan", "jedi")
        wf.cancel_user_task_run_after(form, 60)
        wf.release_to_group_on_deadline(form, 50)
        wf.schedule_reminder_task_on_assignment(form, 10, "remind", "do it")

    play = office(story, REMIND)
    assert len(play.timers) == 3
    play.complete()
    assert play.timers == {}
    doomed = office(story, REMIND)
    doomed.now_ms += 10_000
    doomed.wait(0)
    doomed.happens(RunDeleted(doomed.now_ms, doomed.nonce()))
    assert doomed.timers == {} and not doomed.run.reminders


# Reminders


def reminded(wf: WorkflowThread) -> None:
    form = wf.assign_user_task("form", "obiwan", "jedi")
    wf.schedule_reminder_task(form, 10, "remind", wf.format("{0}!", "do it"))


def test_a_reminder_is_a_task_of_its_own():
    play = office(reminded, REMIND)
    play.wait(10_000)
    task = play.task
    assert (task.task_def, play.inputs) == ("remind", {"text": "do it!"})
    assert (task.user_id, task.user_group, task.user_task_position) == ("obiwan", "jedi", 1)  # type: ignore[attr-defined]
    assert task.position != 1
    guid = f"0-{task.position}"
    assert play.form().events[1].details == {"task_run": {"wf_run_id": "run", "task_guid": guid}}
    play.succeed()
    assert play.trail == ["assigned", "task_executed"]
    assert not play.run.reminders and play.reminders[0].task.attempts[0].status is TaskStatus.TASK_SUCCESS
    assert play.who == ("ASSIGNED", "obiwan", "jedi")


@pytest.mark.parametrize("how", ["fail", "time_out", "throw"])
def test_what_comes_of_a_reminder_is_nothing_to_the_run(how: str):
    play = office(reminded, REMIND)
    play.wait(10_000)
    getattr(play, how)(*(["oh-no"] if how == "throw" else []))
    assert (play.status, play.who[0]) == ("RUNNING", "ASSIGNED")
    assert len(play.reminders) == 1
    assert play.complete().status == "COMPLETED"


def test_a_reminder_is_tried_again_also_when_its_run_has_ended():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.schedule_reminder_task(form, 10, "remind", "do it")

    play = office(story, REMIND)
    node = play.program.threads["entrypoint"].nodes["1-form-USER-TASK"]
    assert node.body.actions[0].task is not None
    play.wait(10_000)
    play.complete()
    assert play.status == "COMPLETED"
    late = play.task
    play.succeed()
    assert play.reminders[0].task.attempts[0].status is TaskStatus.TASK_SUCCESS
    play.succeed(of=late)
    assert play.effects == []


def test_everybody_who_gets_it_is_reminded():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", user_group="jedi")
        wf.schedule_reminder_task_on_assignment(form, 10, "remind", "do it")

    play = office(story, REMIND)
    assert play.timers == {}
    play.assign("obiwan", "jedi")
    play.wait(5_000)
    play.assign("yoda", "jedi", override_claim=True)
    play.wait(10_000)
    first, second = play.waiting
    assert first.position != second.position
    play.succeed(of=second).succeed(of=first)
    assert sorted(play.reminders) == [0, 1]


def test_a_reminder_that_cannot_be_made_is_seen_to_have_failed():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan")
        wf.schedule_reminder_task(form, 10, "count", wf.declare_str("s", "x").cast_to_int())

    play = office(story, task_def("count", None, n="INT"))
    play.wait(10_000)
    assert (play.status, play.trail[-1]) == ("RUNNING", "task_executed")
    (attempt,) = play.reminders[0].task.attempts
    assert attempt.status is TaskStatus.TASK_INPUT_VAR_SUB_ERROR
    gone = office(reminded, REMIND)
    gone.program = gone.compiled()
    gone.wait(10_000)
    assert gone.reminders[0].task.attempts[0].error[0] == "TASK_ERROR"  # type: ignore[index]


# Halting


def test_a_halted_user_task_stays_open_and_delivers_on_resume():
    play = office()
    play.stop()
    assert (play.status, play.who[0], play.node(1).status.name) == ("HALTED", "ASSIGNED", "HALTED")
    play.assign("yoda", override_claim=True).save("yoda", {"myInt": 1})
    play.complete("yoda")
    assert (play.status, play.who) == ("HALTED", ("DONE", "yoda", None))
    play.resume()
    assert (play.status, play.output) == ("COMPLETED", FILLED)


def test_an_interrupted_user_task_can_be_done_meanwhile():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("ring", lambda wf: wf.execute("plain"))
        wf.complete(wf.assign_user_task("form", "obiwan"))

    play = office(story, PLAIN)
    play.post("ring")
    assert play.who[0] == "ASSIGNED"
    play.complete()
    assert play.status == "RUNNING"
    play.succeed()
    assert (play.status, play.output) == ("COMPLETED", FILLED)


def test_a_halted_one_that_is_cancelled_fails_when_it_goes_on():
    play = office()
    play.stop()
    play.cancel()
    assert play.status == "HALTED"
    play.resume()
    assert (play.status, play.failure().name) == ("ERROR", "USER_TASK_CANCELLED")


def test_nobody_is_reminded_of_what_is_halted_but_deadlines_hold():
    def story(wf: WorkflowThread) -> None:
        form = wf.assign_user_task("form", "obiwan", "jedi")
        wf.schedule_reminder_task(form, 10, "remind", "do it")
        wf.release_to_group_on_deadline(form, 20)

    play = office(story, REMIND)
    play.stop()
    play.wait(20_000)
    assert play.waiting == []
    assert (play.trail, play.who[0]) == (["assigned", "assigned"], "UNASSIGNED")


def test_one_whose_thread_is_halted_for_good_is_cancelled():
    def story(wf: WorkflowThread) -> None:
        def asks(wf: WorkflowThread) -> None:
            wf.spawn_thread(lambda wf: wf.assign_user_task("form", "yoda"), "grandchild")
            wf.assign_user_task("form", "obiwan")

        children = [wf.spawn_thread(asks, "asks"), wf.spawn_thread(lambda wf: wf.execute("plain"), "quick")]
        wf.wait_for_first_of(children)
        wf.execute("plain")

    play = office(story, PLAIN)
    play.succeed()
    assert play.form(1, 2).status is UserTaskRunStatus.CANCELLED
    assert play.form(3, 1).status is UserTaskRunStatus.CANCELLED


def test_one_whose_interrupt_failed_is_cancelled_until_the_handler_is_rescued():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("ring", lambda wf: wf.execute("plain"))
        form = wf.assign_user_task("form", "obiwan")
        wf.cancel_user_task_run_after_assignment(form, 60)
        wf.complete(form)

    play = office(story, PLAIN)
    play.post("ring")
    play.fail()
    assert (play.status, play.who[0], play.timers) == ("ERROR", "CANCELLED", {})
    play.happens(RunRescued(play.now_ms, play.nonce(), 1))
    assert play.who == ("ASSIGNED", "obiwan", None) and len(play.timers) == 1
    play.succeed()
    assert play.complete().output == FILLED


def test_the_deadline_of_one_that_is_asked_for_again_counts_anew():
    def story(wf: WorkflowThread) -> None:
        wf.add_interrupt_handler("ring", lambda wf: wf.execute("plain"))
        wf.cancel_user_task_run_after(wf.assign_user_task("form", "obiwan"), 60)

    play = office(story, PLAIN)
    play.wait(50_000).post("ring").fail()
    play.happens(RunRescued(play.now_ms, play.nonce(), 1))
    play.succeed()
    assert play.wait(50_000).status == "RUNNING"
    assert (play.wait(10_000).status, play.who[0]) == ("ERROR", "CANCELLED")


def test_a_user_task_of_a_run_that_failed_can_be_done_before_the_rescue():
    def story(wf: WorkflowThread) -> None:
        child = wf.spawn_thread(lambda wf: wf.assign_user_task("form", "obiwan"), "asks")
        wf.execute("plain")
        wf.wait_for_threads(child)

    play = office(story, PLAIN)
    play.fail()
    assert play.statuses() == ["ERROR", "HALTED"]
    play.complete(thread=1)
    play.happens(RunRescued(play.now_ms, play.nonce()))
    play.succeed()
    assert play.status == "COMPLETED"


# What is not there


def test_an_operation_on_anything_else_finds_nothing():
    play = office(lambda wf: wf.execute("plain"), PLAIN)
    for where in ({}, {"position": 7}, {"thread": 3}):
        with pytest.raises(NotFound, match="no UserTaskRun"):
            play.cancel(**where)


def test_a_form_that_was_deleted_since_fails_the_node():
    play = Office(for_obiwan)
    play._user_task_defs = {}
    play.program = play.compiled()
    play.start()
    assert (play.status, play.failure().name) == ("ERROR", "TASK_ERROR")
    open_one = office()
    open_one._user_task_defs = {}
    open_one.program = open_one.compiled()
    with pytest.raises(FailedPrecondition, match="was deleted"):
        open_one.complete()
    assert open_one.cancel().status == "ERROR"


def test_timers_of_others_change_nothing():
    play = office()
    play.fire((TimerKind.USER_TASK, 0, 1, 7), play.now_ms)
    assert play.effects == []


def test_nobody_is_asked_for_a_stopped_thread_that_its_parent_goes_on_without():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.cancel_user_task_run_after(wf.assign_user_task("form", "obiwan"), 100)

        wf.spawn_thread(child, "child")
        wf.wait_for_event("later")

    play = office(story)
    play.stop(1)
    assert play.form(thread=1).is_open and len(play.timers) == 1
    assert play.post("later").status == "COMPLETED"
    assert play.form(thread=1).status is UserTaskRunStatus.CANCELLED
    assert play.timers == {}

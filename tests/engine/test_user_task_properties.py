"""What holds for every order in which people, deadlines and stops meet a user task: it does what a model
of a few lines says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

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
from lhredis.errors import FailedPrecondition, InvalidArgument, LHRedisError, NotFound
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, task_def, user_task_def

PROFILE = settings(max_examples=300, deadline=None, derandomize=True)
FORM = user_task_def("form", n="INT", note="STR?")
HOUR_S = 3600

Deed = tuple[Any, ...]


def asks(wf: WorkflowThread) -> None:
    """Released after an hour, cancelled after ten, with a reminder for each who gets it."""
    form = wf.assign_user_task("form", "ann", "staff")
    wf.release_to_group_on_deadline(form, HOUR_S)
    wf.cancel_user_task_run_after(form, 10 * HOUR_S)
    wf.schedule_reminder_task_on_assignment(form, HOUR_S // 2, "remind")
    wf.complete(form)


@dataclass
class Model:
    """What is known of the user task without looking at the engine. Times are in seconds."""

    user: str | None = "ann"
    group: str | None = "staff"
    ended: str | None = None
    halted: bool = False
    results: dict[str, Any] = field(default_factory=dict)
    epoch: int = 0
    comments: list[bool] = field(default_factory=list)
    now_s: int = 0
    given_s: int = 0

    @property
    def status(self) -> str:
        return self.ended or ("ASSIGNED" if self.user is not None else "UNASSIGNED")

    def give(self, user: str | None, group: str | None) -> None:
        self.user, self.group, self.given_s = user, group, self.now_s
        self.epoch += 1

    def do(self, deed: Deed) -> type[LHRedisError] | None:
        """The error that the deed is to be refused with, or None: it is done."""
        name, *words = deed
        if name == "wait":
            self._wait(words[0])
        elif name in ("stop", "resume"):
            self.halted = name == "stop"
        elif name == "assign" and words[:2] == [None, None]:
            return InvalidArgument
        elif self.ended is not None:
            return FailedPrecondition if name != "complete" else None
        else:
            error: type[LHRedisError] | None = getattr(self, f"_{name}")(*words)
            return error
        return None

    def _wait(self, seconds: int) -> None:
        until = self.now_s + seconds
        while self.ended is None:
            release = self.given_s + HOUR_S if self.user is not None else until + 1
            due = min(release, 10 * HOUR_S)
            if due > until:
                break
            self.now_s = max(due, self.now_s)
            if due == release and release <= 10 * HOUR_S and self.user is not None:
                self.give(None, "staff")
            else:
                self.ended = "CANCELLED"
        self.now_s = until

    def _assign(self, user: str | None, group: str | None, override: bool) -> type[LHRedisError] | None:
        if self.user is not None and not override:
            return FailedPrecondition
        self.give(user, group)
        return None

    def _claim(self, user: str, override: bool) -> type[LHRedisError] | None:
        if self.user not in (None, user) and not override:
            return FailedPrecondition
        if self.user != user:
            self.give(user, self.group)
        return None

    def _release(self) -> type[LHRedisError] | None:
        if self.group is None:
            return FailedPrecondition
        if self.user is not None:
            self.give(None, self.group)
        return None

    def _save(self, user: str, results: dict[str, Any]) -> type[LHRedisError] | None:
        if self.user not in (None, user):
            return FailedPrecondition
        if not set(results) <= {"n", "note"} or type(results.get("n", 1)) is not int:
            return InvalidArgument
        self.results = results
        return None

    def _complete(self, user: str, results: dict[str, Any]) -> type[LHRedisError] | None:
        if not set(results) <= {"n", "note"} or type(results.get("n")) is not int:
            return InvalidArgument
        if user != self.user:
            self.user = user
            self.epoch += 1
        self.results, self.ended = results, "DONE"
        return None

    def _cancel(self) -> None:
        self.ended = "CANCELLED"

    def _comment(self) -> None:
        self.comments.append(True)

    def _uncomment(self, number: int) -> type[LHRedisError] | None:
        if number == 0:
            return FailedPrecondition
        if number > len(self.comments):
            return NotFound
        if not self.comments[number - 1]:
            return FailedPrecondition
        self.comments[number - 1] = False
        return None


EVENTS: dict[str, type] = {
    "assign": UserTaskAssigned,
    "claim": UserTaskClaimed,
    "release": UserTaskReleased,
    "save": UserTaskSaved,
    "complete": UserTaskCompleted,
    "cancel": UserTaskCancelled,
}

users = st.sampled_from(["ann", "bob"])
results = st.sampled_from([{"n": 1}, {"n": 2, "note": "x"}, {"note": "y"}, {"n": "1"}, {"other": 1}, {}])
waits = st.tuples(st.just("wait"), st.sampled_from([60, HOUR_S // 2, HOUR_S, 4 * HOUR_S + 7]))
deeds = st.one_of(
    waits,
    st.tuples(
        st.just("assign"), st.none() | users, st.none() | st.sampled_from(["staff", "board"]), st.booleans()
    ),
    st.tuples(st.just("claim"), users, st.booleans()),
    st.just(("release",)),
    st.tuples(st.just("save"), users, results),
    st.just(("comment",)),
    st.tuples(st.just("uncomment"), st.integers(0, 3)),
    st.sampled_from([("stop",), ("resume",)]),
    st.one_of(st.tuples(st.just("complete"), users, results), st.just(("cancel",)), waits, waits),
)


def do(play: Play, deed: Deed) -> None:
    name, *words = deed
    at = (play.now_ms, play.nonce(), 0, 1)
    if name == "wait":
        play.wait(words[0] * 1000)
    elif name == "stop":
        play.stop()
    elif name == "resume":
        play.resume()
    elif name == "comment":
        play.happens(UserTaskCommented(*at, "ann", "hello"))
    elif name == "uncomment":
        play.happens(UserTaskCommentDeleted(*at, "ann", words[0]))
    else:
        play.happens(EVENTS[name](*at, *words))


@PROFILE
@given(history=st.lists(deeds, max_size=14))
def test_a_user_task_does_what_the_model_says(history: list[Deed]):
    play, model = Play(asks, task_def("remind"), user_task_defs=[FORM]), Model()
    play.start()
    for deed in history:
        before = play.status
        refused: type[LHRedisError] | None = None
        try:
            do(play, deed)
        except LHRedisError as error:
            refused = next(kind for kind in type(error).__mro__ if kind in _KINDS)
        if before in ("COMPLETED", "ERROR"):
            assert play.status == before
            continue
        assert refused is model.do(deed), deed
        state = play.node(1).state
        assert isinstance(state, UserTask)
        assert (state.status.name, state.user_id, state.user_group) == (model.status, model.user, model.group)
        assert (state.results, state.epoch) == (model.results, model.epoch)
        expected = "HALTED" if model.halted else _RUN_STATUS[model.ended]
        assert play.status == expected
        if model.ended is not None:
            assert not state.hooks


_KINDS = (InvalidArgument, FailedPrecondition, NotFound)
_RUN_STATUS = {None: "RUNNING", "DONE": "COMPLETED", "CANCELLED": "ERROR"}

"""The story of child WfRuns: how they start and end, what their parents see, and what they share."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.definitions import Definitions
from lhredis.engine.effects import PutVariable
from lhredis.engine.events import ExternalEventPosted, RunStarted, RunStopped, TaskReported
from lhredis.engine.program import compile_wf_spec
from lhredis.engine.run import Run, SpecVersion
from lhredis.errors import FailedPrecondition, InvalidArgument, InvalidSpec
from lhredis.model.enums import TaskStatus
from lhredis.model.limits import ADVANCES_PER_STEP_MAX
from lhredis.model.native import Array
from lhredis.model.values import WfRunId
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, definitions_for, request_of, task_def

A = task_def("a", "STR")


def parent(inputs: dict[str, Any] | None = None) -> Story:
    """Runs WfSpec `child` and returns what that returns."""

    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.wait_for_child_wf(wf.run_wf("child", inputs)))

    return story


def child_of(play: Play) -> Run:
    (wf_run_id,) = play.child_ids
    run = play.runs[wf_run_id]
    assert run is not None
    return run


def post_to_child(play: Play, event_def: str, content: Any = None, guid: str = "g") -> None:
    run = child_of(play)
    play.happens(ExternalEventPosted(play.now_ms, play.nonce(), event_def, guid, content), run.id)


def report_to_child(play: Play, status: TaskStatus, **more: Any) -> None:
    """The task of the child's thread 0 is reported."""
    run = child_of(play)
    node = run.threads[0].node
    assert node is not None and node.task is not None
    attempt = node.task.attempts[-1]
    event = TaskReported(
        play.now_ms,
        play.nonce(),
        0,
        node.position,
        len(node.task.attempts) - 1,
        attempt.token,
        status,
        **more,
    )
    play.happens(event, run.id)


def test_m5_a_child_that_ends_at_once_gives_its_output_in_the_same_step():
    play = Play(parent(), children={"child": lambda wf: wf.complete("hello")}).start()
    assert (play.status, play.output) == ("COMPLETED", "hello")
    run = child_of(play)
    assert (run.parent_id, run.status.name, run.spec) == ("run", "COMPLETED", SpecVersion("child", 0, 0))
    assert set(play.changed) == {"run", run.id}


def test_a_parent_waits_for_its_child():
    play = Play(parent(), children={"child": lambda wf: wf.complete(wf.wait_for_event("e"))}).start()
    assert (play.status, play.position, child_of(play).status.name) == ("RUNNING", 2, "RUNNING")
    post_to_child(play, "e", 7)
    assert (play.status, play.output) == ("COMPLETED", 7)


def test_a_child_gets_arrays_of_plain_json_and_whole_numbers_of_untyped_arithmetic():
    def child(wf: WorkflowThread) -> None:
        wf.declare_array("years", int)
        wf.complete(wf.declare_int("half"))

    def story(wf: WorkflowThread) -> None:
        half = wf.declare_json_obj("j").with_json_path("$.n").divide(2)
        wf.complete(wf.wait_for_child_wf(wf.run_wf("child", {"years": [1, 2], "half": half})))

    play = Play(story, children={"child": child})
    for _ in ("at registration", "as it runs"):  # then nothing is known of the child
        started = play.start(j={"n": 5.0})
        assert (started.status, started.output) == ("COMPLETED", 2)
        assert child_of(started).threads[0].variables["years"] == Array("INT", [1, 2])
        play = Play(story, children={"child": child})
        play.program = compile_wf_spec(play.request, Definitions(), strict=False)


def test_an_array_that_does_not_fit_the_child_is_a_problem_of_the_spec():
    with pytest.raises(InvalidSpec, match=r"inputs\.years: \[1\]: cannot use a value of type STR as INT"):
        Play(parent({"years": [1, "two"]}), children={"child": lambda wf: wf.declare_array("years", int)})


def test_a_child_gets_its_inputs():
    def child(wf: WorkflowThread) -> None:
        wf.complete(wf.declare_int("n").required() * 2)

    assert Play(parent({"n": 21}), children={"child": child}).start().output == 42


def test_m4_the_exception_of_a_child_keeps_its_name_in_the_parent():
    def child(wf: WorkflowThread) -> None:
        wf.fail("some-exn", "for a reason", {"a": 1})

    play = Play(parent(), children={"child": child}).start()
    failure = play.failure(2)
    assert (play.status, failure.name, failure.content) == ("EXCEPTION", "some-exn", {"a": 1})
    assert failure.message == "Child WfRun failed: for a reason"


def test_the_error_of_a_child_is_a_child_failure_in_the_parent():
    play = Play(parent(), A, children={"child": lambda wf: wf.execute("a")}).start()
    report_to_child(play, TaskStatus.TASK_FAILED, error="broken")
    assert (play.status, play.failure(2).name) == ("ERROR", "CHILD_FAILURE")
    assert play.message == "Child WfRun failed: broken"


@pytest.mark.parametrize("name", ["some-exn", None])
def test_a_handler_may_take_up_the_failure_of_a_child(name: str | None):
    def story(wf: WorkflowThread) -> None:
        waited = wf.wait_for_child_wf(wf.run_wf("child"))
        wf.handle_exception(waited, lambda wf: None, name)

    play = Play(story, children={"child": lambda wf: wf.fail("some-exn", "")}).start()
    assert play.status == "COMPLETED"


def test_a_parent_need_not_wait_for_its_child():
    play = Play(lambda wf: wf.run_wf("child"), children={"child": lambda wf: wf.wait_for_event("e")}).start()
    assert (play.status, child_of(play).status.name) == ("COMPLETED", "RUNNING")
    post_to_child(play, "e")
    assert (play.status, child_of(play).status.name) == ("COMPLETED", "COMPLETED")
    assert list(play.changed) == [child_of(play).id]


def test_a_child_that_ended_before_the_parent_waits():
    def story(wf: WorkflowThread) -> None:
        child = wf.run_wf("child")
        wf.wait_for_event("go")
        wf.complete(wf.wait_for_child_wf(child))

    play = Play(story, children={"child": lambda wf: wf.complete("hello")}).start().post("go")
    assert (play.status, play.output) == ("COMPLETED", "hello")


def test_the_end_of_a_child_counts_when_its_stopped_parent_resumes():
    play = Play(parent(), children={"child": lambda wf: wf.complete(wf.wait_for_event("e"))}).start().stop()
    assert (play.status, child_of(play).status.name) == ("HALTED", "RUNNING")
    post_to_child(play, "e", 7)
    assert (play.status, child_of(play).status.name) == ("HALTED", "COMPLETED")
    play.resume()
    assert (play.status, play.output) == ("COMPLETED", 7)


def test_a_stopped_child_keeps_its_parent_waiting():
    play = Play(parent(), children={"child": lambda wf: wf.wait_for_event("e")}).start()
    play.happens(RunStopped(play.now_ms, play.nonce()), child_of(play).id)
    assert (play.status, child_of(play).status.name) == ("RUNNING", "HALTED")


def test_two_threads_may_wait_for_the_same_child():
    def story(wf: WorkflowThread) -> None:
        child_id = wf.declare_wf_run_id("child-id")
        child_id.assign(wf.run_wf("child"))
        for name in ("one", "two"):
            wf.spawn_thread(lambda wf: wf.complete(wf.wait_for_child_wf(child_id)), name)

    play = Play(story, children={"child": lambda wf: wf.complete(wf.wait_for_event("e"))}).start()
    post_to_child(play, "e", 7)
    assert (play.status, [play.thread(n).output for n in (1, 2)]) == ("COMPLETED", [7, 7])


def test_each_pass_of_a_loop_has_a_child_of_its_own():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 3)

        def body(wf: WorkflowThread) -> None:
            wf.wait_for_child_wf(wf.run_wf("child"))
            n.assign(n - 1)

        wf.do_while(n > 0, body)

    play = Play(story, children={"child": lambda wf: None}).start()
    assert (play.status, len(set(play.child_ids))) == ("COMPLETED", 3)


def test_m1_a_child_spec_that_does_not_exist_is_refused():
    with pytest.raises(InvalidSpec, match="could not find WfSpec 'child'"):
        Play(parent())


@pytest.mark.parametrize(
    ("inputs", "wrong"), [({}, "'n'"), ({"n": "text"}, "'n'"), ({"n": 1, "m": 2}, "'m'")]
)
def test_m2_inputs_that_the_child_cannot_take_are_refused(inputs: dict[str, Any], wrong: str):
    with pytest.raises(InvalidSpec, match=wrong):
        Play(parent(inputs), children={"child": lambda wf: wf.declare_int("n").required()})


def dynamic(wf: WorkflowThread) -> None:
    child = wf.run_wf(wf.declare_str("name"), {"n": wf.declare_json_obj("j", {"n": 1}).get("n")})
    wf.complete(wf.wait_for_child_wf(child))


def takes_n(wf: WorkflowThread) -> None:
    wf.complete(wf.declare_int("n").required())


def test_the_name_of_a_child_spec_may_be_known_late():
    assert Play(dynamic, children={"child": takes_n}).start(name="child").output == 1


@pytest.mark.parametrize(
    ("name", "j", "failure"),
    [
        ("nothing", {"n": 1}, "CHILD_FAILURE"),
        (None, {"n": 1}, "VAR_SUB_ERROR"),
        ("child", {"n": "text"}, "VAR_SUB_ERROR"),
        ("child", {}, "VAR_SUB_ERROR"),
    ],
)
def test_a_child_that_cannot_start_fails_the_node_and_leaves_no_run(name: Any, j: Any, failure: str):
    play = Play(dynamic, children={"child": takes_n}).start(name=name, j=j)
    assert (play.status, play.failure(1).name, play.child_ids) == ("ERROR", failure, [])


def test_only_a_child_of_this_run_can_be_waited_for():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_child_wf(wf.declare_wf_run_id("which"))

    for which in ("other", "other_child", "run", None):
        play = Play(story).start(which=WfRunId(which) if which is not None else None)
        assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR"), which


def test_an_endless_loop_of_children_is_found():
    """Two specs that run each other stop at the limit of a step, or of the depth of a tree."""
    play = Play(lambda wf: wf.run_wf("child"), children={"child": lambda wf: wf.complete(1)})
    version = SpecVersion("child", 0, 0)
    request = request_of(lambda wf: wf.wait_for_child_wf(wf.run_wf("child")), "child")
    definitions = definitions_for(request, children={("child", None): play.world.programs[version]})
    play.world.programs[version] = compile_wf_spec(request, definitions, strict=True)
    play.start()
    assert len(play.runs) < ADVANCES_PER_STEP_MAX
    deepest = max((run for run in play.runs.values() if run is not None), key=lambda run: run.id.count("_"))
    assert deepest.status.name == "ERROR"


# Inherited variables


def shared(wf: WorkflowThread) -> None:
    """The parent: a public variable, and a wait."""
    wf.declare_int("count", 1).as_public()
    wf.wait_for_event("done")


def adds(wf: WorkflowThread) -> None:
    """The child: adds what events bring to the parent's variable."""
    count = wf.declare_int("count").as_inherited()
    count += wf.wait_for_event("e")


def with_heir(story: Story, heir: Story) -> Play:
    """A run of `story` with a child run of `heir`, whose WfSpec names the parent's; both have started."""
    play = Play(story).start()
    request = request_of(heir, "heir", parent="play")
    plain = definitions_for(request)
    definitions = Definitions(
        plain.task_defs, plain.external_event_defs, plain.workflow_event_defs, parent=play.request
    )
    version = SpecVersion("heir", 0, 0)
    play.world.programs[version] = compile_wf_spec(request, definitions, strict=True)
    play.runs["run_heir"] = Run("run_heir", "default", version)
    play.happens(RunStarted(play.now_ms, play.nonce(), {}), "run_heir")
    return play


def test_a_child_writes_into_the_variable_that_it_inherits():
    play = with_heir(shared, adds)
    post_to_child(play, "e", 41)
    assert (child_of(play).status.name, play.variables["count"]) == ("COMPLETED", 42)
    assert play.sent(PutVariable) == [PutVariable(0, "count", 42)]


def test_a_child_may_write_into_a_parent_that_has_ended():
    play = with_heir(shared, adds).post("done")
    assert play.status == "COMPLETED"
    post_to_child(play, "e", 41)
    assert (child_of(play).status.name, play.sent(PutVariable)) == (
        "COMPLETED",
        [PutVariable(0, "count", 42)],
    )


def test_a_child_that_writes_wakes_the_condition_of_its_parent():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_condition(wf.declare_int("count", 1).as_public().is_equal_to(42))

    play = with_heir(story, adds)
    post_to_child(play, "e", 41)
    assert play.status == "COMPLETED"


@pytest.mark.parametrize("wf_run_id", ["alone", "nobody_child"])
def test_m8_a_run_whose_spec_has_a_parent_needs_one(wf_run_id: str):
    play = with_heir(shared, adds)
    play.runs[wf_run_id] = Run(wf_run_id, "default", SpecVersion("heir", 0, 0))
    play.runs["nobody"] = None
    with pytest.raises((InvalidArgument, FailedPrecondition), match="parent"):
        play.happens(RunStarted(play.now_ms, play.nonce(), {}), wf_run_id)


def test_a_run_whose_spec_has_no_parent_may_have_none():
    play = with_heir(shared, adds)
    play.runs["run_other"] = Run("run_other", "default", SpecVersion("play", 0, 0))
    with pytest.raises(InvalidArgument, match="parent"):
        play.happens(RunStarted(play.now_ms, play.nonce(), {}), "run_other")


def naming(wf: WorkflowThread) -> None:
    """Runs a child with an id that it is given, then another one with the same."""
    name = wf.declare_str("name")
    for _ in range(2):
        wf.run_wf("child", child_id=name)


def test_a_child_may_have_an_id_of_its_own_but_once():
    play = Play(naming, children={"child": lambda wf: wf.complete(1)})
    play.runs["run_first"] = None  # it was looked for, and is not there
    play.start(name="first")
    assert child_of(play).status.name == "COMPLETED"
    failure = play.failure(2)
    assert (play.status, failure.name) == ("ERROR", "CHILD_FAILURE")
    assert failure.message == "WfRun with id run_first already exists!"


@pytest.mark.parametrize("name", [None, "a_b", ""])
def test_an_id_that_is_none_fails_the_node(name: str | None):
    play = Play(naming, children={"child": lambda wf: wf.complete(1)}).start(name=name)
    assert (play.status, play.failure(1).name, play.child_ids) == ("ERROR", "VAR_SUB_ERROR", [])

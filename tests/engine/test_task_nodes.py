"""The story of TASK nodes: inputs, outputs, attempts, retries, timeouts, and reports that come amiss."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

import pytest

from lhredis.engine.effects import EnqueueTask, SetTimer
from lhredis.engine.events import TimerKind
from lhredis.engine.retries import RetryPolicy
from lhredis.engine.run import Run, SpecVersion
from lhredis.model.enums import TaskStatus
from lhredis.model.types import VariableDef
from lhredis.store.codec import encode_state
from lhredis.workflow import ExponentialBackoffRetryPolicy, WorkflowThread
from tests.engine.play import START_MS, Play, task_def

GREET = task_def("greet", "STR", name="STR", times="INT")
PLAIN = task_def("plain")
SAY = task_def("say", "STR")


def one_task(**options: Any):
    def story(wf: WorkflowThread) -> None:
        wf.execute("plain", **options)

    return story


def backoff(base_ms: int, multiplier: float, max_ms: int) -> ExponentialBackoffRetryPolicy:
    return ExponentialBackoffRetryPolicy(base_interval_ms=base_ms, multiplier=multiplier, max_delay_ms=max_ms)


def test_a1_a_straight_line_of_tasks_runs_one_after_the_other():
    names = ["one", "two", "three", "five", "seven"]

    def story(wf: WorkflowThread) -> None:
        for name in names:
            wf.execute(name)

    play = Play(story, *(task_def(name) for name in names)).start()
    for position, name in enumerate(names, start=1):
        assert (play.task.task_def, play.position, play.status) == (name, position, "RUNNING")
        play.succeed()
    assert play.status == "COMPLETED"
    assert [play.node(position).status.name for position in range(7)] == ["COMPLETED"] * 7
    assert play.node(0).name == "0-entrypoint-ENTRYPOINT"
    assert play.node(6).name == "6-exit-EXIT"


def test_a_worker_is_sent_the_inputs_in_the_order_of_the_signature():
    play = Play(lambda wf: wf.execute("greet", "Leia", 3, timeout_seconds=7), GREET).start()
    assert play.sent(EnqueueTask) == [
        EnqueueTask("greet", 0, 1, 0, ANY, "1-greet-TASK", (("name", "Leia"), ("times", 3)), timeout_ms=7000)
    ]


def test_a_task_without_a_timeout_of_its_own_has_sixty_seconds():
    assert Play(one_task(), PLAIN).start().task.timeout_ms == 60_000


def test_a_left_out_input_gets_the_default_of_the_task_def():
    greet = task_def("greet", "STR", name="STR")
    second = VariableDef(name="times", type_def="INT", default_value=5)
    greet = greet.model_copy(update={"input_vars": (*greet.input_vars, second)})
    play = Play(lambda wf: wf.execute("greet", "Leia"), greet).start()
    assert play.inputs == {"name": "Leia", "times": 5}


def test_inputs_are_cast_where_that_needs_no_word():
    takes = task_def("takes", None, text="STR", number="DOUBLE")
    play = Play(lambda wf: wf.execute("takes", 5432, 4), takes).start()
    assert play.inputs == {"text": "5432", "number": 4.0}
    assert type(play.inputs["number"]) is float


def test_b10_an_input_of_another_type_fails_the_node_before_any_task_run():
    def story(wf: WorkflowThread) -> None:
        wf.execute("takes", wf.declare_json_obj("j").get("int"))

    play = Play(story, task_def("takes", None, x="INT")).start(j={"int": 12.3})
    assert play.status == "ERROR"
    assert play.failure(1).name == "VAR_SUB_ERROR"
    assert "DOUBLE" in play.message and "'x'" in play.message
    assert play.node(1).task is None and play.waiting == []


def test_b8_null_goes_into_an_input_of_any_type():
    def story(wf: WorkflowThread) -> None:
        wf.execute("takes", wf.declare_json_obj("j").get("int"))

    play = Play(story, task_def("takes", None, x="INT")).start(j={"int": None})
    assert play.inputs == {"x": None}
    play.report(TaskStatus.TASK_INPUT_VAR_SUB_ERROR, error="int was wanted; got null")
    assert play.status == "ERROR"
    assert (play.failure().name, play.failure().message) == ("VAR_SUB_ERROR", "int was wanted; got null")


def test_a2_the_output_goes_into_a_variable():
    def story(wf: WorkflowThread) -> None:
        wf.declare_str("output").assign(wf.execute("say"))

    play = Play(story, SAY).start().succeed("something")
    assert (play.status, play.variables) == ("COMPLETED", {"output": "something"})
    attempt = play.node(1).task.attempts[0]
    assert (attempt.status.name, attempt.output) == ("TASK_SUCCESS", "something")


def test_a14_a_loop_reads_the_output_of_the_latest_pass():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 3)

        def body(wf: WorkflowThread) -> None:
            a = wf.execute("echo", n)
            wf.execute("negate", a)
            n.assign(n - 1)

        wf.do_while(n > 0, body)

    play = Play(story, task_def("echo", "INT", x="INT"), task_def("negate", "INT", x="INT")).start()
    while play.waiting:
        x = play.inputs["x"]
        play.succeed(-x if play.task.task_def == "negate" else x)
    assert play.status == "COMPLETED"
    negated = [(at, play.node(at).task.attempts[0].output) for at in (3, 7, 11)]
    assert negated == [(3, -3), (7, -2), (11, -1)]
    assert play.node(3).task.task_def == "negate"


@pytest.mark.parametrize(
    ("returns", "output", "kept"),
    [
        ("DOUBLE", 4, 4.0),
        ("STR", 4, "4"),
        ("INT", None, None),
        ("JSON_OBJ", {"$tag": 1}, {"$tag": 1}),
        (None, [1, 2], [1, 2]),
    ],
)
def test_an_output_becomes_what_the_task_def_returns(returns: Any, output: Any, kept: Any):
    play = Play(lambda wf: wf.execute("give"), task_def("give", returns)).start().succeed(output)
    given = play.node(1).task.attempts[0].output
    assert (play.status, given, type(given)) == ("COMPLETED", kept, type(kept))


def test_an_output_of_another_type_ends_the_attempt_with_an_output_error_and_no_retry():
    play = Play(lambda wf: wf.execute("give", retries=3), task_def("give", "INT")).start()
    play.succeed("not an int")
    assert play.status == "ERROR"
    assert play.failure().name == "VAR_MUTATION_ERROR"
    (attempt,) = play.node(1).task.attempts
    assert (attempt.status.name, attempt.output) == ("TASK_OUTPUT_SERDE_ERROR", None)
    assert "STR" in play.message and "INT" in play.message


@pytest.mark.parametrize(
    ("status", "said", "name", "run_status"),
    [
        (TaskStatus.TASK_FAILED, {"error": "broken"}, "TASK_FAILURE", "ERROR"),
        (TaskStatus.TASK_OUTPUT_SERDE_ERROR, {"error": "too large"}, "VAR_MUTATION_ERROR", "ERROR"),
        (TaskStatus.TASK_INPUT_VAR_SUB_ERROR, {"error": "no int"}, "VAR_SUB_ERROR", "ERROR"),
        (
            TaskStatus.TASK_EXCEPTION,
            {"exception": ("out-of-stock", "none left", 0)},
            "out-of-stock",
            "EXCEPTION",
        ),
    ],
)
def test_the_final_status_of_a_task_decides_the_failure(
    status: TaskStatus, said: dict[str, Any], name: str, run_status: str
):
    play = Play(one_task(), PLAIN).start().report(status, **said)
    assert (play.status, play.run.threads[0].status.name, play.node(1).status.name) == (run_status,) * 3
    assert play.failure().name == name
    assert play.message == play.failure().message == (said.get("error") or "none left")
    assert play.node(1).ended_ms == play.run.ended_ms == START_MS


def test_a_timed_out_task_fails_with_timeout():
    play = Play(one_task(timeout_seconds=5), PLAIN).start().time_out()
    assert (play.status, play.failure().name) == ("ERROR", "TIMEOUT")
    attempt = play.node(1).task.attempts[0]
    assert (attempt.status.name, attempt.worker_id, attempt.started_ms) == (
        "TASK_TIMEOUT",
        "w1",
        START_MS - 5000,
    )
    assert "5 seconds" in play.message


def test_an_exception_keeps_its_content_and_is_never_tried_again():
    play = Play(one_task(retries=5), PLAIN).start().throw("denied", "no", {"by": "Vader"})
    assert (play.status, play.failure().content) == ("EXCEPTION", {"by": "Vader"})
    assert len(play.node(1).task.attempts) == 1


def test_the_attempt_keeps_who_worked_on_it_and_what_was_logged():
    play = Play(one_task(), PLAIN).start()
    play.now_ms += 50
    play.succeed(started_ms=START_MS + 20, worker_id="w7", worker_version="v2", log="hello")
    attempt = play.node(1).task.attempts[0]
    assert (attempt.scheduled_ms, attempt.started_ms, attempt.ended_ms) == (
        START_MS,
        START_MS + 20,
        START_MS + 50,
    )
    assert (attempt.worker_id, attempt.worker_version, attempt.log) == ("w7", "v2", "hello")


def test_o1_without_backoff_the_next_attempt_is_sent_in_the_same_step():
    play = Play(one_task(retries=2), PLAIN).start().fail()
    assert (play.task.attempt, play.status, play.timers) == (1, "RUNNING", {})
    assert play.node(1).task.attempts[1].scheduled_ms == START_MS
    play.succeed()
    assert play.status == "COMPLETED"
    assert [attempt.status.name for attempt in play.node(1).task.attempts] == ["TASK_FAILED", "TASK_SUCCESS"]


def test_o2_after_the_last_attempt_the_node_fails():
    play = Play(one_task(retries=2), PLAIN).start().fail("1").time_out().fail("3")
    assert (play.status, play.failure().name, play.message) == ("ERROR", "TASK_FAILURE", "3")
    statuses = [attempt.status.name for attempt in play.node(1).task.attempts]
    assert statuses == ["TASK_FAILED", "TASK_TIMEOUT", "TASK_FAILED"]
    assert len(play.node(1).failures) == 1


@pytest.mark.parametrize("status", [TaskStatus.TASK_OUTPUT_SERDE_ERROR, TaskStatus.TASK_INPUT_VAR_SUB_ERROR])
def test_conversion_errors_are_never_tried_again(status: TaskStatus):
    play = Play(one_task(retries=2), PLAIN).start().report(status, error="no")
    assert (play.status, len(play.node(1).task.attempts)) == ("ERROR", 1)


def test_backoff_waits_exactly_base_times_multiplier_to_the_power_of_the_attempts_before():
    play = Play(one_task(retries=4, exponential_backoff=backoff(1000, 2.5, 7000)), PLAIN).start()
    for delay_ms in (1000, 2500, 6250, 7000):
        play.fail()
        number = len(play.run.threads[0].node.task.attempts) - 1
        assert play.sent(SetTimer) == [SetTimer(TimerKind.RETRY, 0, 1, number, play.now_ms + delay_ms)]
        assert (play.waiting, play.run.threads[0].node.task.attempts[-1].status.name) == ([], "TASK_PENDING")
        play.wait(delay_ms - 1)
        assert play.waiting == []
        play.wait(1)
        assert play.task.attempt == number
        assert play.run.threads[0].node.task.attempts[-1].scheduled_ms == play.now_ms
    play.fail()
    assert play.status == "ERROR"


@pytest.mark.parametrize(
    ("policy", "delays"),
    [
        (RetryPolicy(1), [None]),
        (RetryPolicy(3), [0, 0, None]),
        (RetryPolicy(4, 100, 1.0, 100), [100, 100, 100, None]),
        (RetryPolicy(5, 3, 1.5, 10), [3, 4, 6, 10, None]),
        (RetryPolicy(10_000, 1000, 10.0, 60_000), [1000, 10_000, 60_000]),
    ],
)
def test_the_delays_of_a_policy(policy: RetryPolicy, delays: list[int | None]):
    assert [policy.delay_ms(k, TaskStatus.TASK_FAILED) for k in range(1, len(delays) + 1)] == delays


def test_a_delay_too_large_for_a_float_is_the_maximum():
    assert RetryPolicy(10_001, 1000, 10.0, 60_000).delay_ms(9_999, TaskStatus.TASK_TIMEOUT) == 60_000


def test_retries_see_the_inputs_of_the_first_attempt():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        wf.execute("takes", n, retries=1)

    play = Play(story, task_def("takes", None, x="INT")).start()
    play.run.threads[0].variables["n"] = 2
    play._fields["v:0:n"] = b"2"
    play.fail()
    assert play.inputs == {"x": 1}


def test_every_attempt_has_a_token_of_its_own():
    play = Play(one_task(retries=3), PLAIN).start()
    tokens = [play.task.token]
    for _ in range(3):
        play.fail()
        tokens.append(play.task.token)
    assert len(set(tokens)) == 4


def test_tasks_of_one_step_and_of_runs_that_share_a_nonce_have_tokens_of_their_own():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(lambda child: child.execute("plain"), "child")
        wf.execute("plain")

    spec = SpecVersion("play", 0, 0)
    plays = [Play(story, PLAIN, run=Run(name, "default", spec)).start() for name in ("r1", "r2")]
    tokens = [sent.token for play in plays for sent in play.sent(EnqueueTask)]
    assert len(set(tokens)) == 4
    assert not [token for token in tokens if "nonce" in token]


def test_a_token_is_the_same_each_time_that_a_step_is_made():
    one, same = (Play(one_task(), PLAIN).start() for _ in range(2))
    assert one.task.token == same.task.token


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "forged"},
        {"token": ""},
        {"attempt": 1},
        {"attempt": -1},
        {"position": 2},
        {"position": 0},
        {"thread": 1},
    ],
)
def test_a_report_for_anything_but_the_attempt_at_hand_changes_nothing(wrong: dict[str, Any]):
    play = Play(one_task(retries=2), PLAIN).start()
    before = encode_state(play.run)
    for report in (play.succeed, play.fail, play.time_out):
        report(**wrong)
        assert (play.effects, encode_state(play.run)) == ([], before)
    play.succeed()
    assert play.status == "COMPLETED"


def test_a_double_report_changes_nothing():
    play = Play(lambda wf: [wf.execute("plain"), wf.execute("plain")], PLAIN).start()
    first = play.task
    play.succeed()
    before = encode_state(play.run)
    for report in (play.succeed, play.fail, play.time_out):
        report(of=first)
        assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_late_report_of_an_earlier_attempt_changes_nothing():
    play = Play(one_task(retries=2), PLAIN).start()
    first = play.task
    play.time_out()
    before = encode_state(play.run)
    play.succeed("late", of=first)
    assert (play.effects, encode_state(play.run)) == ([], before)
    play.time_out(of=first)
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_report_during_the_wait_for_a_retry_changes_nothing():
    play = Play(one_task(retries=1, exponential_backoff=backoff(1000, 1, 1000)), PLAIN).start()
    first = play.task
    play.fail()
    before = encode_state(play.run)
    for attempt in (0, 1):
        for token in (first.token, ""):
            play.succeed(of=first, attempt=attempt, token=token)
            play.time_out(of=first, attempt=attempt, token=token)
            assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_retry_timer_of_another_attempt_or_fired_twice_changes_nothing():
    play = Play(one_task(retries=2, exponential_backoff=backoff(1000, 1, 1000)), PLAIN).start().fail()
    before = encode_state(play.run)
    for key in ((TimerKind.RETRY, 0, 1, 0), (TimerKind.RETRY, 0, 1, 2), (TimerKind.RETRY, 0, 2, 1)):
        play.fire(key, play.now_ms)
        assert (play.effects, encode_state(play.run)) == ([], before)
    play.wait(1000)
    before = encode_state(play.run)
    play.fire((TimerKind.RETRY, 0, 1, 1), play.now_ms)
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_nothing_moves_a_run_that_has_ended():
    play = Play(one_task(), PLAIN).start()
    task = play.task
    play.succeed()
    before = encode_state(play.run)
    play.succeed(of=task)
    play.time_out(of=task)
    play.fire((TimerKind.NODE_DUE, 0, 1, 0), play.now_ms)
    play.start()
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_report_for_a_run_that_has_not_started_changes_nothing():
    told = Play(one_task(), PLAIN).start().task
    play = Play(one_task(), PLAIN)
    before = encode_state(play.run)
    play.succeed(of=told)
    play.time_out(of=told)
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_second_start_changes_nothing():
    play = Play(one_task(), PLAIN).start()
    before = encode_state(play.run)
    play.start()
    assert (play.effects, encode_state(play.run)) == ([], before)


def test_a_node_whose_task_def_was_deleted_fails_with_task_error():
    def story(wf: WorkflowThread) -> None:
        wf.execute("plain")
        wf.execute("gone")

    play = Play(story, PLAIN, task_def("gone"))
    play.start()
    play.program = play.compiled(PLAIN)
    play.succeed()
    assert (play.status, play.failure(2).name) == ("ERROR", "TASK_ERROR")
    assert "'gone'" in play.message


def test_a_report_for_a_task_whose_task_def_was_deleted_meanwhile_still_counts():
    play = Play(lambda wf: wf.execute("takes", 1), task_def("takes", "INT", x="INT")).start()
    play.program = play.compiled()
    play.succeed(3)
    assert play.status == "COMPLETED"


@pytest.mark.parametrize("wait_ms", [0, 1000])
def test_a_retry_whose_task_def_was_deleted_meanwhile_fails_with_task_error(wait_ms: int):
    policy = {"exponential_backoff": backoff(wait_ms, 1, wait_ms)} if wait_ms else {}
    takes = task_def("takes", "INT", x="INT")
    play = Play(lambda wf: wf.execute("takes", 1, retries=1, **policy), takes).start()
    play.program = play.compiled()
    play.fail().wait(wait_ms)
    assert (play.status, play.failure(1).name) == ("ERROR", "TASK_ERROR")
    assert "'takes'" in play.message
    assert play.waiting == []


def test_a_task_def_that_came_back_with_another_signature_fails_with_task_error():
    def story(wf: WorkflowThread) -> None:
        text = wf.declare_str("text")
        wf.execute("plain")
        text.assign(wf.execute("takes", 1))

    play = Play(story, PLAIN, task_def("takes", "STR", x="INT")).start()
    play.program = play.compiled(PLAIN, task_def("takes", "JSON_OBJ", x="INT", y="INT"))
    play.succeed()
    assert (play.status, play.failure(2).name) == ("ERROR", "TASK_ERROR")


def test_a_retry_whose_task_def_came_back_with_more_inputs_fails_with_task_error():
    play = Play(lambda wf: wf.execute("takes", 1, retries=1), task_def("takes", None, x="INT")).start()
    play.program = play.compiled(task_def("takes", None, x="INT", y="INT"))
    play.fail()
    assert (play.status, play.failure(1).name) == ("ERROR", "TASK_ERROR")


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 2**53 + 1])
def test_integers_of_64_bits_stay_exact(number: int):
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n")
        n.assign(wf.execute("echo", n))

    play = Play(story, task_def("echo", "INT", x="INT")).start(n=number)
    assert play.inputs == {"x": number}
    play.succeed(number)
    assert play.variables == {"n": number}

"""The story of TASK nodes whose TaskDef is only named when they are reached."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.errors import InvalidSpec
from lhredis.store.codec import encode_state
from lhredis.workflow import ExponentialBackoffRetryPolicy, WorkflowThread
from tests.engine.play import START_MS, Play, task_def

GREET = task_def("greet-en", "STR", name="STR")
COUNT = task_def("count", "INT", start="INT", text="STR")


def chosen(*args: Any, **options: Any) -> Any:
    """Calls the task that the variable `task` names."""

    def story(wf: WorkflowThread) -> None:
        wf.complete(wf.execute(wf.declare_str("task"), *args, **options))

    return story


def test_the_task_def_is_the_one_that_is_named_when_the_node_is_reached():
    play = Play(chosen("Leia", timeout_seconds=7), GREET, COUNT).start(task="greet-en")
    assert (play.task.task_def, play.inputs, play.task.timeout_ms) == ("greet-en", {"name": "Leia"}, 7000)
    assert play.node(1).task.task_def == "greet-en"
    play.succeed("Hello")
    assert (play.status, play.output) == ("COMPLETED", "Hello")


def test_a_format_string_names_it_too():
    def story(wf: WorkflowThread) -> None:
        wf.execute(wf.format("greet-{0}", wf.declare_str("language")), "Leia")

    play = Play(story, GREET).start(language="en")
    assert play.task.task_def == "greet-en"


def test_each_pass_of_a_loop_may_call_another_task():
    def story(wf: WorkflowThread) -> None:
        tasks = wf.declare_json_arr("tasks", [])
        index = wf.declare_int("index", 0)
        name = wf.declare_str("name")

        def body(wf: WorkflowThread) -> None:
            name.assign(tasks.get(0))
            wf.execute(name)
            tasks.assign(tasks.remove_index(0))
            index.assign(index + 1)

        wf.do_while(index < 2, body)

    play = Play(story, task_def("one"), task_def("two")).start(tasks=["two", "one"])
    called = [play.task.task_def]
    play.succeed()
    called.append(play.task.task_def)
    play.succeed()
    assert (called, play.status) == (["two", "one"], "COMPLETED")


def test_a16_a_task_def_that_does_not_exist_fails_the_node_and_is_named():
    play = Play(chosen("Leia"), GREET).start(task="not-a-real-cluster")
    assert (play.status, play.node(1).status.name) == ("ERROR", "ERROR")
    assert play.failure(1).name == "VAR_SUB_ERROR"
    assert "'not-a-real-cluster'" in play.message
    assert play.node(1).task is None and play.waiting == []


@pytest.mark.parametrize(
    ("args", "word"),
    [
        ((), "takes (start: INT, text: STR); got 0 inputs"),
        ((1, "two", 3), "got 3 inputs"),
        (("one", "two"), "'start'"),
        ((1.5, "two"), "DOUBLE"),
        ((1, {"a": 1}), "'text'"),
    ],
)
def test_inputs_that_the_task_def_does_not_take_fail_the_node(args: tuple[Any, ...], word: str):
    play = Play(chosen(*args), COUNT).start(task="count")
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert word in play.message
    assert play.node(1).task is None


def test_inputs_are_cast_where_that_needs_no_word_and_defaults_filled_in():
    text = COUNT.input_vars[1].model_copy(update={"default_value": "zero"})
    with_default = COUNT.model_copy(update={"input_vars": (COUNT.input_vars[0], text)})
    assert Play(chosen(1, 2), with_default).start(task="count").inputs == {"start": 1, "text": "2"}
    assert Play(chosen(1), with_default).start(task="count").inputs == {"start": 1, "text": "zero"}
    assert Play(chosen(None), with_default).start(task="count").inputs == {"start": None, "text": "zero"}


def test_the_result_of_untyped_arithmetic_becomes_an_int_by_truncation():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        wf.execute(wf.declare_str("task"), j.get("a") / j.get("b"), "x")

    play = Play(story, COUNT).start(task="count", j={"a": 5.0, "b": 2.0})
    assert play.inputs["start"] == 2


@pytest.mark.parametrize("name", [None, ""])
def test_a_name_that_is_none_fails_the_node(name: str | None):
    play = Play(chosen("Leia"), GREET).start(task=name)
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")


def test_a_name_that_is_no_text_is_found_when_the_spec_is_registered():
    story = {
        "entrypoint": {
            "variable_defs": [{"var_def": {"name": "n", "type_def": "INT"}}],
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "call"}]},
                "call": {
                    "task": {"dynamic_task": {"variable_name": "n"}, "variables": [{"variable_name": "x"}]},
                    "outgoing_edges": [{"sink_node_name": "end"}],
                },
                "end": {"exit": {}},
            },
        }
    }
    with pytest.raises(InvalidSpec) as raised:
        Play(story)
    assert [problem.path.rpartition("nodes.call.task.")[2] for problem in raised.value.problems] == [
        "dynamic_task",
        "variables[0]",
    ]


def test_the_output_becomes_what_the_chosen_task_def_returns():
    play = Play(chosen(), task_def("half", "DOUBLE")).start(task="half").succeed(4)
    assert (play.output, type(play.output)) == (4.0, float)
    play = Play(chosen(retries=3), task_def("half", "DOUBLE")).start(task="half").succeed("four")
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_MUTATION_ERROR")
    assert "'half'" in play.message


@pytest.mark.parametrize("wait_ms", [0, 1000])
def test_a_retry_calls_the_same_task_with_the_same_inputs(wait_ms: int):
    policy = ExponentialBackoffRetryPolicy(base_interval_ms=1000, max_delay_ms=1000, multiplier=1)
    options = {"exponential_backoff": policy} if wait_ms else {}
    play = Play(chosen("Leia", retries=1, **options), GREET, task_def("other", "STR", name="STR"))
    play.start(task="greet-en")
    first = play.task
    play.run.threads[0].variables["task"] = "other"
    play._fields["v:0:task"] = b'"other"'
    play.fail().wait(wait_ms)
    assert (play.task.task_def, play.inputs, play.task.attempt) == ("greet-en", {"name": "Leia"}, 1)
    assert play.node(1).task.attempts[1].scheduled_ms == START_MS + wait_ms
    before = encode_state(play.run)
    play.succeed("late", of=first)
    assert (play.effects, encode_state(play.run)) == ([], before)
    play.succeed("Hello")
    assert play.output == "Hello"


def test_a_report_counts_although_the_task_def_was_deleted_meanwhile():
    play = Play(chosen("Leia"), GREET).start(task="greet-en")
    play.world.task_defs.clear()
    play.succeed("Hello")
    assert (play.status, play.output) == ("COMPLETED", "Hello")


@pytest.mark.parametrize("back", [(), (task_def("greet-en", "STR", name="STR", times="INT"),)])
def test_a_retry_whose_task_def_is_gone_or_another_one_fails_with_task_error(back: Any):
    play = Play(chosen("Leia", retries=1), GREET).start(task="greet-en")
    play.world.task_defs.clear()
    play.world.task_defs.update({one.id.name: one for one in back})
    play.fail()
    assert (play.status, play.failure(1).name) == ("ERROR", "TASK_ERROR")
    assert "'greet-en'" in play.message and play.waiting == []


def test_a_timed_out_attempt_is_told_with_the_nodes_own_timeout():
    play = Play(chosen("Leia", timeout_seconds=5), GREET).start(task="greet-en").time_out()
    assert (play.status, play.failure(1).name) == ("ERROR", "TIMEOUT")
    assert "5 seconds" in play.message

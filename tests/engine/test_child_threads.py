"""The story of child threads: how they start, who waits for them, and what becomes of their failures."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from lhredis.model.limits import THREAD_RUNS_MAX
from lhredis.model.native import Array, Struct
from lhredis.workflow import WorkflowThread
from tests.engine.play import Play, Story, struct_def, task_def

A, B, C = (task_def(name, "STR") for name in "abc")
ALL, FIRST, ANY = "WAIT_FOR_ALL", "WAIT_FOR_FIRST", "WAIT_FOR_ANY"


def calling(name: str) -> Story:
    """A thread that calls one task."""
    return lambda wf: wf.execute(name)


def waiting_for(*children: Story, strategy: str = ALL) -> Story:
    """Starts children (threads 1, 2, …), waits for them, and calls nothing else."""

    def story(wf: WorkflowThread) -> None:
        spawned = [wf.spawn_thread(child, f"child-{i}") for i, child in enumerate(children)]
        wf.wait_for_threads(*spawned, strategy=strategy)

    return story


def entries(play: Play, position: int) -> list[tuple[int, str, str]]:
    """What WAIT_FOR_THREADS knows: (number, status of the thread, status of the entry)."""
    found = play.node(position).state.threads  # type: ignore[union-attr]
    return [
        (entry.number, entry.thread_status.name, entry.status.name.removeprefix("THREAD_")) for entry in found
    ]


def test_a_child_starts_and_moves_in_the_same_step_as_its_parent():
    play = Play(waiting_for(calling("a"), lambda wf: None), A).start()
    assert play.statuses() == ["RUNNING", "RUNNING", "COMPLETED"]
    assert (play.task.thread, play.task.position) == (1, 1)
    child = play.thread(1)
    assert (child.type.name, child.parent) == ("CHILD", play.thread(0))
    assert entries(play, 3) == [
        (1, "RUNNING", "IN_PROGRESS"),
        (2, "COMPLETED", "COMPLETED_OR_FAILURE_HANDLED"),
    ]
    play.succeed()
    assert (play.status, play.position) == ("COMPLETED", 4)


def test_a_child_that_nobody_waits_for_is_waited_for_by_exit():
    play = Play(lambda wf: wf.spawn_thread(calling("a"), "child"), A).start()
    assert (play.status, play.position) == ("RUNNING", 2)
    play.succeed()
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED", "COMPLETED"])


@pytest.mark.parametrize("failure", ["TASK_FAILURE", "denied"])
def test_exit_fails_for_a_child_whose_failure_nobody_handled(failure: str):
    play = Play(lambda wf: wf.spawn_thread(calling("a"), "child"), A).start()
    play.fail() if failure == "TASK_FAILURE" else play.throw(failure)
    assert (play.status, play.failure().name) == ("ERROR", "CHILD_FAILURE")
    assert "1" in play.message


def test_exit_names_all_children_that_failed():
    def story(wf: WorkflowThread) -> None:
        for name in "abc":
            wf.spawn_thread(calling(name), f"child-{name}")

    play = Play(story, A, B, C).start()
    for number in (3, 1, 2):
        play.fail(of=play.task_of(number)) if number != 2 else play.succeed(of=play.task_of(number))
    assert play.message == "child threads failed: 1, 3"


def test_fail_does_not_wait_for_children():
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(calling("a"), "child")
        wf.execute("b")
        wf.fail("enough", "no more")

    play = Play(story, A, B).start()
    play.succeed(of=play.task_of(0))
    assert (play.status, play.statuses()) == ("EXCEPTION", ["EXCEPTION", "HALTING"])
    play.succeed("late")
    assert play.statuses() == ["EXCEPTION", "HALTED"]
    assert play.node(1, thread=1).status.name == "HALTED"
    assert play.node(1, thread=1).task.attempts[-1].output == "late"  # type: ignore[union-attr]


def test_a_task_of_an_ended_run_that_fails_is_retried_until_it_is_final():
    def child(wf: WorkflowThread) -> None:
        wf.execute("a", retries=2)

    play = Play(waiting_for(child, calling("b")), A, B).start()
    play.fail(of=play.task_of(2))
    assert (play.status, play.statuses()) == ("ERROR", ["ERROR", "HALTING", "ERROR"])
    play.fail().fail()
    assert play.statuses() == ["ERROR", "HALTING", "ERROR"]
    last = play.task
    play.fail()
    assert play.statuses() == ["ERROR", "HALTED", "ERROR"]
    assert len(play.node(1, thread=1).task.attempts) == 3  # type: ignore[union-attr]
    play.succeed(of=last)
    assert play.changed == {}


def test_reports_that_come_twice_to_a_thread_that_halts_change_nothing():
    play = Play(waiting_for(calling("a"), calling("b")), A, B).start()
    first, second = play.task_of(1), play.task_of(2)
    play.throw("denied", of=second)
    assert (play.status, play.statuses()) == ("EXCEPTION", ["EXCEPTION", "HALTING", "EXCEPTION"])
    play.throw("denied", of=second)
    assert play.changed == {}
    play.succeed(of=first)
    assert play.changed != {}
    play.succeed(of=first)
    assert play.changed == {}
    play.time_out(of=first)
    assert play.changed == {}


@pytest.mark.parametrize(
    ("end", "name", "message"),
    [("throw", "denied", "by user"), ("fail", "CHILD_FAILURE", "Child thread 1 failed: broken")],
)
def test_waiting_takes_the_failure_of_a_child_up(end: str, name: str, message: str):
    play = Play(waiting_for(calling("a")), A).start()
    play.throw("denied", "by user", {"who": 1}) if end == "throw" else play.fail("broken")
    failure = play.failure()
    assert (failure.name, failure.message) == (name, message)
    assert failure.content == ({"who": 1} if end == "throw" else None)
    assert play.status == ("EXCEPTION" if end == "throw" else "ERROR")
    assert entries(play, 2)[0][2] == "UNSUCCESSFUL"


def test_all_fails_as_soon_as_one_child_fails():
    play = Play(waiting_for(calling("a"), calling("b"), calling("c")), A, B, C).start()
    play.succeed(of=play.task_of(3))
    play.throw("denied", of=play.task_of(2))
    assert (play.status, play.statuses()) == ("EXCEPTION", ["EXCEPTION", "HALTING", "EXCEPTION", "COMPLETED"])


def test_g7_a_handler_of_the_wait_takes_up_the_failures_of_children():
    def story(wf: WorkflowThread) -> None:
        spawned = [wf.spawn_thread(calling(name), f"child-{name}") for name in "ab"]
        wf.handle_exception(wf.wait_for_threads(*spawned), calling("c"), "denied")

    play = Play(story, A, B, C).start()
    play.throw("denied", of=play.task_of(1))
    assert play.statuses() == ["HALTING", "EXCEPTION", "HALTING"]
    play.succeed(of=play.task_of(2))
    assert play.statuses() == ["HALTED", "EXCEPTION", "HALTED", "RUNNING"]
    play.succeed()
    assert (play.status, play.statuses()) == (
        "COMPLETED",
        ["COMPLETED", "EXCEPTION", "COMPLETED", "COMPLETED"],
    )


def test_a_child_that_fails_after_the_failure_of_another_was_handled_is_a_failure_at_exit():
    def story(wf: WorkflowThread) -> None:
        one = wf.spawn_thread(calling("a"), "one")
        two = wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "two")
        wf.handle_any_failure(wf.wait_for_threads(one, two), lambda wf: None)

    play = Play(story, A).start().fail()
    assert (play.status, play.statuses(), play.position) == (
        "RUNNING",
        ["RUNNING", "ERROR", "RUNNING", "COMPLETED"],
        4,
    )
    done = play.post("e")
    assert done.status == "COMPLETED"


def recovering(strategy: str, handler: Story, then: Story | None = None) -> Story:
    """Two children; a failed one is handled by itself, and `then` handles the failure of the wait."""

    def story(wf: WorkflowThread) -> None:
        spawned = [wf.spawn_thread(calling(name), f"child-{name}") for name in "ab"]
        waited = wf.wait_for_threads(*spawned, strategy=strategy)
        waited.handle_any_failure_on_child(handler)
        if then is not None:
            wf.handle_any_failure(waited, then)

    return story


def test_the_handler_of_a_child_runs_below_it_and_makes_it_a_success():
    play = Play(recovering(ALL, calling("c")), A, B, C).start()
    play.fail(of=play.task_of(1))
    assert play.statuses() == ["RUNNING", "ERROR", "RUNNING", "RUNNING"]
    assert entries(play, 3)[0] == (1, "ERROR", "HANDLING_FAILURE")
    assert (play.thread(3).parent, play.thread(3).type.name) == (play.thread(1), "FAILURE_HANDLER")
    assert play.failure(thread=1).handler == 3
    play.succeed(of=play.task_of(3))
    assert entries(play, 3)[0][2] == "COMPLETED_OR_FAILURE_HANDLED"
    assert play.failure(thread=1).handled
    play.succeed()
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED", "ERROR", "COMPLETED", "COMPLETED"])


def test_both_children_fail_at_once_and_both_are_handled():
    def child(wf: WorkflowThread) -> None:
        wf.wait_for_event("go", timeout=5)

    def story(wf: WorkflowThread) -> None:
        spawned = [wf.spawn_thread(child, "child"), wf.spawn_thread(child, "child")]
        wf.wait_for_threads(*spawned).handle_any_failure_on_child(calling("c"))

    play = Play(story, C).start().wait(5000)
    assert play.statuses() == ["RUNNING", "ERROR", "ERROR", "RUNNING", "RUNNING"]
    play.succeed(of=play.task_of(4)).succeed()
    assert play.status == "COMPLETED"


@pytest.mark.parametrize("strategy", [ALL, FIRST, ANY])
def test_a_handler_of_a_child_that_fails_decides_how_the_child_counts(strategy: str):
    play = Play(recovering(strategy, calling("c")), A, B, C).start()
    play.throw("denied", of=play.task_of(1))
    play.throw("hopeless", "really", of=play.task_of(3))
    if strategy == ANY:
        assert (play.status, entries(play, 3)[0][2]) == ("RUNNING", "UNSUCCESSFUL")
        play.succeed()
        assert play.status == "COMPLETED"
    else:
        assert (play.status, play.failure().name, play.message) == ("EXCEPTION", "hopeless", "really")


@pytest.mark.parametrize("strategy", [ALL, FIRST])
def test_a_handler_of_a_child_that_failed_is_no_failure_at_exit_once_the_wait_was_handled(strategy: str):
    play = Play(recovering(strategy, calling("c"), then=lambda wf: None), A, B, C).start()
    play.fail(of=play.task_of(1))
    play.fail(of=play.task_of(3))
    play.succeed(of=play.task_of(2))
    assert play.status == "COMPLETED", play.message


def test_the_handler_of_a_child_halts_when_the_wait_fails_and_goes_on_when_that_is_handled():
    def story(wf: WorkflowThread) -> None:
        spawned = [wf.spawn_thread(calling(name), f"child-{name}") for name in "ab"]
        waited = wf.wait_for_threads(*spawned)
        waited.handle_error_on_child(lambda wf: wf.wait_for_event("repaired"))
        wf.handle_any_failure(waited, lambda wf: wf.wait_for_event("handled"))

    play = Play(story, A, B).start()
    play.fail(of=play.task_of(1))
    play.throw("denied", of=play.task_of(2))
    assert play.statuses() == ["HALTED", "ERROR", "EXCEPTION", "HALTED", "RUNNING"]
    play.post("handled")
    assert play.statuses() == ["RUNNING", "ERROR", "EXCEPTION", "RUNNING", "COMPLETED"]
    assert play.post("repaired").status == "COMPLETED"


def test_the_handler_of_a_child_halts_for_ever_when_the_wait_fails():
    def story(wf: WorkflowThread) -> None:
        spawned = [wf.spawn_thread(calling(name), f"child-{name}") for name in "ab"]
        wf.wait_for_threads(*spawned).handle_error_on_child(calling("c"))

    play = Play(story, A, B, C).start()
    play.fail(of=play.task_of(1))
    play.throw("denied", of=play.task_of(2))
    assert (play.status, play.statuses()) == ("EXCEPTION", ["EXCEPTION", "ERROR", "EXCEPTION", "HALTING"])
    play.succeed()
    assert play.statuses()[3] == "HALTED"


def test_the_handler_of_a_child_gets_the_content_and_sees_its_variables():
    def child(wf: WorkflowThread) -> None:
        wf.declare_str("mine", "of the child")
        wf.fail("denied", "no", 7)

    def story(wf: WorkflowThread) -> None:
        seen, content = wf.declare_str("seen"), wf.declare_int("content")

        def handler(wf: WorkflowThread) -> None:
            content.assign(wf.declare_int("INPUT"))
            seen.assign(wf.find_variable("mine"))

        wf.wait_for_threads(wf.spawn_thread(child, "child")).handle_exception_on_child(handler, "denied")

    play = Play(story).start()
    assert (play.status, play.variables["seen"], play.variables["content"]) == (
        "COMPLETED",
        "of the child",
        7,
    )


def test_first_goes_by_the_thread_that_is_over_and_halts_the_rest_for_good():
    play = Play(waiting_for(calling("a"), calling("b"), strategy=FIRST), A, B).start()
    play.succeed(of=play.task_of(2))
    # Thread 1 cannot halt while its task is out: EXIT waits for that.
    assert (play.status, play.statuses()) == ("RUNNING", ["RUNNING", "HALTING", "COMPLETED"])
    play.succeed()
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED", "HALTED", "COMPLETED"])
    assert [reason.kind.name for reason in play.thread(1).halts] == ["HALTED_BY_PARENT"]


def test_first_fails_with_the_thread_that_failed_first():
    play = Play(waiting_for(calling("a"), calling("b"), strategy=FIRST), A, B).start()
    play.throw("denied", of=play.task_of(2))
    assert (play.status, play.failure().name) == ("EXCEPTION", "denied")
    play.succeed()
    assert play.statuses() == ["EXCEPTION", "HALTED", "EXCEPTION"]


def test_any_fails_when_all_failed_and_not_before():
    play = Play(waiting_for(calling("a"), calling("b"), strategy=ANY), A, B).start()
    play.throw("denied", of=play.task_of(2))
    assert play.status == "RUNNING"
    play.throw("denied", of=play.task_of(1))
    assert (play.status, play.failure().name) == ("ERROR", "CHILD_FAILURE")


def test_any_does_not_count_those_that_failed_before_one_succeeded():
    play = Play(waiting_for(calling("a"), calling("b"), calling("c"), strategy=ANY), A, B, C).start()
    play.fail(of=play.task_of(3))
    play.succeed(of=play.task_of(2)).succeed()
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED", "HALTED", "COMPLETED", "ERROR"])


@pytest.mark.parametrize(
    ("strategy", "first", "second", "status"),
    [
        (strategy, first, second, status)
        for strategy, statuses in {
            # (both well, only the first well, only the second, none): which one decides at once
            ALL: ("COMPLETED", "ERROR", "ERROR", "ERROR"),
            FIRST: ("COMPLETED", "COMPLETED", "ERROR", "ERROR"),
            ANY: ("COMPLETED", "COMPLETED", "COMPLETED", "ERROR"),
        }.items()
        for (first, second), status in zip(itertools.product((True, False), repeat=2), statuses, strict=True)
    ],
)
def test_children_that_end_in_the_same_step_are_looked_at_in_their_order(
    strategy: str, first: bool, second: bool, status: str
):
    """Both wait for the same condition, which the parent sets; each then ends well or fails."""

    def story(wf: WorkflowThread) -> None:
        go = wf.declare_bool("go", False)

        def child(ends_well: bool) -> Story:
            def child(wf: WorkflowThread) -> None:
                wf.wait_for_condition(go.is_equal_to(True))
                if not ends_well:
                    wf.sleep_until_date(wf.declare_str(f"never-{id(wf)}", "no date"))

            return child

        spawned = [wf.spawn_thread(child(well), f"child-{i}") for i, well in enumerate((first, second))]
        go.assign(wf.wait_for_event("go"))
        wf.wait_for_threads(*spawned, strategy=strategy)

    play = Play(story).start().post("go", True)
    assert play.status == status
    wanted = ["COMPLETED" if well else "ERROR" for well in (first, second)]
    assert play.statuses()[1:] == wanted


def test_a_wait_for_threads_that_ended_long_ago_is_over_at_once():
    def story(wf: WorkflowThread) -> None:
        spawned = wf.spawn_thread(lambda wf: None, "child")
        wf.execute("a")
        wf.wait_for_threads(spawned)

    play = Play(story, A).start()
    assert play.statuses() == ["RUNNING", "COMPLETED"]
    assert play.succeed().status == "COMPLETED"


def test_waiting_for_the_same_child_twice_works_and_a_handled_failure_stays_handled():
    def story(wf: WorkflowThread) -> None:
        spawned = wf.spawn_thread(lambda wf: wf.fail("denied", ""), "child")
        wf.handle_any_failure(wf.wait_for_threads(spawned), lambda wf: None)
        wf.wait_for_threads(spawned)

    assert Play(story).start().status == "COMPLETED"


def numbers_of(value: Any, form: str = "thread_list") -> dict[str, Any]:
    """Waits for the thread numbers in the variable x, having started one child."""
    wait: dict[str, Any] = {"thread_list": {"variable_name": "x"}}
    if form == "threads":
        wait = {"threads": {"threads": [{"thread_run_number": {"variable_name": "x", "json_path": "$.n"}}]}}
    return {
        "entrypoint": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "spawn"}]},
                "spawn": {
                    "start_thread": {"thread_spec_name": "child"},
                    "outgoing_edges": [{"sink_node_name": "wait"}],
                },
                "wait": {"wait_for_threads": wait, "outgoing_edges": [{"sink_node_name": "exit"}]},
                "exit": {"exit": {}},
            },
            "variable_defs": [
                {
                    "var_def": {
                        "name": "x",
                        "type_def": "JSON_ARR" if form == "thread_list" else "JSON_OBJ",
                        "default_value": value,
                    }
                }
            ],
        },
        "child": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "exit"}]},
                "exit": {"exit": {}},
            }
        },
    }


@pytest.mark.parametrize("numbers", [[1], [], [1, 1]])
def test_a_list_of_threads_may_be_empty_or_name_one_twice(numbers: list[int]):
    assert Play(numbers_of(numbers)).start().status == "COMPLETED"


@pytest.mark.parametrize("number", [0, 2, -1, 1.0, "1", True, None, [1]])
def test_only_a_thread_that_exists_and_is_no_ancestor_can_be_waited_for(number: Any):
    for spec in (numbers_of([number]), numbers_of({"n": number}, "threads")):
        play = Play(spec).start()
        assert (play.status, play.failure().name, play.position) == ("ERROR", "VAR_SUB_ERROR", 2)


def test_a_list_of_threads_that_is_null_is_an_error():
    assert Play(numbers_of(None)).start().failure().name == "VAR_SUB_ERROR"


def node(then: str, **content: Any) -> dict[str, Any]:
    return {**content, "outgoing_edges": [{"sink_node_name": then}]}


def waiting(*numbers: int, **more: Any) -> dict[str, Any]:
    threads = [{"thread_run_number": {"literal_value": number}} for number in numbers]
    return node("exit", wait_for_threads={"threads": {"threads": threads}}, **more)


def test_a_thread_may_wait_for_its_sibling_and_takes_its_failure_up():
    last = {"exit": {"exit": {}}}
    spec = {
        "entrypoint": {
            "nodes": {
                "start": node("one", entrypoint={}),
                "one": node("two", start_thread={"thread_spec_name": "one"}),
                "two": node("wait", start_thread={"thread_spec_name": "two"}),
                "wait": waiting(1, 2, failure_handlers=[{"handler_spec_name": "handler"}]),
                **last,
            }
        },
        "one": {
            "nodes": {
                "start": node("a", entrypoint={}),
                "a": node("exit", task={"task_def_id": {"name": "a"}}),
                **last,
            }
        },
        "two": {"nodes": {"start": node("wait", entrypoint={}), "wait": waiting(1), **last}},
        "handler": {"nodes": {"start": node("exit", entrypoint={}), **last}},
    }
    play = Play(spec, A).start()
    play.throw("denied", of=play.task_of(1))
    assert (play.status, play.statuses()) == (
        "COMPLETED",
        ["COMPLETED", "EXCEPTION", "EXCEPTION", "COMPLETED"],
    )
    assert play.failure(thread=2).name == "denied"


def test_a_child_with_inputs_that_do_not_fit_fails_the_node_that_starts_it():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j", {"n": "text"})

        def child(wf: WorkflowThread) -> None:
            wf.declare_int("n")

        wf.spawn_thread(child, "child", {"n": j.get("n")})

    play = Play(story).start()
    assert (play.status, play.failure(1).name, play.statuses()) == ("ERROR", "VAR_SUB_ERROR", ["ERROR"])


def test_grandchildren_halt_when_the_run_fails_whoever_started_them():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.spawn_thread(calling("a"), "grandchild")
            wf.wait_for_event("e")

        wf.spawn_thread(child, "child")
        wf.execute("b")

    play = Play(story, A, B).start()
    play.fail(of=play.task_of(0))
    # Thread 1 has halted only when thread 2 has; the run does not wait for either.
    assert (play.status, play.statuses()) == ("ERROR", ["ERROR", "HALTING", "HALTING"])
    play.succeed()
    assert play.statuses() == ["ERROR", "HALTED", "HALTED"]


def test_a_failed_child_takes_its_own_children_down_while_the_parent_goes_on():
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            wf.spawn_thread(lambda wf: wf.wait_for_event("e"), "grandchild")
            wf.execute("a")

        wf.handle_any_failure(wf.wait_for_threads(wf.spawn_thread(child, "child")), lambda wf: None)
        wf.execute("b")

    play = Play(story, A, B).start().fail()
    assert play.statuses() == ["RUNNING", "ERROR", "HALTED", "COMPLETED"]
    play.post("e")
    assert play.statuses() == ["RUNNING", "ERROR", "HALTED", "COMPLETED"]
    assert play.succeed().status == "COMPLETED"


def for_each(retention: int | None = None) -> Story:
    def story(wf: WorkflowThread) -> None:
        def child(wf: WorkflowThread) -> None:
            if retention is not None:
                wf.with_retention_policy(retention)
            wf.execute("a", wf.declare_json_obj("INPUT").get("n"))

        wf.wait_for_threads(wf.spawn_thread_for_each(wf.declare_json_arr("items"), child, "child"))

    return story


TAKES_N = task_def("a", None, n="INT")


@pytest.mark.parametrize("written", [True, False], ids=["a literal", "found by a path"])
def test_a_child_gets_arrays_and_structs_of_plain_json(written: bool):
    def child(wf: WorkflowThread) -> None:
        wf.declare_array("years", int)
        wf.declare_struct("bought", "car", 0)

    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        plain = {"years": [1, 2], "bought": {"make": "Ford"}}
        inputs = plain if written else {name: j.with_json_path(f"$.{name}") for name in plain}
        wf.spawn_thread(child, "child", inputs)

    car = struct_def("car", make="STR", year={"field_type": "INT", "default_value": 2000})
    play = Play(story, struct_defs=[car]).start(j={"years": [1, 2], "bought": {"make": "Ford"}})
    assert play.thread(1).variables == {
        "years": Array("INT", [1, 2]),
        "bought": Struct("car", {"make": "Ford", "year": 2000}, 0),
    }


@pytest.mark.parametrize("declared", ["INT", "DOUBLE", None])
def test_a_number_of_json_that_is_no_int_starts_no_child(declared: str | None):
    def child(wf: WorkflowThread) -> None:
        if declared is not None:
            wf.complete(wf.add_variable("INPUT", declared))

    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread_for_each(wf.declare_json_arr("items"), child, "child")

    play = Play(story).start(items=[1, 2**63])
    assert (play.statuses(), play.failure(1).name) == (["ERROR"], "VAR_SUB_ERROR")
    assert "does not fit in 64 bits" in play.message


def test_a_child_for_each_item_gets_it_as_input():
    play = Play(for_each(), TAKES_N).start(items=[{"n": n} for n in (7, 8, 9)])
    assert [dict(play.task_of(thread).inputs) for thread in (1, 2, 3)] == [{"n": 7}, {"n": 8}, {"n": 9}]
    for thread in (3, 1, 2):
        play.succeed(of=play.task_of(thread))
    assert play.status == "COMPLETED"


def test_no_items_no_children():
    play = Play(for_each(), TAKES_N).start(items=[])
    assert (play.status, play.statuses()) == ("COMPLETED", ["COMPLETED"])


def test_one_item_that_does_not_fit_starts_none_of_the_children():
    play = Play(for_each(), TAKES_N).start(items=[{"n": 1}, "no object", {"n": 3}])
    assert (play.status, play.failure(1).name, play.statuses()) == ("ERROR", "VAR_SUB_ERROR", ["ERROR"])


def test_g22_more_items_than_threads_may_be_start_none_of_the_children():
    fits = Play(for_each(), TAKES_N).start(items=[{"n": 1}] * (THREAD_RUNS_MAX - 1))
    assert len(fits.run.threads) == THREAD_RUNS_MAX
    play = Play(for_each(), TAKES_N).start(items=[{"n": 1}] * THREAD_RUNS_MAX)
    assert (play.status, play.failure(1).name, play.statuses()) == ("ERROR", "INTERNAL_ERROR", ["ERROR"])
    assert f"would have {THREAD_RUNS_MAX + 1}" in play.message and "THREAD_RUNS_MAX" in play.message


def test_a_loop_may_start_more_children_than_fit_when_they_end_in_between():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 2 * THREAD_RUNS_MAX)

        def body(wf: WorkflowThread) -> None:
            wf.wait_for_threads(wf.spawn_thread(calling("a"), "child"))
            n.assign(n - 1)

        wf.do_while(n > 0, body)

    play = Play(story, A).start()
    while play.status == "RUNNING":
        play.succeed()
    assert (play.status, play.run.greatest_thread_number) == ("COMPLETED", 2 * THREAD_RUNS_MAX)
    assert play.statuses() == ["COMPLETED"] * (2 * THREAD_RUNS_MAX + 1)

"""The story of failures: who handles them, what goes on afterwards, and what a failing handler does."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.model.enums import LHFailureType, TaskStatus
from lhredis.model.limits import THREAD_RUNS_MAX
from lhredis.workflow import LHErrorType, WorkflowThread
from tests.engine.play import START_MS, Play, task_def

RISKY = task_def("risky", "STR")
REPAIR = task_def("repair", None)
NAMED = [task_def(f"handler-{word}") for word in ("a", "b", "c")]


def risky_with(*handlers: dict[str, Any]) -> dict[str, Any]:
    """A spec whose `risky` node has these handlers; handler i runs the task `handler-<letter>`."""
    node = {"task": {"task_def_id": {"name": "risky"}}, "outgoing_edges": [{"sink_node_name": "exit"}]}
    node["failure_handlers"] = [
        {"handler_spec_name": f"h-{letter}", **handler}
        for letter, handler in zip("abc", handlers, strict=False)
    ]
    spec = {
        "entrypoint": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "risky"}]},
                "risky": node,
                "exit": {"exit": {}},
            }
        }
    }
    for letter in "abc":
        call = {"task": {"task_def_id": {"name": f"handler-{letter}"}}}
        spec[f"h-{letter}"] = {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "call"}]},
                "call": call | {"outgoing_edges": [{"sink_node_name": "exit"}]},
                "exit": {"exit": {}},
            }
        }
    return spec


ERROR, EXCEPTION = LHFailureType.FAILURE_TYPE_ERROR.name, LHFailureType.FAILURE_TYPE_EXCEPTION.name


def test_h1_a_handled_error_lets_the_thread_go_on_behind_the_node():
    def story(wf: WorkflowThread) -> None:
        node = wf.execute("risky")
        wf.handle_error(node, lambda wf: wf.execute("repair"))
        wf.execute("repair")

    play = Play(story, RISKY, REPAIR).start().fail("broken")
    assert (play.status, play.run.threads[0].status.name) == ("RUNNING", "HALTED")
    assert (play.task.thread, play.task.task_def, play.run.threads[1].type.name) == (
        1,
        "repair",
        "FAILURE_HANDLER",
    )
    assert (play.failure(1).handler, play.failure(1).handled) == (1, False)
    play.succeed()
    assert (play.run.threads[0].status.name, play.position) == ("RUNNING", 2)
    assert (play.failure(1).handler, play.failure(1).handled) == (1, True)
    play.succeed()
    assert play.status == "COMPLETED"
    statuses = [play.node(at).status.name for at in range(4)]
    assert statuses == ["COMPLETED", "ERROR", "COMPLETED", "COMPLETED"]
    assert play.node(1, thread=1).status.name == "COMPLETED"
    assert play.run.threads[1].parent is play.run.threads[0]
    assert play.run.threads[0].error_message is None


def test_h10_the_mutations_behind_a_handled_node_are_skipped():
    def story(wf: WorkflowThread) -> None:
        seen = wf.declare_str("seen", "old")
        count = wf.declare_int("count", 0)
        node = wf.execute("risky")
        wf.handle_any_failure(node, lambda wf: None)
        seen.assign(node)
        count += 1
        wf.execute("repair")
        count += 10

    failed = Play(story, RISKY, REPAIR).start().fail().succeed()
    assert (failed.status, failed.variables) == ("COMPLETED", {"seen": "old", "count": 10})
    done = Play(story, RISKY, REPAIR).start().succeed("new").succeed()
    assert (done.status, done.variables) == ("COMPLETED", {"seen": "new", "count": 11})


@pytest.mark.parametrize(
    ("filters", "failure", "handler"),
    [
        # (filters in order, what happens, which handler runs)
        (({"specific_failure": "TASK_FAILURE"},), "TASK_FAILURE", "a"),
        (({"specific_failure": "TIMEOUT"},), "TASK_FAILURE", None),
        (({"specific_failure": "TIMEOUT"},), "TIMEOUT", "a"),
        (({"specific_failure": "TASK_ERROR"},), "TASK_FAILURE", "a"),
        (({"specific_failure": "TASK_ERROR"},), "TIMEOUT", "a"),
        (({"specific_failure": "TASK_ERROR"},), "VAR_MUTATION_ERROR", None),
        (({"specific_failure": "VAR_ERROR"},), "VAR_MUTATION_ERROR", "a"),
        (({"specific_failure": "VAR_ERROR"},), "VAR_SUB_ERROR", "a"),
        (({"specific_failure": "VAR_ERROR"},), "TASK_FAILURE", None),
        (({"specific_failure": "VAR_SUB_ERROR"},), "VAR_MUTATION_ERROR", None),
        (({"specific_failure": "CHILD_FAILURE"},), "TASK_FAILURE", None),
        (({"specific_failure": "INTERNAL_ERROR"},), "TASK_FAILURE", None),
        (({"specific_failure": "denied"},), "denied", "a"),
        (({"specific_failure": "denied"},), "other", None),
        (({"specific_failure": "denied"},), "TASK_FAILURE", None),
        (({"any_failure_of_type": ERROR},), "TASK_FAILURE", "a"),
        (({"any_failure_of_type": ERROR},), "TIMEOUT", "a"),
        (({"any_failure_of_type": ERROR},), "denied", None),
        (({"any_failure_of_type": EXCEPTION},), "denied", "a"),
        (({"any_failure_of_type": EXCEPTION},), "TASK_FAILURE", None),
        (({},), "denied", "a"),
        (({},), "TASK_FAILURE", "a"),
        (({"specific_failure": "other"}, {"specific_failure": "denied"}, {}), "denied", "b"),
        (({"any_failure_of_type": EXCEPTION}, {"specific_failure": "denied"}), "denied", "a"),
        (({"specific_failure": "TIMEOUT"}, {"specific_failure": "TASK_ERROR"}, {}), "TIMEOUT", "a"),
        (({"any_failure_of_type": EXCEPTION}, {"any_failure_of_type": ERROR}), "TIMEOUT", "b"),
        (({}, {"specific_failure": "denied"}), "denied", "a"),
    ],
)
def test_the_first_handler_that_fits_runs(
    filters: tuple[dict[str, Any], ...], failure: str, handler: str | None
):
    play = Play(risky_with(*filters), RISKY, *NAMED).start()
    happenings = {
        "TASK_FAILURE": lambda: play.fail(),
        "TIMEOUT": lambda: play.time_out(),
        "VAR_MUTATION_ERROR": lambda: play.report(TaskStatus.TASK_OUTPUT_SERDE_ERROR),
        "VAR_SUB_ERROR": lambda: play.report(TaskStatus.TASK_INPUT_VAR_SUB_ERROR),
    }
    happenings.get(failure, lambda: play.throw(failure))()
    if handler is None:
        assert play.status == ("ERROR" if failure in LHErrorType.__members__ else "EXCEPTION")
        assert (play.failure().name, play.failure().handler) == (failure, None)
        assert list(play.run.threads) == [0]
        return
    assert (play.status, play.task.task_def) == ("RUNNING", f"handler-{handler}")
    assert play.succeed().status == "COMPLETED"


def test_h11_a_handler_of_timeouts_does_not_catch_a_failure():
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute("risky"), lambda wf: None, LHErrorType.TIMEOUT)

    assert Play(story, RISKY).start().fail().status == "ERROR"
    assert Play(story, RISKY).start().time_out().status == "COMPLETED"


def test_a_handler_gets_the_content_of_the_failure_as_input():
    def story(wf: WorkflowThread) -> None:
        why = wf.declare_json_obj("why")

        def handler(wf: WorkflowThread) -> None:
            why.assign(wf.declare_json_obj("INPUT"))

        wf.handle_exception(wf.execute("risky"), handler, "denied")

    play = Play(story, RISKY).start().throw("denied", "no", {"by": "Vader"})
    assert (play.status, play.variables) == ("COMPLETED", {"why": {"by": "Vader"}})
    assert play.run.threads[1].variables == {"INPUT": {"by": "Vader"}}


def test_a_handler_that_declares_no_input_is_given_none():
    def story(wf: WorkflowThread) -> None:
        wf.handle_exception(wf.execute("risky"), lambda wf: None)

    play = Play(story, RISKY).start().throw("denied", "no", 3)
    assert (play.status, play.run.threads[1].variables) == ("COMPLETED", {})


def test_an_error_has_no_content_for_its_handler():
    def story(wf: WorkflowThread) -> None:
        wf.handle_error(wf.execute("risky"), lambda wf: wf.declare_str("INPUT", "none"))

    play = Play(story, RISKY).start().fail()
    assert (play.status, play.run.threads[1].variables) == ("COMPLETED", {"INPUT": "none"})


def test_a_handler_whose_input_does_not_fit_the_content_fails_the_thread():
    def story(wf: WorkflowThread) -> None:
        wf.handle_exception(wf.execute("risky"), lambda wf: wf.declare_int("INPUT"))

    play = Play(story, RISKY).start().throw("denied", "no", "a text")
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")
    assert "could not start" in play.message and "INPUT" in play.message
    assert [failure.name for failure in play.node(1).failures] == ["denied", "VAR_SUB_ERROR"]
    assert list(play.run.threads) == [0]


def test_a_handler_reads_and_writes_the_variables_of_its_thread():
    def story(wf: WorkflowThread) -> None:
        count = wf.declare_int("count", 1)

        def handler(wf: WorkflowThread) -> None:
            wf.mutate(wf.find_variable("count"), "ADD", 41)

        wf.handle_any_failure(wf.execute("risky"), handler)
        wf.execute("use", count)

    play = Play(story, RISKY, task_def("use", None, x="INT")).start().fail()
    assert play.inputs == {"x": 42}


def test_a_failing_handler_decides_how_its_thread_ends():
    def story(wf: WorkflowThread) -> None:
        node = wf.execute("risky")
        wf.handle_error(node, lambda wf: wf.fail("gave-up", "cannot repair", 7))
        wf.handle_exception(node, lambda wf: wf.execute("repair"))

    play = Play(story, RISKY, REPAIR).start().fail("broken")
    assert (play.status, play.run.threads[1].status.name) == ("EXCEPTION", "EXCEPTION")
    assert play.message == play.run.threads[1].error_message == "cannot repair"
    first, last = play.node(1).failures
    assert (first.name, first.handler, first.handled) == ("TASK_FAILURE", 1, False)
    assert (last.name, last.message, last.content, last.handler) == ("gave-up", "cannot repair", 7, None)
    assert play.node(1).status.name == "ERROR"


def test_an_error_in_a_handler_ends_its_thread_in_error():
    def story(wf: WorkflowThread) -> None:
        wf.handle_exception(wf.execute("risky"), lambda wf: wf.execute("repair"))

    play = Play(story, RISKY, REPAIR).start().throw("denied").time_out()
    assert (play.status, play.failure().name) == ("ERROR", "TIMEOUT")


def test_a_handler_may_have_handlers_of_its_own():
    def story(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            wf.handle_error(wf.execute("repair"), lambda wf: wf.execute("last-resort"))
            wf.execute("tidy")

        wf.handle_error(wf.execute("risky"), handler)

    defs = (RISKY, REPAIR, task_def("last-resort"), task_def("tidy"))
    play = Play(story, *defs).start().fail().fail()
    assert [thread.status.name for thread in play.run.threads.values()] == ["HALTED", "HALTED", "RUNNING"]
    assert (play.status, play.task.thread, play.task.task_def) == ("RUNNING", 2, "last-resort")
    play.succeed()
    assert (play.task.thread, play.task.task_def) == (1, "tidy")
    play.succeed()
    assert play.status == "COMPLETED"
    assert [thread.status.name for thread in play.run.threads.values()] == ["COMPLETED"] * 3


def test_a_failure_goes_up_through_handlers_that_do_not_handle_it():
    def story(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            wf.handle_error(wf.execute("repair"), lambda wf: wf.fail("hopeless", "really"))

        wf.handle_error(wf.execute("risky"), handler)

    play = Play(story, RISKY, REPAIR).start().fail().fail()
    assert (play.status, play.message) == ("EXCEPTION", "really")
    assert [thread.status.name for thread in play.run.threads.values()] == ["EXCEPTION"] * 3


def test_a_failing_edge_condition_is_handled_by_the_handler_of_its_node_once():
    def story(wf: WorkflowThread) -> None:
        j = wf.declare_json_obj("j")
        node = wf.execute("risky")
        wf.handle_error(node, lambda wf: wf.execute("repair"))
        with wf.if_(j.get("a") == 1):
            wf.execute("risky")

    play = Play(story, RISKY, REPAIR).start(j={"a": "not an int"}).succeed("fine")
    # The condition stands on the edge of the NOP behind the task: nobody handles it.
    assert (play.status, play.failure().name, play.position) == ("ERROR", "VAR_SUB_ERROR", 2)


def edge_spec(condition: dict[str, Any] | None, mutation: dict[str, Any] | None) -> dict[str, Any]:
    edge: dict[str, Any] = {"sink_node_name": "exit"}
    if condition is not None:
        edge["condition"] = condition
    if mutation is not None:
        edge["variable_mutations"] = [mutation]
    spec = risky_with({})
    spec["entrypoint"]["nodes"]["risky"]["outgoing_edges"] = [edge]
    spec["entrypoint"]["variable_defs"] = [{"var_def": {"name": "n", "type_def": "INT", "default_value": 1}}]
    return spec


def test_a_failing_mutation_is_handled_by_its_node_and_then_skipped():
    mutation = {"lhs_name": "n", "operation": "DIVIDE", "rhs_assignment": {"literal_value": 0}}
    play = Play(edge_spec(None, mutation), RISKY, *NAMED).start().succeed("fine")
    assert (play.status, play.task.task_def) == ("RUNNING", "handler-a")
    assert (play.failure(1).name, play.failure(1).message) == ("VAR_SUB_ERROR", "Cannot divide by zero")
    play.succeed()
    assert (play.status, play.variables) == ("COMPLETED", {"n": 1})
    assert play.node(1).status.name == "ERROR"


def test_a_condition_that_fails_again_after_its_handler_ends_the_thread():
    comparison = {"lhs": {"literal_value": {"a": 1}, "json_path": "$.a"}, "rhs": {"literal_value": "x"}}
    condition = {"expression": comparison | {"comparator": "EQUALS"}}
    play = Play(edge_spec(condition, None), RISKY, *NAMED).start().succeed("fine").succeed()
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")
    assert [failure.handled for failure in play.node(1).failures] == [True, False]
    assert list(play.run.threads) == [0, 1]


def test_the_output_of_a_failed_and_handled_node_cannot_be_read():
    def story(wf: WorkflowThread) -> None:
        node = wf.execute("risky")
        wf.handle_any_failure(node, lambda wf: None)
        wf.execute("use", node)

    play = Play(story, RISKY, task_def("use", None, x="STR")).start().fail()
    assert (play.status, play.failure(2).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "has no output" in play.message


def test_a_failed_pass_of_a_loop_forgets_the_output_of_the_pass_before():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 0)

        def body(wf: WorkflowThread) -> None:
            n.assign(n + 1)
            node = wf.execute("risky")
            wf.handle_any_failure(node, lambda wf: None)
            wf.execute("use", node)

        wf.do_while(n < 2, body)

    play = Play(story, RISKY, task_def("use", None, x="STR")).start().succeed("first")
    assert play.inputs == {"x": "first"}
    play.succeed().fail()
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")


def test_a_failed_sleep_and_a_failed_return_are_handled_like_any_node():
    spec = risky_with({})
    nodes = spec["entrypoint"]["nodes"]
    nodes["risky"] = {
        "sleep": {"iso_date": {"variable_name": "when"}},
        "outgoing_edges": [{"sink_node_name": "exit"}],
        "failure_handlers": nodes["risky"]["failure_handlers"],
    }
    nodes["exit"] = {
        "exit": {"return_content": {"expression": {
            "lhs": {"variable_name": "n"}, "rhs": {"literal_value": 0}, "mutation_type": "DIVIDE",
        }}},
        "failure_handlers": [{"handler_spec_name": "h-b", "specific_failure": "VAR_ERROR"}],
    }  # fmt: skip
    spec["entrypoint"]["variable_defs"] = [
        {"var_def": {"name": "n", "type_def": "INT", "default_value": 1}},
        {"var_def": {"name": "when", "type_def": "STR"}},
    ]
    play = Play(spec, *NAMED).start(when="some day")
    assert play.task.task_def == "handler-a"
    play.succeed()
    assert (play.task.task_def, play.failure(2).name) == ("handler-b", "VAR_ERROR")
    play.succeed()
    assert (play.status, play.output) == ("COMPLETED", None)


def test_fail_ends_the_thread_in_exception_with_its_name_message_and_content():
    def story(wf: WorkflowThread) -> None:
        wf.fail("no-money", "broke", wf.declare_int("n", 3))

    play = Play(story).start()
    assert (play.status, play.message) == ("EXCEPTION", "broke")
    assert (play.failure().name, play.failure().content, play.run.ended_ms) == ("no-money", 3, START_MS)


def test_fail_whose_content_cannot_be_computed_is_an_error():
    def story(wf: WorkflowThread) -> None:
        wf.fail("no-money", "broke", wf.declare_int("n", 3) / 0)

    play = Play(story).start()
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")


def handling(times: int) -> Play:
    """A loop whose task fails, and is handled, in every pass."""

    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", times)

        def body(wf: WorkflowThread) -> None:
            wf.handle_any_failure(wf.execute("risky"), lambda wf: None)
            wf.execute("repair")
            n.assign(n - 1)

        wf.do_while(n > 0, body)

    play = Play(story, RISKY, REPAIR).start()
    while play.status == "RUNNING":
        play.fail() if play.task.task_def == "risky" else play.succeed()
    return play


def test_a_loop_handles_a_failure_in_every_pass():
    play = handling(THREAD_RUNS_MAX - 1)
    assert (play.status, play.run.greatest_thread_number) == ("COMPLETED", THREAD_RUNS_MAX - 1)


def test_ended_handlers_are_archived_so_that_a_run_may_have_any_number_of_them():
    play = handling(3 * THREAD_RUNS_MAX)
    assert (play.status, play.run.greatest_thread_number) == ("COMPLETED", 3 * THREAD_RUNS_MAX)
    assert len(play.run.threads) < THREAD_RUNS_MAX
    assert play.thread(1).status.name == "COMPLETED" and 1 in play.archived


def test_handlers_that_fail_in_a_chain_stop_at_the_limit_of_threads():
    """A ThreadSpec that handles its own node: each handler fails and calls the next."""
    spec = risky_with({})
    spec["h-a"]["nodes"]["call"] |= {"failure_handlers": [{"handler_spec_name": "h-a"}]}
    play = Play(spec, RISKY, *NAMED).start()
    for _ in range(THREAD_RUNS_MAX):
        play.fail()
    assert play.status == "ERROR"
    assert len(play.run.threads) == THREAD_RUNS_MAX
    assert play.failure(thread=THREAD_RUNS_MAX - 1).name == "INTERNAL_ERROR"

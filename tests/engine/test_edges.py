"""The story of edges: which one is taken, what changes on the way, and when nothing does."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.effects import ChangeStatus, EnqueueTask, PutHistory, PutVariable
from lhredis.model.enums import LHStatus
from lhredis.model.limits import ADVANCES_PER_STEP_MAX
from lhredis.workflow import WorkflowThread
from tests.engine.play import START_MS, Play, task_def

ECHO = task_def("echo", "INT", x="INT")
PLAIN = task_def("plain")


def mutation(name: str, operation: str, value: Any, path: str | None = None) -> dict[str, Any]:
    found = {"lhs_name": name, "operation": operation, "rhs_assignment": {"literal_value": value}}
    return found | ({"lhs_json_path": path} if path else {})


def forks(*edges: dict[str, Any], **variables: str) -> dict[str, Any]:
    """A NOP with these edges; the sinks are EXITs that return their own names."""
    sinks = {edge["sink_node_name"] for edge in edges}
    return {
        "entrypoint": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "fork"}]},
                "fork": {"nop": {}, "outgoing_edges": list(edges)},
            }
            | {sink: {"exit": {"return_content": {"literal_value": sink}}} for sink in sinks},
            "variable_defs": [
                {"var_def": {"name": name, "type_def": kind}} for name, kind in variables.items()
            ],
        }
    }


def test_the_first_edge_whose_condition_holds_is_taken():
    true, false = {"literal_value": True}, {"literal_value": False}
    play = Play(
        forks(
            {"sink_node_name": "a", "condition": false},
            {"sink_node_name": "b", "condition": true},
            {"sink_node_name": "c", "condition": true},
            {"sink_node_name": "d"},
        )
    ).start()
    assert (play.status, play.output) == ("COMPLETED", "b")


def test_an_edge_without_a_condition_is_always_taken():
    play = Play(forks({"sink_node_name": "a"}, {"sink_node_name": "b"})).start()
    assert play.output == "a"


def test_an_edge_that_is_not_reached_is_not_evaluated():
    broken = {"variable_name": "x", "json_path": "$.is.not.a.bool"}
    spec = forks({"sink_node_name": "a"}, {"sink_node_name": "b", "condition": broken}, x="JSON_OBJ")
    assert Play(spec).start(x={"is": 3}).output == "a"


def test_no_edge_that_holds_fails_the_node():
    play = Play(forks({"sink_node_name": "a", "condition": {"literal_value": False}})).start()
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "'fork'" in play.message


@pytest.mark.parametrize("value", [1, "true", None, [], {"a": True}])
def test_a_condition_that_is_no_bool_fails_the_node(value: Any):
    condition = {"variable_name": "x", "json_path": "$.v"}
    play = Play(forks({"sink_node_name": "a", "condition": condition}, x="JSON_OBJ")).start(x={"v": value})
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "BOOL" in play.message


@pytest.mark.parametrize(("x", "echoes"), [(1, [1, 4]), (11, [2, 3, 4]), (16, [3, 4])])
def test_d13_nested_if_and_else(x: int, echoes: list[int]):
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n").required()

        def otherwise(wf: WorkflowThread) -> None:
            wf.do_if(n < 15, lambda wf: wf.execute("echo", 2))
            wf.execute("echo", 3)

        wf.do_if(n < 10, lambda wf: wf.execute("echo", 1), otherwise)
        wf.execute("echo", 4)

    play = Play(story, ECHO).start(n=x)
    said = []
    while play.waiting:
        said.append(play.inputs["x"])
        play.succeed(0)
    assert (play.status, said) == ("COMPLETED", echoes)


def test_a_branch_that_was_not_taken_leaves_its_node_without_output():
    def story(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        outputs = []
        wf.do_if(flag, lambda wf: outputs.append(wf.execute("echo", 1)))
        wf.execute("echo", outputs[0])

    play = Play(story, ECHO).start(flag=False)
    assert (play.status, play.failure().name) == ("ERROR", "VAR_SUB_ERROR")
    assert "has no output" in play.message
    assert Play(story, ECHO).start(flag=True).succeed(5).inputs == {"x": 5}


def test_mutations_happen_in_order_and_see_the_ones_before():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        m = wf.declare_int("m", 0)
        n += 2
        m.assign(n * 10)
        n *= m

    play = Play(story).start()
    assert (play.status, play.variables) == ("COMPLETED", {"n": 90, "m": 30})


def test_a_variable_that_changes_often_on_one_edge_is_written_once():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        n += 1
        n += 1
        n += 1

    play = Play(story).start()
    assert play.sent(PutVariable) == [PutVariable(0, "n", 1), PutVariable(0, "n", 4)]


def test_b13_a_division_by_zero_on_the_first_edge_fails_the_entrypoint():
    def story(wf: WorkflowThread) -> None:
        a, b = wf.declare_int("a", 9), wf.declare_int("b", 0)
        a /= b
        wf.execute("plain")

    play = Play(story, PLAIN).start()
    assert (play.status, play.position, play.failure(0).name) == ("ERROR", 0, "VAR_SUB_ERROR")
    assert "Cannot divide by zero" in play.message
    assert play.node(0).status is LHStatus.ERROR


def test_e13_one_failing_mutation_undoes_all_of_its_edge():
    def story(wf: WorkflowThread) -> None:
        my_int = wf.declare_int("my-int")
        my_double = wf.declare_double("my-double", 1.5)
        items = wf.declare_json_arr("items", [1])
        wf.execute("plain")
        my_double.assign(my_double * 2)
        items += 5
        my_int += 1
        my_int += 1
        my_double /= my_int + 6

    play = Play(story, PLAIN).start({"my-int": -8}).succeed()
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert play.variables == {"my-int": -8, "my-double": 1.5, "items": [1]}
    assert play.sent(PutVariable) == []


def test_mutations_of_earlier_edges_stay_when_a_later_edge_fails():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 1)
        n += 1
        wf.sleep(0)
        n /= 0

    play = Play(story).start()
    assert (play.status, play.variables) == ("ERROR", {"n": 2})


def test_only_the_edge_that_is_taken_mutates():
    spec = forks(
        {
            "sink_node_name": "a",
            "condition": {"literal_value": False},
            "variable_mutations": [mutation("n", "ASSIGN", 1)],
        },
        {"sink_node_name": "b", "variable_mutations": [mutation("n", "ASSIGN", 2)]},
        n="INT",
    )
    assert Play(spec).start().variables == {"n": 2}


def test_a11_a_loop_may_run_zero_times():
    def story(wf: WorkflowThread) -> None:
        n = wf.declare_int("n", 3)

        def body(wf: WorkflowThread) -> None:
            wf.execute("plain")
            n.assign(n - 1)

        wf.do_while(n > 0, body)

    play = Play(story, PLAIN).start(n=-1)
    assert (play.status, play.sent(EnqueueTask)) == ("COMPLETED", [])
    assert len(Play(story, PLAIN).start(n=2).succeed().succeed().sent(EnqueueTask)) == 0


@pytest.mark.parametrize("flag", [True, False])
def test_d11_a_bool_variable_is_a_condition(flag: bool):
    def story(wf: WorkflowThread) -> None:
        wf.do_if(wf.declare_bool("flag"), lambda wf: wf.complete("yes"), lambda wf: wf.complete("no"))

    assert Play(story).start(flag=flag).output == ("yes" if flag else "no")


def test_a7_the_thread_returns_what_complete_says():
    play = Play(lambda wf: wf.complete(wf.declare_str("name").required())).start(name="asdf")
    assert (play.status, play.output, play.run.ended_ms) == ("COMPLETED", "asdf", START_MS)


def test_a_return_value_that_cannot_be_computed_is_a_var_error():
    play = Play(lambda wf: wf.complete(wf.declare_int("n", 1) / 0)).start()
    assert (play.status, play.failure(1).name, play.output) == ("ERROR", "VAR_ERROR", None)


def test_a13_a_loop_without_end_stops_after_as_many_nodes_as_one_event_may_move_over():
    play = Play(lambda wf: wf.do_while(True, lambda wf: None)).start()
    assert (play.status, play.position) == ("ERROR", ADVANCES_PER_STEP_MAX)
    assert ADVANCES_PER_STEP_MAX == 512
    assert "stack overflow" in play.message
    assert (play.failure().name, play.node(512).status) == ("INTERNAL_ERROR", LHStatus.ERROR)
    assert play.sent(ChangeStatus) == [ChangeStatus(LHStatus.ERROR)]
    assert len(play.sent(PutHistory)) == 513


def test_a_straight_line_as_long_as_the_limit_completes():
    def story(wf: WorkflowThread) -> None:
        for _ in range(ADVANCES_PER_STEP_MAX - 1):
            wf.sleep(0)

    play = Play(story).start()
    assert (play.status, play.position) == ("COMPLETED", ADVANCES_PER_STEP_MAX)


def test_a_loop_with_a_task_in_it_may_go_on_for_ever():
    def story(wf: WorkflowThread) -> None:
        wf.do_while(True, lambda wf: wf.execute("plain"))

    play = Play(story, PLAIN).start()
    for _ in range(600):
        play.succeed()
    assert (play.status, play.position) == ("RUNNING", 1801 + 1)


def test_a_loop_without_end_in_a_handler_ends_the_whole_run():
    def story(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("plain"), lambda wf: wf.do_while(True, lambda wf: None))

    play = Play(story, PLAIN).start().fail()
    assert play.status == "ERROR"
    assert play.statuses() == ["ERROR", "HALTED"]
    assert (play.failure(1).name, "stack overflow" in play.message) == ("INTERNAL_ERROR", True)


def test_a_loop_without_end_in_a_handler_of_a_handler_ends_the_whole_run():
    def story(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            wf.handle_any_failure(wf.execute("plain"), lambda wf: wf.do_while(True, lambda wf: None))

        wf.handle_any_failure(wf.execute("plain"), handler)

    play = Play(story, PLAIN).start().fail().fail()
    assert play.status == "ERROR"
    assert play.statuses() == ["ERROR", "HALTED", "HALTED"]


def test_the_handlers_of_the_node_are_not_asked_about_a_loop_without_end():
    spec = {
        "entrypoint": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "a"}]},
                "a": {"nop": {}, "outgoing_edges": [{"sink_node_name": "b"}]},
                "b": {"nop": {}, "outgoing_edges": [{"sink_node_name": "a"}]},
            }
        },
        "handler": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "end"}]},
                "end": {"exit": {}},
            }
        },
    }
    for name in ("start", "a", "b"):
        spec["entrypoint"]["nodes"][name]["failure_handlers"] = [{"handler_spec_name": "handler"}]
    play = Play(spec).start()
    assert (play.status, list(play.run.threads)) == ("ERROR", [0])

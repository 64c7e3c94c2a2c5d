"""The story of a whole workflow: from a Python function to the request and the file."""

import json

import pytest

from lhredis.model.wf_spec import PutWfSpecRequest
from lhredis.workflow import (
    AllowedUpdateType,
    ExponentialBackoffRetryPolicy,
    Workflow,
    WorkflowBuildError,
    WorkflowThread,
)


def greeting(wf: WorkflowThread) -> None:
    name = wf.declare_str("name").required()
    wf.execute("greet", name)


def test_a_function_becomes_an_entrypoint_a_task_and_an_exit():
    assert Workflow("greeting", greeting).compile().to_json() == {
        "name": "greeting",
        "entrypoint_thread_name": "entrypoint",
        "thread_specs": {
            "entrypoint": {
                "variable_defs": [
                    {"var_def": {"name": "name", "type_def": {"primitive_type": "STR"}}, "required": True}
                ],
                "nodes": {
                    "0-entrypoint-ENTRYPOINT": {
                        "entrypoint": {},
                        "outgoing_edges": [{"sink_node_name": "1-greet-TASK"}],
                    },
                    "1-greet-TASK": {
                        "task": {"task_def_id": {"name": "greet"}, "variables": [{"variable_name": "name"}]},
                        "outgoing_edges": [{"sink_node_name": "2-exit-EXIT"}],
                    },
                    "2-exit-EXIT": {"exit": {}},
                },
            }
        },
    }


def test_compiling_twice_gives_the_same_request():
    workflow = Workflow("greeting", greeting)
    assert workflow.compile() == workflow.compile()


def test_what_is_saved_reads_back_as_the_same_request(tmp_path):
    workflow = Workflow("greeting", greeting)
    workflow.save(tmp_path / "greeting.json")
    saved = json.loads((tmp_path / "greeting.json").read_text(encoding="utf-8"))
    assert PutWfSpecRequest.model_validate(saved) == workflow.compile()


def test_a_workflow_gives_its_tasks_timeout_retries_and_backoff_unless_they_have_their_own():
    backoff = ExponentialBackoffRetryPolicy(base_interval_ms=100, multiplier=2.0, max_delay_ms=1000)

    def two_tasks(wf: WorkflowThread) -> None:
        wf.execute("plain")
        wf.execute("own", timeout_seconds=5, retries=0)

    workflow = Workflow("defaults", two_tasks).with_retry_policy(3, backoff).with_task_timeout_seconds(30)
    nodes = workflow.compile().thread_specs["entrypoint"].nodes
    plain, own = nodes["1-plain-TASK"].task, nodes["2-own-TASK"].task
    assert plain is not None and own is not None
    assert (plain.timeout_seconds, plain.retries, plain.exponential_backoff) == (30, 3, backoff)
    assert (own.timeout_seconds, own.retries, own.exponential_backoff) == (5, 0, backoff)


def test_a_workflow_shows_its_threads_and_takes_more_of_them():
    def child(wf: WorkflowThread) -> None:
        wf.execute("greet", wf.find_variable("name"))

    def parent(wf: WorkflowThread) -> None:
        wf.declare_str("name")
        wf.spawn_thread(child, "spawned")

    workflow = Workflow("greeting", parent)
    assert workflow.add_sub_thread("spawned", child) == "spawned"
    workflow.add_sub_thread("beside", child)
    assert list(workflow.compile().thread_specs) == ["entrypoint", "spawned", "beside"]
    assert all(isinstance(thread, WorkflowThread) for thread in workflow.get_threads())
    assert len(workflow.get_threads()) == 3
    for taken in ("entrypoint", "beside"):
        with pytest.raises(WorkflowBuildError, match="already"):
            workflow.add_sub_thread(taken, child)


def test_the_update_type_is_part_of_the_request():
    workflow = Workflow("greeting", greeting).with_update_type(AllowedUpdateType.NO_UPDATES)
    assert workflow.compile().to_json()["allowed_updates"] == "NO_UPDATES"


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda: Workflow("under_score", greeting), "hyphens only"),
        (lambda: Workflow("x", "greeting"), "a function that takes a WorkflowThread"),
        (lambda: Workflow("x", lambda: None), "one argument"),
        (lambda: Workflow("x", greeting).with_retry_policy(-1), "retries"),
        (lambda: Workflow("x", greeting).with_task_timeout_seconds(0), "timeout_seconds"),
        (lambda: Workflow("x", greeting).with_update_type("SOME"), "expected one of"),
    ],
)
def test_a_workflow_refuses_what_it_cannot_be_built_from(build, problem):
    with pytest.raises(WorkflowBuildError, match=problem):
        build()


def test_async_functions_and_generators_are_refused_as_their_steps_would_never_run():
    async def later(wf: WorkflowThread) -> None:
        wf.execute("greet")

    def yielding(wf: WorkflowThread):
        yield wf.execute("greet")

    for function in (later, yielding):
        with pytest.raises(WorkflowBuildError, match="plain one"):
            Workflow("x", function)

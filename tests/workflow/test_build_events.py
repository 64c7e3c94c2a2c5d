"""The story of events: waited for, thrown, and registered together with the workflow."""

from datetime import timedelta

import pytest

from lhredis.workflow import (
    CorrelatedEventConfig,
    VariableType,
    Workflow,
    WorkflowBuildError,
    WorkflowThread,
)


def waits_of(nodes):
    return [node["external_event"] for node in nodes.values() if "external_event" in node]


def test_an_event_is_waited_for_with_or_without_an_end(nodes_of):
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("paid")
        wf.wait_for_event("paid", timeout=-1)
        wf.wait_for_event("paid", timeout=60)
        wf.wait_for_event("paid", timeout=timedelta(hours=1))
        wf.wait_for_event("paid", timeout=wf.declare_int("patience"))

    paid = {"external_event_def_id": {"name": "paid"}}
    assert waits_of(nodes_of(story)) == [
        paid,
        paid,
        {**paid, "timeout_seconds": {"literal_value": 60}},
        {**paid, "timeout_seconds": {"literal_value": 3600}},
        {**paid, "timeout_seconds": {"variable_name": "patience"}},
    ]


def test_the_content_of_an_event_is_the_output_of_its_step(nodes_of):
    def story(wf: WorkflowThread) -> None:
        wf.execute("thank", wf.wait_for_event("paid")["amount"])

    assert nodes_of(story)["2-thank-TASK"]["task"]["variables"] == [
        {"node_output": {"node_name": "1-paid-EXTERNAL-EVENT"}, "lh_path": {"path": [{"key": "amount"}]}}
    ]


def test_an_event_is_found_by_a_key_that_may_be_masked(nodes_of):
    def story(wf: WorkflowThread) -> None:
        order = wf.declare_str("order")
        wf.wait_for_event("paid", correlation_id=order)
        wf.wait_for_event("paid", correlation_id="order-1", mask_correlation_id=True)
        wf.wait_for_event("paid", correlation_id=wf.format("order-{0}", order), mask_correlation_id=False)

    first, second, third = waits_of(nodes_of(story))
    assert first["correlation_key"] == {"variable_name": "order"} and "mask_correlation_key" not in first
    assert second["correlation_key"] == {"literal_value": "order-1"} and second["mask_correlation_key"]
    assert "format_string" in third["correlation_key"] and third["mask_correlation_key"] is False


def test_events_are_thrown_with_and_without_content(nodes_of):
    def story(wf: WorkflowThread) -> None:
        wf.throw_event("started")
        wf.throw_event("greeted", wf.format("Hello {0}", wf.declare_str("name")))

    nodes = nodes_of(story)
    assert nodes["1-started-THROW-EVENT"]["throw_event"] == {"event_def_id": {"name": "started"}}
    assert "format_string" in nodes["2-greeted-THROW-EVENT"]["throw_event"]["content"]


def test_handlers_belong_to_every_kind_of_step(nodes_of):
    def handler(wf: WorkflowThread) -> None:
        wf.execute("repair")

    def story(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        with wf.spawn("block") as block:
            block.execute("work")
        child_wf = wf.run_wf("other")
        for step in (
            wf.wait_for_event("paid"),
            wf.throw_event("thanked"),
            wf.wait_for_condition(flag),
            wf.sleep(1),
            wf.sleep_until(1),
            wf.sleep_until_date("2026-01-02"),
            wf.spawn_thread(handler, "child"),
            wf.spawn_thread_for_each([1], handler, "children"),
            block,
            wf.wait_for_threads(block),
            child_wf,
            wf.wait_for_child_wf(child_wf),
        ):
            wf.handle_any_failure(step, handler)

    nodes = nodes_of(story)
    assert [name for name, node in nodes.items() if "failure_handlers" not in node] == [
        "0-entrypoint-ENTRYPOINT",
        "13-exit-EXIT",
    ]


def test_a_condition_is_waited_for(nodes_of):
    def story(wf: WorkflowThread) -> None:
        counter = wf.declare_int("counter")
        wf.wait_for_condition(counter == 0)
        wf.wait_for_condition(wf.declare_bool("done"))

    nodes = nodes_of(story)
    first = nodes["1-condition-WAIT-FOR-CONDITION"]["wait_for_condition"]
    assert first["condition"]["expression"]["comparator"] == "EQUALS"
    assert nodes["2-condition-WAIT-FOR-CONDITION"]["wait_for_condition"] == {
        "condition": {"variable_name": "done"}
    }


def defs_of(story):
    workflow = Workflow("story", story)
    return (
        [each.to_json() for each in workflow.external_event_defs()],
        [each.to_json() for each in workflow.workflow_event_defs()],
    )


def test_nothing_is_registered_unless_it_is_said():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("paid")
        wf.throw_event("thanked", "you")
        wf.add_interrupt_handler("cancel", lambda wf: wf.fail("cancelled", "by the customer"))

    assert defs_of(story) == ([], [])


def test_events_are_registered_with_the_types_that_are_said():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("anything", auto_register=True)
        wf.wait_for_event("number", return_type=int)
        wf.wait_for_event("listed").registered_as(list[str])
        wf.wait_for_event("named").registered_as("STR")
        wf.wait_for_event("void").registered_as(type(None))
        wf.wait_for_event(
            "keyed",
            correlation_id="k",
            return_type=VariableType.BOOL,
            correlated_event_config=CorrelatedEventConfig(ttl_seconds=60),
        )
        wf.add_interrupt_handler("cancel", lambda wf: None).with_event_type(dict)
        with wf.on_interrupt("pause", event_type=int):
            pass
        with wf.on_interrupt("resume", auto_register=True):
            pass

    external, _ = defs_of(story)
    assert external == [
        {"name": "anything"},
        {"name": "number", "content_type": {"return_type": {"primitive_type": "INT"}}},
        {"name": "listed", "content_type": {"return_type": {"primitive_type": "JSON_ARR"}}},
        {"name": "named", "content_type": {"return_type": {"primitive_type": "STR"}}},
        {"name": "void", "content_type": {}},
        {
            "name": "keyed",
            "content_type": {"return_type": {"primitive_type": "BOOL"}},
            "correlated_event_config": {"ttl_seconds": 60},
        },
        {"name": "cancel", "content_type": {"return_type": {"primitive_type": "JSON_OBJ"}}},
        {"name": "pause", "content_type": {"return_type": {"primitive_type": "INT"}}},
        {"name": "resume"},
    ]


def test_a_thrown_event_is_registered_with_what_is_known_of_its_content():
    def story(wf: WorkflowThread) -> None:
        wf.throw_event("nothing", auto_register=True)
        wf.throw_event("text", "hello", auto_register=True)
        wf.throw_event("variable", wf.declare_int("x")).registered_as()
        wf.throw_event("said", wf.execute("work"), return_type=float)

    _, thrown = defs_of(story)
    assert thrown == [
        {"name": "nothing", "content_type": {}},
        {"name": "text", "content_type": {"return_type": {"primitive_type": "STR"}}},
        {"name": "variable", "content_type": {"return_type": {"primitive_type": "INT"}}},
        {"name": "said", "content_type": {"return_type": {"primitive_type": "DOUBLE"}}},
    ]


def test_defs_may_also_be_added_to_the_workflow_itself():
    request = Workflow("other", lambda wf: wf.wait_for_event("paid", return_type=int)).external_event_defs()[
        0
    ]
    thrown = Workflow("other", lambda wf: wf.throw_event("thanked", "you", True)).workflow_event_defs()[0]
    workflow = Workflow("story", lambda wf: wf.wait_for_event("paid").registered_as())
    workflow.add_external_event_def_to_register(request)
    workflow.add_workflow_event_def_to_register(thrown)
    assert workflow.external_event_defs() == (request,)
    assert workflow.workflow_event_defs() == (thrown,)


def test_a_workflow_is_registered_after_its_events():
    def story(wf: WorkflowThread) -> None:
        wf.throw_event("thanked", auto_register=True)
        wf.wait_for_event("paid", auto_register=True)

    workflow = Workflow("story", story)
    assert [request.name for request in workflow.requests()] == ["paid", "thanked", "story"]


def test_an_event_said_twice_is_registered_once_with_all_that_was_said():
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_event("paid", auto_register=True)
        wf.wait_for_event("paid", return_type=int)
        wf.wait_for_event("paid", correlated_event_config=CorrelatedEventConfig())

    external, _ = defs_of(story)
    assert external == [
        {
            "name": "paid",
            "content_type": {"return_type": {"primitive_type": "INT"}},
            "correlated_event_config": {},
        }
    ]


@pytest.mark.parametrize(
    ("story", "problem"),
    [
        (lambda wf: wf.wait_for_event("under_score"), "hyphens only"),
        (lambda wf: wf.wait_for_event("paid", timeout=0), "from 1 to"),
        (lambda wf: wf.wait_for_event("paid", timeout=1.5), "whole seconds"),
        (lambda wf: wf.wait_for_event("paid", timeout=wf.declare_str("x")), "a timeout is of type INT"),
        (lambda wf: wf.wait_for_event("paid", correlation_id=3), "a correlation id is of type STR"),
        (lambda wf: wf.wait_for_event("paid", return_type=object), "no type of a value"),
        (lambda wf: wf.throw_event("thanked", wf.execute("work"), auto_register=True), "give return_type"),
        (lambda wf: wf.execute("use", wf.throw_event("thanked")), "has no output"),
        (lambda wf: wf.wait_for_condition(True), "True already while the workflow is built"),
        (lambda wf: wf.wait_for_condition(wf.declare_int("x")), "BOOL"),
        (
            lambda wf: [wf.wait_for_event("paid", return_type=kind) for kind in (int, str)],
            "'paid' is registered with another content_type already",
        ),
    ],
)
def test_what_is_no_event_or_condition_is_refused(spec_of, story, problem):
    with pytest.raises(WorkflowBuildError, match=problem):
        spec_of(story)

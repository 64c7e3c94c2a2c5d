"""The story of interrupts: handlers of whole threads, started by events."""

import pytest

from lhredis.workflow import WorkflowBuildError, WorkflowThread


def handler(wf: WorkflowThread) -> None:
    wf.execute("handle", wf.declare_json_obj("INPUT").required())


def test_a_thread_names_the_events_that_interrupt_it_and_their_handlers(spec_of):
    def story(wf: WorkflowThread) -> None:
        counter = wf.declare_int("counter")
        wf.add_interrupt_handler("changed", handler)
        with wf.on_interrupt("counted") as counted:
            counter.assign(counter - 1)
            counted.execute("tell", counter)

    spec = spec_of(story)["thread_specs"]
    assert spec["entrypoint"]["interrupt_defs"] == [
        {"external_event_def_id": {"name": "changed"}, "handler_spec_name": "interrupt-changed"},
        {"external_event_def_id": {"name": "counted"}, "handler_spec_name": "interrupt-counted"},
    ]
    assert "1-handle-TASK" in spec["interrupt-changed"]["nodes"]
    (edge,) = spec["interrupt-counted"]["nodes"]["0-entrypoint-ENTRYPOINT"]["outgoing_edges"]
    assert edge["variable_mutations"][0]["lhs_name"] == "counter"
    assert "interrupt_defs" not in spec["interrupt-counted"]


def test_a_child_has_interrupts_of_its_own(spec_of):
    def story(wf: WorkflowThread) -> None:
        with wf.spawn("child") as child:
            child.add_interrupt_handler("changed", handler)
        wf.add_interrupt_handler("stopped", handler)

    spec = spec_of(story)["thread_specs"]
    assert [each["handler_spec_name"] for each in spec["child"]["interrupt_defs"]] == ["interrupt-changed"]
    assert [each["handler_spec_name"] for each in spec["entrypoint"]["interrupt_defs"]] == [
        "interrupt-stopped"
    ]


def twice(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("changed", handler)
    wf.add_interrupt_handler("changed", handler)


def in_two_threads(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("changed", handler)
    with wf.spawn("child") as child:
        child.add_interrupt_handler("changed", handler)


def waited_for_before(wf: WorkflowThread) -> None:
    wf.wait_for_event("changed")
    wf.add_interrupt_handler("changed", handler)


def waited_for_after(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("changed", handler)
    wf.wait_for_event("changed")


def with_a_required_input(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("changed", lambda wf: wf.declare_int("x").required())


@pytest.mark.parametrize(
    ("story", "problem"),
    [
        (twice, r"interrupts already at .*test_build_interrupts\.py:"),
        (in_two_threads, "interrupts already at"),
        (waited_for_before, "is waited for already at"),
        (waited_for_after, "no step can wait for it"),
        (with_a_required_input, "a handler is started with INPUT only"),
        (lambda wf: wf.add_interrupt_handler("under_score", handler), "hyphens only"),
    ],
)
def test_an_event_interrupts_the_threads_of_one_kind_and_nothing_else(spec_of, story, problem):
    with pytest.raises(WorkflowBuildError, match=problem):
        spec_of(story)

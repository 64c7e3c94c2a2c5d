"""The story of failure handlers: threads of their own beside the node that failed."""

import pytest

from lhredis.workflow import LHErrorType, WorkflowBuildError, WorkflowThread


def handler(wf: WorkflowThread) -> None:
    wf.execute("repair")


@pytest.mark.parametrize(
    ("handle", "caught"),
    [
        (lambda wf, node: wf.handle_any_failure(node, handler), {}),
        (lambda wf, node: wf.handle_error(node, handler), {"any_failure_of_type": "FAILURE_TYPE_ERROR"}),
        (
            lambda wf, node: wf.handle_exception(node, handler),
            {"any_failure_of_type": "FAILURE_TYPE_EXCEPTION"},
        ),
        (
            lambda wf, node: wf.handle_error(node, handler, LHErrorType.TIMEOUT),
            {"specific_failure": "TIMEOUT"},
        ),
        (
            lambda wf, node: wf.handle_error(node, handler, error_type=LHErrorType.CHILD_FAILURE),
            {"specific_failure": "CHILD_FAILURE"},
        ),
        (
            lambda wf, node: wf.handle_exception(node, handler, "out-of-stock"),
            {"specific_failure": "out-of-stock"},
        ),
    ],
)
def test_a_handler_names_what_it_catches_and_the_thread_that_runs(spec_of, handle, caught):
    threads = spec_of(lambda wf: handle(wf, wf.execute("work")))["thread_specs"]
    node = threads["entrypoint"]["nodes"]["1-work-TASK"]
    assert node["failure_handlers"] == [{"handler_spec_name": "exn-handler-1-1-work-TASK", **caught}]
    assert list(threads["exn-handler-1-1-work-TASK"]["nodes"]) == [
        "0-entrypoint-ENTRYPOINT",
        "1-repair-TASK",
        "2-exit-EXIT",
    ]


def test_handlers_are_tried_in_the_order_in_which_they_were_added(spec_of):
    def story(wf: WorkflowThread) -> None:
        node = wf.execute("work")
        wf.handle_exception(node, handler, "a")
        wf.handle_error(node, handler)

    threads = spec_of(story)["thread_specs"]
    handlers = threads["entrypoint"]["nodes"]["1-work-TASK"]["failure_handlers"]
    assert [each["handler_spec_name"] for each in handlers] == [
        "exn-handler-1-1-work-TASK",
        "exn-handler-2-1-work-TASK",
    ]


@pytest.mark.parametrize(
    ("first", "second", "caught"),
    [
        (lambda wf, node: wf.on_failure(node), lambda wf, node: wf.on_exception(node, "a"), "every failure"),
        (lambda wf, node: wf.on_failure(node), lambda wf, node: wf.on_failure(node), "every failure"),
        (lambda wf, node: wf.on_error(node), lambda wf, node: wf.on_error(node, "TIMEOUT"), "every ERROR"),
        (lambda wf, node: wf.on_exception(node, "a"), lambda wf, node: wf.on_exception(node, "a"), "a"),
        (
            lambda wf, node: wf.on_error(node, "TASK_ERROR"),
            lambda wf, node: wf.on_error(node, "TIMEOUT"),
            "TASK_ERROR",
        ),
    ],
)
def test_a_handler_that_would_never_run_is_refused(spec_of, first, second, caught):
    def story(wf: WorkflowThread) -> None:
        node = wf.execute("work")
        with first(wf, node):
            pass
        with second(wf, node):
            pass

    with pytest.raises(WorkflowBuildError, match=f"never run: an earlier one catches {caught} already"):
        spec_of(story)


def test_handlers_from_the_special_to_the_general_are_fine(spec_of):
    def story(wf: WorkflowThread) -> None:
        node = wf.execute("work")
        wf.handle_error(node, handler, LHErrorType.CHILD_FAILURE)
        wf.handle_error(node, handler, LHErrorType.TIMEOUT)
        wf.handle_error(node, handler, LHErrorType.TASK_ERROR)
        wf.handle_exception(node, handler, "a")
        wf.handle_error(node, handler)
        wf.handle_exception(node, handler)
        wf.handle_any_failure(node, handler)

    assert len(spec_of(story)["thread_specs"]) == 8


def test_a_block_describes_a_handler_where_the_node_is(spec_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        with wf.on_error(wf.execute("work"), LHErrorType.TIMEOUT) as handler:
            handler.execute("repair", x)
            x.assign(0)
            handler.fail("gave-up", "Once is enough")

    threads = spec_of(story)["thread_specs"]
    (caught,) = threads["entrypoint"]["nodes"]["1-work-TASK"]["failure_handlers"]
    assert caught == {"handler_spec_name": "exn-handler-1-1-work-TASK", "specific_failure": "TIMEOUT"}
    repair = threads["exn-handler-1-1-work-TASK"]["nodes"]["1-repair-TASK"]
    assert repair["outgoing_edges"][0]["variable_mutations"][0]["lhs_name"] == "x"
    assert repair["outgoing_edges"][0]["sink_node_name"] == "2-gave-up-EXIT"


def test_a_handler_needs_nothing_but_its_input(spec_of):
    def with_required(wf: WorkflowThread) -> None:
        wf.declare_int("needed").required()

    with pytest.raises(WorkflowBuildError, match="'needed' cannot be required"):
        spec_of(lambda wf: wf.handle_any_failure(wf.execute("work"), with_required))


def test_a_handler_reads_and_changes_the_variables_of_the_thread_that_failed(spec_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")

        def repair(wf: WorkflowThread) -> None:
            content = wf.declare_json_obj("INPUT")
            wf.execute("repair", wf.find_variable("x"), content)
            x.assign(0)

        wf.handle_any_failure(wf.execute("work"), repair)
        x.assign(1)

    threads = spec_of(story)["thread_specs"]
    repair = threads["exn-handler-1-1-work-TASK"]["nodes"]["1-repair-TASK"]
    assert repair["task"]["variables"] == [{"variable_name": "x"}, {"variable_name": "INPUT"}]
    (mutation,) = repair["outgoing_edges"][0]["variable_mutations"]
    assert mutation["rhs_assignment"] == {"literal_value": 0}


def test_a_handler_may_have_handlers_and_fail_in_its_own_way(spec_of):
    def give_up(wf: WorkflowThread) -> None:
        wf.fail("gave-up", "Twice is enough")

    def repair(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("repair"), give_up)

    threads = spec_of(lambda wf: wf.handle_any_failure(wf.execute("work"), repair))["thread_specs"]
    assert list(threads) == ["entrypoint", "exn-handler-1-1-work-TASK", "exn-handler-2-1-repair-TASK"]


def test_each_handler_may_declare_its_own_input_but_no_other_name_twice(spec_of):
    def with_input(wf: WorkflowThread) -> None:
        wf.declare_str("INPUT")

    def with_name(wf: WorkflowThread) -> None:
        wf.declare_str("name")

    def story(wf: WorkflowThread, function) -> None:
        node = wf.execute("work")
        wf.handle_error(node, function)
        wf.handle_exception(node, function)

    spec_of(lambda wf: story(wf, with_input))
    with pytest.raises(WorkflowBuildError, match=r"'name' is declared already at .*test_build_failures\.py:"):
        spec_of(lambda wf: story(wf, with_name))


def test_the_longest_node_name_still_gives_a_thread_name_within_the_limit(spec_of):
    threads = spec_of(lambda wf: wf.handle_any_failure(wf.execute("a" * 128), handler))["thread_specs"]
    assert max(map(len, threads)) == 128


def test_an_output_of_another_thread_cannot_be_used_in_a_handler(spec_of):
    def story(wf: WorkflowThread) -> None:
        output = wf.execute("work")
        wf.handle_any_failure(output, lambda wf: wf.execute("repair", output))

    with pytest.raises(WorkflowBuildError, match="can only be used in the thread 'entrypoint'"):
        spec_of(story)


def test_a_variable_of_a_handler_cannot_be_seen_outside(spec_of):
    def story(wf: WorkflowThread) -> None:
        inner = []
        wf.handle_any_failure(wf.execute("work"), lambda wf: inner.append(wf.declare_int("x")))
        wf.execute("use", inner[0])

    with pytest.raises(WorkflowBuildError, match="'x' belongs to the thread 'exn-handler-1-1-work-TASK'"):
        spec_of(story)


def test_a_handler_that_writes_on_the_outer_thread_is_refused(spec_of):
    def story(outer: WorkflowThread) -> None:
        outer.handle_any_failure(outer.execute("work"), lambda wf: outer.execute("repair"))

    with pytest.raises(WorkflowBuildError, match="use the WorkflowThread that the function gets"):
        spec_of(story)


@pytest.mark.parametrize(
    "handle",
    [
        lambda wf, node: wf.handle_error(node, handler, "out-of-stock"),
        lambda wf, node: wf.handle_exception(node, handler, "TIMEOUT"),
        lambda wf, node: wf.handle_exception(node, handler, "out of stock"),
        lambda wf, node: wf.handle_any_failure("1-work-TASK", handler),
        lambda wf, node: wf.handle_any_failure(node, "handler"),
        lambda wf, node: wf.handle_any_failure(node, lambda: None),
    ],
)
def test_a_handler_that_cannot_be_is_refused(spec_of, handle):
    with pytest.raises(WorkflowBuildError):
        spec_of(lambda wf: handle(wf, wf.execute("work")))

"""The story of mistakes: the error names the file and the line that has to change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lhredis.errors import InvalidArgument
from lhredis.workflow import Workflow, WorkflowBuildError, WorkflowThread


def duplicate_variable(wf: WorkflowThread) -> None:
    wf.declare_int("x")
    wf.declare_str("x")  # wrong


def node_after_complete(wf: WorkflowThread) -> None:
    wf.complete()
    wf.execute("work")  # wrong


def mutation_after_fail(wf: WorkflowThread) -> None:
    x = wf.declare_int("x")
    wf.fail("over", "over")
    x.assign(1)  # wrong


def second_complete(wf: WorkflowThread) -> None:
    wf.complete()
    wf.complete()  # wrong


def node_after_branches_that_all_end(wf: WorkflowThread) -> None:
    with wf.if_(wf.declare_bool("x")):
        wf.complete()
    with wf.else_():
        wf.fail("over", "over")
    wf.execute("work")  # wrong


def node_after_complete_in_a_branch(wf: WorkflowThread) -> None:
    def body(wf: WorkflowThread) -> None:
        wf.complete()
        wf.sleep(1)  # wrong

    wf.do_if(wf.declare_bool("x"), body)


def unknown_variable(wf: WorkflowThread) -> None:
    wf.find_variable("x")  # wrong


def unsupported_literal(wf: WorkflowThread) -> None:
    wf.execute("work", object())  # wrong


def unsupported_literal_in_an_expression(wf: WorkflowThread) -> None:
    x = wf.declare_int("x") + object()  # wrong
    wf.execute("work", x)


def bad_name(wf: WorkflowThread) -> None:
    wf.execute("under_score")  # wrong


def open_place_in_a_format(wf: WorkflowThread) -> None:
    text = wf.format("{0} {1}", "one")  # wrong
    wf.execute("work", text)


def a_python_if(wf: WorkflowThread) -> None:
    x = wf.declare_int("x")
    if x > 3:  # wrong
        wf.execute("work")


def a_block_without_with(wf: WorkflowThread) -> None:
    wf.if_(wf.declare_bool("x"))  # wrong
    wf.execute("work")


def a_block_without_with_at_the_end(wf: WorkflowThread) -> None:
    wf.while_(wf.declare_bool("x"))  # wrong


def a_body_without_a_parameter(wf: WorkflowThread) -> None:
    wf.do_while(wf.declare_bool("x"), lambda: None)  # wrong


def foreign_output(wf: WorkflowThread) -> None:
    output = wf.execute("work")

    def repair(wf: WorkflowThread) -> None:
        wf.execute("repair", output)  # wrong

    wf.handle_any_failure(output, repair)


def condition_on_a_number(wf: WorkflowThread) -> None:
    with wf.while_(wf.declare_int("x")):  # wrong
        wf.execute("work")


def a_literal_of_another_type(wf: WorkflowThread) -> None:
    x = wf.declare_int("x")
    x.assign("three")  # wrong


def an_operation_that_does_not_go_with_the_type(wf: WorkflowThread) -> None:
    x = wf.declare_str("x")
    x *= 3  # wrong


def a_wait_for_a_thread_of_another_thread(wf: WorkflowThread) -> None:
    with wf.spawn("one") as one, one.spawn("two") as two:
        two.execute("work")
    wf.wait_for_threads(two)  # wrong


def a_second_handler(wf: WorkflowThread) -> None:
    work = wf.execute("work")
    with wf.on_failure(work):
        pass
    wf.handle_any_failure(work, lambda wf: None)  # wrong


def a_second_interrupt(wf: WorkflowThread) -> None:
    wf.add_interrupt_handler("stop", lambda wf: None)
    wf.add_interrupt_handler("stop", lambda wf: None)  # wrong


def a_required_variable_of_a_handler(wf: WorkflowThread) -> None:
    with wf.on_interrupt("stop") as handler:
        handler.declare_int("x").required()  # wrong


def a_thread_twice(wf: WorkflowThread) -> None:
    wf.spawn_thread(lambda wf: None, "child")
    wf.spawn_thread(lambda wf: None, "child")  # wrong


def a_child_without_its_input(wf: WorkflowThread) -> None:
    wf.spawn_thread(lambda wf: wf.declare_int("x").required(), "child")  # wrong


def a_block_of_a_child_without_its_input(wf: WorkflowThread) -> None:
    with wf.spawn("child") as child:  # wrong
        child.declare_int("x").required()


def an_output_of_a_step_that_has_none(wf: WorkflowThread) -> None:
    wf.execute("use", wf.sleep(1))  # wrong


def a_spawn_on_the_outer_thread(wf: WorkflowThread) -> None:
    with wf.spawn("child"):
        wf.spawn_thread(lambda wf: None, "other")  # wrong


def a_spawn_after_complete(wf: WorkflowThread) -> None:
    wf.complete()
    with wf.spawn("child") as child:  # wrong
        child.execute("work")


def a_spawn_without_with(wf: WorkflowThread) -> None:
    wf.spawn("child")  # wrong
    wf.execute("work")


MISTAKES = [
    duplicate_variable,
    node_after_complete,
    mutation_after_fail,
    second_complete,
    node_after_branches_that_all_end,
    node_after_complete_in_a_branch,
    unknown_variable,
    unsupported_literal,
    unsupported_literal_in_an_expression,
    bad_name,
    open_place_in_a_format,
    a_python_if,
    a_block_without_with,
    a_block_without_with_at_the_end,
    a_body_without_a_parameter,
    foreign_output,
    condition_on_a_number,
    a_literal_of_another_type,
    an_operation_that_does_not_go_with_the_type,
    a_wait_for_a_thread_of_another_thread,
    a_second_handler,
    a_second_interrupt,
    a_required_variable_of_a_handler,
    a_thread_twice,
    a_child_without_its_input,
    a_block_of_a_child_without_its_input,
    an_output_of_a_step_that_has_none,
    a_spawn_on_the_outer_thread,
    a_spawn_after_complete,
    a_spawn_without_with,
]


def wrong_line(function: Callable[..., object]) -> int:
    """The first line marked as wrong at or after the function's first one."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    first = function.__code__.co_firstlineno
    return next(number for number in range(first, len(lines)) if lines[number - 1].endswith("# wrong"))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda function: function.__name__)
def test_a_mistake_is_reported_with_its_file_and_line(mistake):
    with pytest.raises(WorkflowBuildError) as caught:
        Workflow("mistaken", mistake).compile()
    assert (caught.value.file, caught.value.line) == (__file__, wrong_line(mistake))
    assert str(caught.value) == f"{__file__}:{caught.value.line}: {caught.value.problem}"


def test_a_build_error_is_an_invalid_argument():
    assert issubclass(WorkflowBuildError, InvalidArgument)


def test_a_variable_cannot_be_changed_after_the_workflow_was_built():
    kept = []
    Workflow("kept", lambda wf: kept.append(wf.declare_int("x"))).compile()
    with pytest.raises(WorkflowBuildError, match="built already"):
        kept[0].assign(3)


def test_a_step_cannot_be_added_after_the_workflow_was_built():
    kept = []
    Workflow("kept", kept.append).compile()
    with pytest.raises(WorkflowBuildError, match="built already"):
        kept[0].spawn_thread(lambda wf: None, "child")


def test_a_variable_of_another_workflow_cannot_be_used():
    kept = []
    Workflow("kept", lambda wf: kept.append(wf.declare_int("x"))).compile()
    with pytest.raises(WorkflowBuildError, match="cannot be seen"):
        Workflow("other", lambda wf: wf.execute("use", kept[0])).compile()

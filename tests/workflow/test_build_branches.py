"""The story of branches and loops: where edges lead, and where mutations land on them."""

import pytest

from lhredis.workflow import Comparator, WorkflowBuildError, WorkflowThread


def comparison(comparator: str, value: object = 3) -> dict:
    return {
        "expression": {
            "lhs": {"variable_name": "x"},
            "rhs": {"literal_value": value},
            "comparator": comparator,
        }
    }


def assigned(value: object) -> list:
    return [{"lhs_name": "x", "operation": "ASSIGN", "rhs_assignment": {"literal_value": value}}]


def test_an_if_leads_into_its_body_or_past_it(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        wf.do_if(wf.condition(x, Comparator.GREATER_THAN, 3), lambda wf: wf.execute("big"))
        wf.execute("after")

    assert edges_of(story) == {
        "0-entrypoint-ENTRYPOINT": [{"sink_node_name": "1-nop-NOP"}],
        "1-nop-NOP": [
            {"sink_node_name": "2-big-TASK", "condition": comparison("GREATER_THAN")},
            {"sink_node_name": "3-nop-NOP"},
        ],
        "2-big-TASK": [{"sink_node_name": "3-nop-NOP"}],
        "3-nop-NOP": [{"sink_node_name": "4-after-TASK"}],
        "4-after-TASK": [{"sink_node_name": "5-exit-EXIT"}],
        "5-exit-EXIT": [],
    }


def test_else_if_and_else_are_edges_in_order_with_the_else_last(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        (
            wf.do_if(x.is_greater_than(3), lambda wf: wf.execute("big"))
            .do_else_if(x.is_equal_to(3), lambda wf: wf.execute("three"))
            .do_else(lambda wf: wf.execute("small"))
        )

    edges = edges_of(story)
    assert edges["1-nop-NOP"] == [
        {"sink_node_name": "2-big-TASK", "condition": comparison("GREATER_THAN")},
        {"sink_node_name": "3-three-TASK", "condition": comparison("EQUALS")},
        {"sink_node_name": "4-small-TASK"},
    ]
    for branch in ("2-big-TASK", "3-three-TASK", "4-small-TASK"):
        assert edges[branch] == [{"sink_node_name": "5-nop-NOP"}]


def test_with_blocks_compile_to_the_same_spec_as_functions(spec_of):
    def by_functions(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")

        def inner(wf: WorkflowThread) -> None:
            wf.do_if(x == 1, lambda wf: x.assign(2), lambda wf: wf.complete())
            wf.execute("body")

        def big(wf: WorkflowThread) -> None:
            wf.do_while(x < 5, inner)

        wf.do_if(x > 3, big).do_else_if(x == 3, lambda wf: wf.fail("three", "no")).do_else(
            lambda wf: x.assign(4)
        )
        wf.execute("after")

    def by_blocks(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        with wf.if_(x > 3):  # noqa: SIM117
            with wf.while_(x < 5):
                with wf.if_(x == 1):
                    x.assign(2)
                with wf.else_():
                    wf.complete()
                wf.execute("body")
        with wf.elif_(x == 3):
            wf.fail("three", "no")
        with wf.else_():
            x.assign(4)
        wf.execute("after")

    assert spec_of(by_functions) == spec_of(by_blocks)


def test_an_else_body_given_to_do_if_is_the_same_as_do_else(spec_of):
    def given(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        wf.do_if(flag, lambda wf: wf.execute("yes"), lambda wf: wf.execute("no"))

    def chained(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        wf.do_if(flag, lambda wf: wf.execute("yes")).do_else(lambda wf: wf.execute("no"))

    assert spec_of(given) == spec_of(chained)


def test_mutations_in_branches_land_on_the_edges_of_their_branch(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        with wf.if_(x > 3):
            x.assign(1)
            wf.execute("big")
            x.assign(2)
        with wf.elif_(x == 3):
            x.assign(3)
        with wf.else_():
            pass
        x.assign(4)

    edges = edges_of(story)
    assert edges["1-nop-NOP"] == [
        {
            "sink_node_name": "2-big-TASK",
            "condition": comparison("GREATER_THAN"),
            "variable_mutations": assigned(1),
        },
        {
            "sink_node_name": "3-nop-NOP",
            "condition": comparison("EQUALS"),
            "variable_mutations": assigned(3),
        },
        {"sink_node_name": "3-nop-NOP"},
    ]
    assert edges["2-big-TASK"] == [{"sink_node_name": "3-nop-NOP", "variable_mutations": assigned(2)}]
    assert edges["3-nop-NOP"] == [{"sink_node_name": "4-exit-EXIT", "variable_mutations": assigned(4)}]


def test_a_branch_that_ends_leads_nowhere_else(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        with wf.if_(x > 3):
            wf.complete(x)
        wf.execute("after")

    edges = edges_of(story)
    assert edges["2-exit-EXIT"] == []
    assert edges["3-nop-NOP"] == [{"sink_node_name": "4-after-TASK"}]
    assert [edge["sink_node_name"] for edge in edges["1-nop-NOP"]] == ["2-exit-EXIT", "3-nop-NOP"]


def test_when_every_branch_ends_nothing_is_left_to_join(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        with wf.if_(x > 3):
            wf.complete(1)
        with wf.else_():
            wf.complete(2)

    assert list(edges_of(story)) == ["0-entrypoint-ENTRYPOINT", "1-nop-NOP", "2-exit-EXIT", "3-exit-EXIT"]


def test_a_while_asks_before_and_after_its_body(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        with wf.while_(x < 3):
            wf.execute("body")
            x.assign(1)
        x.assign(2)

    assert edges_of(story) == {
        "0-entrypoint-ENTRYPOINT": [{"sink_node_name": "1-nop-NOP"}],
        "1-nop-NOP": [
            {"sink_node_name": "2-body-TASK", "condition": comparison("LESS_THAN")},
            {"sink_node_name": "3-nop-NOP", "condition": comparison("GREATER_THAN_EQ")},
        ],
        "2-body-TASK": [{"sink_node_name": "3-nop-NOP", "variable_mutations": assigned(1)}],
        "3-nop-NOP": [
            {"sink_node_name": "1-nop-NOP", "condition": comparison("LESS_THAN")},
            {"sink_node_name": "4-exit-EXIT", "variable_mutations": assigned(2)},
        ],
        "4-exit-EXIT": [],
    }


def test_a_while_of_mutations_only_has_no_edge_from_a_node_to_itself(edges_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        wf.do_while(x < 3, lambda wf: x.assign(1))

    edges = edges_of(story)
    assert edges["1-nop-NOP"][0] == {
        "sink_node_name": "2-nop-NOP",
        "condition": comparison("LESS_THAN"),
        "variable_mutations": assigned(1),
    }
    assert all(edge["sink_node_name"] != name for name, leaving in edges.items() for edge in leaving)


def test_a_while_on_true_goes_on_until_the_body_ends_it(edges_of):
    def story(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        with wf.while_(True), wf.if_(flag):
            wf.complete()

    conditions = [edge.get("condition") for edge in edges_of(story)["1-nop-NOP"]]
    assert conditions == [{"literal_value": True}, {"literal_value": False}]


def test_a_bool_variable_or_any_bool_expression_is_a_condition(edges_of):
    def story(wf: WorkflowThread) -> None:
        flag, x = wf.declare_bool("flag"), wf.declare_int("x")
        answer = wf.execute("ask")
        with wf.while_(flag):
            wf.execute("a")
        with wf.if_(answer["yes"]):
            wf.execute("b")
        with wf.while_((x == 3).do_and(flag)):
            wf.execute("c")

    edges = edges_of(story)
    flag = {"variable_name": "flag"}
    both = {"expression": {"lhs": comparison("EQUALS"), "rhs": flag, "mutation_type": "AND"}}
    false = {"literal_value": False}
    assert [edge["condition"] for edge in edges["2-nop-NOP"]] == [
        flag,
        {"expression": {"lhs": flag, "rhs": false, "comparator": "EQUALS"}},
    ]
    assert edges["5-nop-NOP"][0]["condition"] == {
        "node_output": {"node_name": "1-ask-TASK"},
        "lh_path": {"path": [{"key": "yes"}]},
    }
    assert [edge["condition"] for edge in edges["8-nop-NOP"]] == [
        both,
        {"expression": {"lhs": both, "rhs": false, "comparator": "EQUALS"}},
    ]


@pytest.mark.parametrize("condition", [True, False, None, 3, "x > 3"])
def test_what_is_known_already_is_no_condition(spec_of, condition):
    with pytest.raises(WorkflowBuildError, match="condition"):
        spec_of(lambda wf: wf.do_if(condition, lambda wf: None))


def test_a_variable_that_is_no_bool_is_no_condition(spec_of):
    with pytest.raises(WorkflowBuildError, match="'x' is INT"):
        spec_of(lambda wf: wf.if_(wf.declare_int("x")))


def test_an_else_needs_its_if_directly_before_it(spec_of):
    def apart(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        with wf.if_(flag):
            wf.execute("a")
        wf.execute("between")
        with wf.else_():
            wf.execute("b")

    def inside(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("flag")), wf.else_():
            wf.execute("b")

    def late(wf: WorkflowThread) -> None:
        statement = wf.do_if(wf.declare_bool("flag"), lambda wf: wf.execute("a"))
        wf.execute("between")
        statement.do_else(lambda wf: wf.execute("b"))

    def second_else(wf: WorkflowThread) -> None:
        flag = wf.declare_bool("flag")
        with wf.if_(flag):
            pass
        with wf.else_():
            pass
        with wf.elif_(flag):
            pass

    for story in (apart, inside, late):
        with pytest.raises(WorkflowBuildError, match="directly"):
            spec_of(story)
    with pytest.raises(WorkflowBuildError, match="cannot follow the else branch"):
        spec_of(second_else)


def test_an_error_inside_a_block_is_not_hidden(spec_of):
    def story(wf: WorkflowThread) -> None:
        with wf.if_(wf.declare_bool("flag")):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        spec_of(story)

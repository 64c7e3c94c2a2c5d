"""The story of child threads: spawned, waited for, and handled when they fail."""

import pytest

from lhredis.workflow import (
    LHErrorType,
    SpawnedThreads,
    WaitForThreadsStrategy,
    WorkflowBuildError,
    WorkflowThread,
)


def pack(wf: WorkflowThread) -> None:
    wf.execute("pack")


def entrypoint_of(spec):
    return spec["thread_specs"]["entrypoint"]


def test_a_spawned_thread_keeps_its_number_in_a_hidden_variable_that_is_waited_for(spec_of):
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(pack, "packing"))

    spec = spec_of(story)
    nodes = entrypoint_of(spec)["nodes"]
    assert list(spec["thread_specs"]) == ["entrypoint", "packing"]
    assert nodes["1-packing-START-THREAD"] == {
        "start_thread": {"thread_spec_name": "packing"},
        "outgoing_edges": [
            {
                "sink_node_name": "2-threads-WAIT-FOR-THREADS",
                "variable_mutations": [
                    {
                        "lhs_name": "1-packing-START-THREAD",
                        "operation": "ASSIGN",
                        "rhs_assignment": {"node_output": {"node_name": "1-packing-START-THREAD"}},
                    }
                ],
            }
        ],
    }
    assert nodes["2-threads-WAIT-FOR-THREADS"]["wait_for_threads"] == {
        "threads": {"threads": [{"thread_run_number": {"variable_name": "1-packing-START-THREAD"}}]}
    }
    assert entrypoint_of(spec)["variable_defs"] == [
        {"var_def": {"name": "1-packing-START-THREAD", "type_def": {"primitive_type": "INT"}}}
    ]


def test_a_thread_for_each_item_keeps_the_array_of_numbers(spec_of):
    def story(wf: WorkflowThread) -> None:
        items = wf.declare_json_arr("items")
        wf.wait_for_threads(wf.spawn_thread_for_each(items, pack, "packing"))

    entrypoint = entrypoint_of(spec_of(story))
    hidden = "1-packing-START-MULTIPLE-THREADS"
    assert entrypoint["nodes"][hidden]["start_multiple_threads"] == {
        "thread_spec_name": "packing",
        "iterable": {"variable_name": "items"},
    }
    assert entrypoint["nodes"]["2-threads-WAIT-FOR-THREADS"]["wait_for_threads"] == {
        "thread_list": {"variable_name": hidden}
    }
    assert entrypoint["variable_defs"][1]["var_def"]["type_def"] == {"primitive_type": "JSON_ARR"}


def test_a_for_each_takes_an_array_of_any_origin(nodes_of):
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread_for_each([1, 2], pack, "literal")
        wf.spawn_thread_for_each(wf.execute("list-items")["items"], pack, "output")

    nodes = nodes_of(story)
    assert nodes["1-literal-START-MULTIPLE-THREADS"]["start_multiple_threads"]["iterable"] == {
        "literal_value": [1, 2]
    }
    assert nodes["3-output-START-MULTIPLE-THREADS"]["start_multiple_threads"]["iterable"] == {
        "node_output": {"node_name": "2-list-items-TASK"},
        "lh_path": {"path": [{"key": "items"}]},
    }


def test_inputs_go_to_the_variables_that_the_child_declares(nodes_of):
    def child(wf: WorkflowThread) -> None:
        wf.declare_str("box").required()
        wf.declare_int("count")

    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(child, "packing", {"box": "red", "count": wf.execute("count")})

    assert nodes_of(story)["2-packing-START-THREAD"]["start_thread"]["variables"] == {
        "box": {"literal_value": "red"},
        "count": {"node_output": {"node_name": "1-count-TASK"}},
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "needs a value for 'box'"),
        ({"box": "red", "lid": 1}, "declares no variable 'lid'; it has: INPUT, box"),
        ({"box": "red", "INPUT": 1}, "given by the array"),
    ],
)
def test_inputs_that_do_not_fit_the_child_are_refused(spec_of, given, problem):
    def child(wf: WorkflowThread) -> None:
        wf.declare_str("INPUT")
        wf.declare_str("box").required()

    with pytest.raises(WorkflowBuildError, match=problem):
        spec_of(lambda wf: wf.spawn_thread_for_each([1], child, "packing", given))


def test_a_single_child_may_be_given_its_input_too(nodes_of):
    def child(wf: WorkflowThread) -> None:
        wf.execute("pack", wf.declare_str("INPUT").required())

    nodes = nodes_of(lambda wf: wf.spawn_thread(child, "packing", {"INPUT": "red"}))
    assert nodes["1-packing-START-THREAD"]["start_thread"]["variables"] == {"INPUT": {"literal_value": "red"}}
    with pytest.raises(WorkflowBuildError, match="needs a value for 'INPUT'"):
        nodes_of(lambda wf: wf.spawn_thread(child, "packing"))


def test_several_threads_are_waited_for_together_in_any_form(nodes_of):
    def story(wf: WorkflowThread) -> None:
        one, two = wf.spawn_thread(pack, "one"), wf.spawn_thread(pack, "two")
        wf.wait_for_threads(one, two)
        wf.wait_for_threads([one, two])
        wf.wait_for_threads(SpawnedThreads.from_list(one, two))
        wf.wait_for_first_of(one, two)
        wf.wait_for_any_of(SpawnedThreads.from_list(one, two))
        wf.wait_for_threads(one, two, strategy=WaitForThreadsStrategy.WAIT_FOR_FIRST)

    waits = [node["wait_for_threads"] for node in nodes_of(story).values() if "wait_for_threads" in node]
    threads = {
        "threads": [
            {"thread_run_number": {"variable_name": "1-one-START-THREAD"}},
            {"thread_run_number": {"variable_name": "2-two-START-THREAD"}},
        ]
    }
    assert waits == [
        {"threads": threads},
        {"threads": threads},
        {"threads": threads},
        {"threads": threads, "strategy": "WAIT_FOR_FIRST"},
        {"threads": threads, "strategy": "WAIT_FOR_ANY"},
        {"threads": threads, "strategy": "WAIT_FOR_FIRST"},
    ]


def test_a_for_each_can_be_waited_for_by_a_strategy(nodes_of):
    nodes = nodes_of(lambda wf: wf.wait_for_any_of(wf.spawn_thread_for_each([1], pack, "packing")))
    assert nodes["2-threads-WAIT-FOR-THREADS"]["wait_for_threads"]["strategy"] == "WAIT_FOR_ANY"


def test_thread_numbers_may_come_from_an_array_of_ones_own(nodes_of):
    def story(wf: WorkflowThread) -> None:
        numbers = wf.declare_json_arr("numbers")
        numbers.assign(numbers.add(wf.spawn_thread(pack, "packing").number))
        wf.wait_for_threads(SpawnedThreads(numbers))

    assert nodes_of(story)["2-threads-WAIT-FOR-THREADS"]["wait_for_threads"] == {
        "thread_list": {"variable_name": "numbers"}
    }


def test_the_same_function_under_the_same_name_starts_one_more_of_the_same_thread(spec_of):
    def story(wf: WorkflowThread) -> None:
        wf.wait_for_threads(wf.spawn_thread(pack, "packing"), wf.spawn_thread(pack, "packing"))

    spec = spec_of(story)
    assert list(spec["thread_specs"]) == ["entrypoint", "packing"]
    assert [name for name in entrypoint_of(spec)["nodes"] if "START" in name] == [
        "1-packing-START-THREAD",
        "2-packing-START-THREAD",
    ]


def test_a_block_describes_a_child_where_it_is_spawned(spec_of):
    def story(wf: WorkflowThread) -> None:
        box = wf.declare_str("box")
        with wf.spawn("packing", {"count": 3}) as packing:
            count = packing.declare_int("count").required()
            packing.execute("pack", box, count)
        with wf.spawn_for_each([1, 2], "labels") as label:
            label.execute("label", label.declare_int("INPUT"))
        wf.wait_for_threads(packing)
        wf.wait_for_threads(label)

    spec = spec_of(story)
    assert list(spec["thread_specs"]) == ["entrypoint", "packing", "labels"]
    assert spec["thread_specs"]["packing"]["nodes"]["1-pack-TASK"]["task"]["variables"] == [
        {"variable_name": "box"},
        {"variable_name": "count"},
    ]
    nodes = entrypoint_of(spec)["nodes"]
    assert nodes["1-packing-START-THREAD"]["start_thread"]["variables"] == {"count": {"literal_value": 3}}
    assert nodes["4-threads-WAIT-FOR-THREADS"]["wait_for_threads"] == {
        "thread_list": {"variable_name": "2-labels-START-MULTIPLE-THREADS"}
    }


def test_children_may_have_children(spec_of):
    def story(wf: WorkflowThread) -> None:
        with wf.spawn("child") as child, child.spawn("grandchild") as grandchild:
            grandchild.execute("work")

    threads = spec_of(story)["thread_specs"]
    assert list(threads) == ["entrypoint", "child", "grandchild"]
    assert "1-grandchild-START-THREAD" in threads["child"]["nodes"]


def test_a_thread_says_how_long_its_ended_runs_are_kept(spec_of):
    def child(wf: WorkflowThread) -> None:
        wf.with_retention_policy(60)

    spec = spec_of(lambda wf: wf.spawn_thread(child, "packing"))
    assert spec["thread_specs"]["packing"]["retention_policy"] == {"seconds_after_thread_termination": 60}


def test_failures_of_single_children_are_handled_at_the_wait(spec_of):
    def repair(wf: WorkflowThread) -> None:
        wf.execute("repair", wf.find_variable("box"))

    def child(wf: WorkflowThread) -> None:
        wf.execute("pack", wf.declare_str("box"))

    def story(wf: WorkflowThread) -> None:
        waited = wf.wait_for_threads(wf.spawn_thread(child, "packing"))
        waited.handle_exception_on_child(repair, "too-heavy").handle_error_on_child(
            repair, LHErrorType.CHILD_FAILURE
        )
        waited.handle_exception_on_child(repair)
        with waited.on_child_error() as handler:
            handler.execute("call-help")

    spec = spec_of(story)
    node = entrypoint_of(spec)["nodes"]["2-threads-WAIT-FOR-THREADS"]
    names = [name for name in spec["thread_specs"] if name.startswith("child-handler-")]
    assert node["wait_for_threads"]["per_thread_failure_handlers"] == [
        {"handler_spec_name": names[0], "specific_failure": "too-heavy"},
        {"handler_spec_name": names[1], "specific_failure": "CHILD_FAILURE"},
        {"handler_spec_name": names[2], "any_failure_of_type": "FAILURE_TYPE_EXCEPTION"},
        {"handler_spec_name": names[3], "any_failure_of_type": "FAILURE_TYPE_ERROR"},
    ]
    assert "failure_handlers" not in node


def test_any_failure_of_a_child_and_failures_of_the_wait_itself_are_two_things(nodes_of):
    def story(wf: WorkflowThread) -> None:
        waited = wf.wait_for_threads(wf.spawn_thread(pack, "packing"))
        waited.handle_any_failure_on_child(pack)
        wf.handle_any_failure(waited, pack)

    node = nodes_of(story)["2-threads-WAIT-FOR-THREADS"]
    (of_child,) = node["wait_for_threads"]["per_thread_failure_handlers"]
    (of_node,) = node["failure_handlers"]
    assert set(of_child) == set(of_node) == {"handler_spec_name"}
    assert of_child != of_node


@pytest.mark.parametrize(
    ("story", "problem"),
    [
        (lambda wf: wf.wait_for_threads(), "no thread to wait for"),
        (lambda wf: wf.wait_for_threads(wf.execute("work")), "is waited for; got NodeOutput"),
        (lambda wf: wf.spawn_thread(pack, "entrypoint"), "there is a thread 'entrypoint' already"),
        (lambda wf: wf.spawn_thread(pack, "under_score"), "hyphens only"),
        (lambda wf: wf.spawn_thread("pack", "packing"), "a function that takes a WorkflowThread"),
        (lambda wf: wf.spawn_thread_for_each(wf.declare_int("x"), pack, "packing"), "JSON_ARR"),
        (lambda wf: wf.with_retention_policy(1), "only children are archived"),
        (
            lambda wf: wf.execute("use", wf.wait_for_threads(wf.spawn_thread(pack, "packing"))),
            "2-threads-WAIT-FOR-THREADS has no output",
        ),
        (
            lambda wf: wf.wait_for_threads(
                wf.spawn_thread(pack, "one"), wf.spawn_thread_for_each([1], pack, "two")
            ),
            "waited for by themselves",
        ),
    ],
)
def test_what_cannot_be_spawned_or_waited_for_is_refused(spec_of, story, problem):
    with pytest.raises(WorkflowBuildError, match=problem):
        spec_of(story)


def test_another_function_under_a_name_that_is_taken_is_refused(spec_of):
    def story(wf: WorkflowThread) -> None:
        wf.spawn_thread(pack, "packing")
        wf.spawn_thread(lambda wf: wf.execute("unpack"), "packing")

    with pytest.raises(WorkflowBuildError, match="there is a thread 'packing' already"):
        spec_of(story)


def test_a_thread_is_waited_for_where_it_was_spawned(spec_of):
    def story(wf: WorkflowThread) -> None:
        packing = wf.spawn_thread(pack, "packing")
        with wf.spawn("other") as other:
            other.wait_for_threads(packing)

    with pytest.raises(WorkflowBuildError, match="'packing' was spawned in 'entrypoint'; wait for it there"):
        spec_of(story)

"""The story of the single steps: tasks, sleeps, endings, mutations."""

from datetime import UTC, datetime, timedelta

import pytest

from lhredis.workflow import VariableMutationType, WorkflowBuildError, WorkflowThread


def test_a_task_takes_literals_variables_outputs_and_expressions_in_order(nodes_of):
    def story(wf: WorkflowThread) -> None:
        count = wf.declare_int("count")
        first = wf.execute("first")
        wf.execute("second", 1, "two", None, [3], count, first, count + 1)

    assert nodes_of(story)["2-second-TASK"]["task"]["variables"] == [
        {"literal_value": 1},
        {"literal_value": "two"},
        {"literal_value": None},
        {"literal_value": [3]},
        {"variable_name": "count"},
        {"node_output": {"node_name": "1-first-TASK"}},
        {
            "expression": {
                "lhs": {"variable_name": "count"},
                "rhs": {"literal_value": 1},
                "mutation_type": "ADD",
            }
        },
    ]


def test_a_function_made_a_task_is_called_by_the_name_of_its_task(nodes_of):
    def charge() -> None: ...

    charge.task_def_name = "charge-card"
    assert "1-charge-card-TASK" in nodes_of(lambda wf: wf.execute(charge))


def test_the_name_of_a_task_may_be_known_only_while_the_run_goes_on(nodes_of):
    def story(wf: WorkflowThread) -> None:
        cloud = wf.declare_str("cloud")
        wf.execute(cloud, 1, retries=2)
        wf.execute(wf.format("deploy-to-{0}", cloud))
        wf.execute(wf.execute("choose"))

    named, formatted, _, returned = (node["task"] for node in nodes_of(story).values() if "task" in node)
    assert named == {
        "dynamic_task": {"variable_name": "cloud"},
        "variables": [{"literal_value": 1}],
        "retries": 2,
    }
    assert formatted["dynamic_task"]["format_string"]["format"] == {"literal_value": "deploy-to-{0}"}
    assert returned["dynamic_task"] == {"node_output": {"node_name": "3-choose-TASK"}}
    with pytest.raises(WorkflowBuildError, match="the name of a task is of type STR"):
        nodes_of(lambda wf: wf.execute(wf.declare_int("x")))


def test_a_function_that_is_no_task_is_refused(nodes_of):
    def charge() -> None: ...

    with pytest.raises(WorkflowBuildError, match="put @task before it"):
        nodes_of(lambda wf: wf.execute(charge))


def test_the_longest_task_name_still_gives_a_node_name_within_the_limit(nodes_of):
    (name,) = [name for name in nodes_of(lambda wf: wf.execute("a" * 128)) if name.endswith("TASK")]
    assert len(name) == 128


def test_a_literal_list_is_taken_as_it_is_when_the_task_is_added(nodes_of):
    def story(wf: WorkflowThread) -> None:
        items = [1]
        wf.execute("use", items)
        items.append(2)

    assert nodes_of(story)["1-use-TASK"]["task"]["variables"] == [{"literal_value": [1]}]


def test_sleeps_take_seconds_a_moment_or_a_date(nodes_of):
    def story(wf: WorkflowThread) -> None:
        wf.sleep(0)
        wf.sleep(timedelta(minutes=1))
        wf.sleep(wf.declare_int("seconds"))
        wf.sleep_until(1_700_000_000_000)
        wf.sleep_until(datetime(2026, 1, 2, tzinfo=UTC))
        wf.sleep_until(wf.declare_timestamp("moment"))
        wf.sleep_until_date("2026-01-02T03:04:05Z")
        wf.sleep_until_date("2026-01-02")
        wf.sleep_until_date(wf.declare_str("date"))

    sleeps = [node["sleep"] for node in nodes_of(story).values() if "sleep" in node]
    assert sleeps == [
        {"raw_seconds": {"literal_value": 0}},
        {"raw_seconds": {"literal_value": 60}},
        {"raw_seconds": {"variable_name": "seconds"}},
        {"timestamp": {"literal_value": 1_700_000_000_000}},
        {"timestamp": {"literal_value": {"$timestamp": "2026-01-02T00:00:00Z"}}},
        {"timestamp": {"variable_name": "moment"}},
        {"iso_date": {"literal_value": "2026-01-02T03:04:05Z"}},
        {"iso_date": {"literal_value": "2026-01-02"}},
        {"iso_date": {"variable_name": "date"}},
    ]


@pytest.mark.parametrize(
    "step",
    [
        lambda wf: wf.sleep(-1),
        lambda wf: wf.sleep(1.5),
        lambda wf: wf.sleep(timedelta(milliseconds=1500)),
        lambda wf: wf.sleep(wf.declare_str("x")),
        lambda wf: wf.sleep_until(wf.declare_str("x")),
        lambda wf: wf.sleep_until_date(wf.declare_timestamp("x")),
        lambda wf: wf.sleep(True),
        lambda wf: wf.sleep_until("2026-01-02T03:04:05Z"),
        lambda wf: wf.sleep_until(datetime(2026, 1, 2)),
        lambda wf: wf.sleep_until_date("tomorrow"),
        lambda wf: wf.sleep_until_date(3),
    ],
)
def test_a_sleep_of_no_length_or_no_moment_is_refused(nodes_of, step):
    with pytest.raises(WorkflowBuildError):
        nodes_of(step)


def test_complete_ends_the_thread_with_an_output(nodes_of):
    nodes = nodes_of(lambda wf: wf.complete(wf.execute("work")))
    assert nodes["2-exit-EXIT"] == {"exit": {"return_content": {"node_output": {"node_name": "1-work-TASK"}}}}
    assert len(nodes) == 3


def test_fail_ends_the_thread_with_a_business_exception(nodes_of):
    nodes = nodes_of(lambda wf: wf.fail("out-of-stock", "Nothing left", {"left": 0}))
    assert nodes["1-out-of-stock-EXIT"]["exit"]["failure_def"] == {
        "failure_name": "out-of-stock",
        "message": "Nothing left",
        "content": {"literal_value": {"left": 0}},
    }


@pytest.mark.parametrize("name", ["TIMEOUT", "out of stock", "", 3])
def test_fail_refuses_reserved_names_and_bad_ones(nodes_of, name):
    with pytest.raises(WorkflowBuildError):
        nodes_of(lambda wf: wf.fail(name, "no"))


def test_mutations_go_to_the_edge_that_leaves_the_last_node(edges_of):
    def story(wf: WorkflowThread) -> None:
        count = wf.declare_int("count")
        count.assign(1)
        wf.execute("work")
        wf.mutate(count, VariableMutationType.ADD, 2)
        count -= 3
        wf.complete()

    edges = edges_of(story)
    assert edges["0-entrypoint-ENTRYPOINT"] == [
        {
            "sink_node_name": "1-work-TASK",
            "variable_mutations": [
                {"lhs_name": "count", "operation": "ASSIGN", "rhs_assignment": {"literal_value": 1}}
            ],
        }
    ]
    assert edges["1-work-TASK"] == [
        {
            "sink_node_name": "2-exit-EXIT",
            "variable_mutations": [
                {"lhs_name": "count", "operation": "ADD", "rhs_assignment": {"literal_value": 2}},
                {"lhs_name": "count", "operation": "SUBTRACT", "rhs_assignment": {"literal_value": 3}},
            ],
        }
    ]


def test_every_way_to_write_into_a_json_variable_is_one_mutation(edges_of):
    def by_path(wf: WorkflowThread) -> None:
        wf.declare_json_obj("cart").with_json_path("$.total").assign(3)

    def by_get(wf: WorkflowThread) -> None:
        wf.declare_json_obj("cart").get("total").assign(3)

    def by_item(wf: WorkflowThread) -> None:
        wf.declare_json_obj("cart")["total"] = 3

    (mutation,) = edges_of(by_path)["0-entrypoint-ENTRYPOINT"][0]["variable_mutations"]
    assert mutation == {
        "lhs_name": "cart",
        "lhs_json_path": "$.total",
        "operation": "ASSIGN",
        "rhs_assignment": {"literal_value": 3},
    }
    (mutation,) = edges_of(by_get)["0-entrypoint-ENTRYPOINT"][0]["variable_mutations"]
    assert mutation == {
        "lhs_name": "cart",
        "lhs_lh_path": {"path": [{"key": "total"}]},
        "operation": "ASSIGN",
        "rhs_assignment": {"literal_value": 3},
    }
    assert edges_of(by_get) == edges_of(by_item)


TOTAL = {"path": [{"key": "total"}]}


def test_adding_in_place_at_a_path_is_one_mutation(edges_of):
    def story(wf: WorkflowThread) -> None:
        cart = wf.declare_json_obj("cart")
        cart["total"] += 3

    (mutation,) = edges_of(story)["0-entrypoint-ENTRYPOINT"][0]["variable_mutations"]
    assert (mutation["lhs_lh_path"], mutation["operation"]) == (TOTAL, "ADD")


def test_in_place_operators_are_the_mutations_of_their_name(edges_of):
    def story(wf: WorkflowThread) -> None:
        count, flag = wf.declare_int("count"), wf.declare_bool("flag")
        count += 1
        count -= 1
        count *= 1
        count /= 1
        count **= 1
        flag &= True
        flag |= False

    mutations = edges_of(story)["0-entrypoint-ENTRYPOINT"][0]["variable_mutations"]
    operations = [mutation["operation"] for mutation in mutations]
    assert operations == ["ADD", "SUBTRACT", "MULTIPLY", "DIVIDE", "POW", "AND", "OR"]

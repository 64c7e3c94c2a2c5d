"""The story of variables: how they are declared, found again, and looked into."""

from datetime import UTC, datetime

import pytest

from lhredis.workflow import VariableType, WfRunVariableAccessLevel, WorkflowBuildError, WorkflowThread

X = {"variable_name": "x"}


def test_every_type_of_variable_can_be_declared_with_a_default(spec_of):
    def story(wf: WorkflowThread) -> None:
        wf.declare_bool("bool", False)
        wf.declare_int("int", 1)
        wf.declare_str("str", "a")
        wf.declare_double("double", 2)
        wf.declare_bytes("bytes", b"hi")
        wf.declare_json_arr("arr", [1])
        wf.declare_json_obj("obj", {"$a": 1})
        wf.declare_timestamp("time", datetime(2026, 1, 2, tzinfo=UTC))
        wf.declare_wf_run_id("run", "parent_child")

    spec = spec_of(story)
    defs = [each["var_def"] for each in spec["thread_specs"]["entrypoint"]["variable_defs"]]
    assert [(each["type_def"]["primitive_type"], each["default_value"]) for each in defs] == [
        ("BOOL", False),
        ("INT", 1),
        ("STR", "a"),
        ("DOUBLE", 2.0),
        ("BYTES", {"$bytes": "aGk="}),
        ("JSON_ARR", [1]),
        ("JSON_OBJ", {"$json_obj": {"$a": 1}}),
        ("TIMESTAMP", {"$timestamp": "2026-01-02T00:00:00Z"}),
        ("WF_RUN_ID", {"$wf_run_id": "parent_child"}),
    ]


def test_a_declaration_says_who_sees_finds_and_gives_the_variable(spec_of):
    def story(wf: WorkflowThread) -> None:
        wf.declare_str("mail").required().searchable().masked()
        wf.declare_json_obj("cart").searchable_on("$.id", VariableType.STR).as_public().with_default({})
        wf.add_variable("shared", VariableType.INT, access_level="INHERITED_VAR")
        wf.declare_int("other").as_inherited().with_access_level(WfRunVariableAccessLevel.PRIVATE_VAR)

    assert spec_of(story)["thread_specs"]["entrypoint"]["variable_defs"] == [
        {
            "var_def": {"name": "mail", "type_def": {"primitive_type": "STR", "masked": True}},
            "required": True,
            "searchable": True,
        },
        {
            "var_def": {"name": "cart", "type_def": {"primitive_type": "JSON_OBJ"}, "default_value": {}},
            "json_indexes": [{"field_path": "$.id", "field_type": "STR"}],
            "access_level": "PUBLIC_VAR",
        },
        {
            "var_def": {"name": "shared", "type_def": {"primitive_type": "INT"}},
            "access_level": "INHERITED_VAR",
        },
        {"var_def": {"name": "other", "type_def": {"primitive_type": "INT"}}},
    ]


@pytest.mark.parametrize(
    "declare",
    [
        lambda wf: wf.declare_int("x", "3"),
        lambda wf: wf.declare_int("x", True),
        lambda wf: wf.declare_int("x", 2**63),
        lambda wf: wf.declare_str("x", 3),
        lambda wf: wf.declare_json_arr("x", (1, 2)),
        lambda wf: wf.declare_timestamp("x", datetime(2026, 1, 2)),
        lambda wf: wf.declare_wf_run_id("x", "not an id"),
        lambda wf: wf.declare_int("under_score"),
        lambda wf: wf.declare_int(3),
        lambda wf: wf.add_variable("x", "NUMBER"),
        lambda wf: wf.declare_int("x").searchable_on("$.a", VariableType.STR),
        lambda wf: wf.declare_json_obj("x").searchable_on("a", VariableType.STR),
    ],
)
def test_a_declaration_that_cannot_hold_is_refused(spec_of, declare):
    with pytest.raises(WorkflowBuildError):
        spec_of(declare)


def test_a_variable_is_found_again_by_its_name(spec_of):
    def story(wf: WorkflowThread) -> None:
        x = wf.declare_int("x")
        assert wf.find_variable("x") is x
        with pytest.raises(WorkflowBuildError, match="no variable 'y'; there are: x"):
            wf.find_variable("y")

    spec_of(story)


def lh_path(*steps: str | int) -> dict[str, object]:
    return {"lh_path": {"path": [{"key" if isinstance(step, str) else "index": step} for step in steps]}}


@pytest.mark.parametrize(
    ("look", "path"),
    [
        (lambda o: o.with_json_path("$.a.b"), {"json_path": "$.a.b"}),
        (lambda o: o.get("a").get("b"), lh_path("a", "b")),
        (lambda o: o["a"]["b"][0], lh_path("a", "b", 0)),
        (lambda o: o[-1], lh_path(-1)),
        (lambda o: o["it's"], lh_path("it's")),
        (lambda o: o.with_json_path("$.a")["b"], {"json_path": "$.a.b"}),
        (lambda o: o.with_json_path("$")[-1], {"json_path": "$[-1]"}),
        (lambda o: o.with_json_path("$")["a b"]["c"], {"json_path": "$['a b'].c"}),
        (lambda o: o.with_json_path("$")["it's"], {"json_path": "$['it\\'s']"}),
        (lambda o: o.with_json_path("$")["a\\b"], {"json_path": "$['a\\\\b']"}),
        (lambda o: o.with_json_path("$")["ä"], {"json_path": "$['ä']"}),
        (lambda o: o.with_json_path("$")["1"], {"json_path": "$['1']"}),
        (lambda o: o.with_json_path("$")["\n"], {"json_path": "$['\\u000a']"}),
    ],
)
def test_paths_lead_into_variables_and_outputs_alike(value_of, nodes_of, look, path):
    assert value_of(lambda wf: look(wf.declare_json_obj("x"))) == {**X, **path}
    nodes = nodes_of(lambda wf: wf.complete(look(wf.execute("work"))))
    assert nodes["2-exit-EXIT"]["exit"]["return_content"] == {
        "node_output": {"node_name": "1-work-TASK"},
        **path,
    }


@pytest.mark.parametrize(
    "look",
    [
        lambda wf: wf.declare_json_obj("x").with_json_path("a.b"),
        lambda wf: wf.declare_json_obj("x").get("a").with_json_path("$.b"),
        lambda wf: wf.declare_json_obj("x")[1:2],
        lambda wf: wf.declare_json_obj("x")[True],
        lambda wf: wf.declare_str("x")["a"],
    ],
)
def test_paths_that_lead_nowhere_are_refused(value_of, look):
    with pytest.raises(WorkflowBuildError):
        value_of(look)

"""The story of child workflows: run by a step, or bound to a parent."""

import pytest

from lhredis.workflow import Workflow, WorkflowBuildError, WorkflowThread


def test_a_child_is_run_and_its_output_waited_for(nodes_of):
    def story(wf: WorkflowThread) -> None:
        result = wf.declare_str("result")
        child = wf.run_wf("greeting", {"name": "Ada", "count": wf.execute("count")})
        result.assign(wf.wait_for_child_wf(child))

    nodes = nodes_of(story)
    assert nodes["2-greeting-RUN-CHILD-WF"]["run_child_wf"] == {
        "wf_spec_name": "greeting",
        "inputs": {
            "name": {"literal_value": "Ada"},
            "count": {"node_output": {"node_name": "1-count-TASK"}},
        },
    }
    wait = nodes["3-child-WAIT-FOR-CHILD-WF"]
    assert wait["wait_for_child_wf"] == {
        "child_wf_run_id": {"node_output": {"node_name": "2-greeting-RUN-CHILD-WF"}},
        "child_wf_run_source_node": "2-greeting-RUN-CHILD-WF",
    }
    (mutation,) = wait["outgoing_edges"][0]["variable_mutations"]
    assert mutation["rhs_assignment"] == {"node_output": {"node_name": "3-child-WAIT-FOR-CHILD-WF"}}


def test_a_child_is_pinned_to_a_major_version_or_named_while_the_run_goes_on(nodes_of):
    def story(wf: WorkflowThread) -> None:
        wf.run_wf("greeting", major_version=2)
        wf.run_wf(wf.declare_str("which"))
        wf.run_wf(wf.format("greeting-{0}", wf.declare_str("language")))

    pinned, named, formatted = (
        node["run_child_wf"] for node in nodes_of(story).values() if "run_child_wf" in node
    )
    assert pinned == {"wf_spec_name": "greeting", "major_version": 2}
    assert named == {"wf_spec_var": {"variable_name": "which"}}
    assert "format_string" in formatted["wf_spec_var"]


def test_the_id_of_a_child_may_be_kept_in_a_variable_and_waited_for_in_another_thread(spec_of):
    def story(wf: WorkflowThread) -> None:
        kept = wf.declare_wf_run_id("kept")
        kept.assign(wf.run_wf("greeting"))
        with wf.spawn("waiting") as waiting:
            waiting.wait_for_child_wf(kept)

    waiting = spec_of(story)["thread_specs"]["waiting"]["nodes"]["1-child-WAIT-FOR-CHILD-WF"]
    assert waiting["wait_for_child_wf"] == {"child_wf_run_id": {"variable_name": "kept"}}


def test_a_workflow_names_its_parent_and_shares_variables_with_it():
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("shared").as_inherited()

    parent = Workflow("parent", lambda wf: wf.declare_int("shared").as_public())
    for reference in ("parent", parent):
        request = Workflow("child", story, parent_wf=reference).compile().to_json()
        assert request["parent_wf_spec"] == {"wf_spec_name": "parent"}
    (variable,) = request["thread_specs"]["entrypoint"]["variable_defs"]
    assert variable["access_level"] == "INHERITED_VAR"
    (variable,) = parent.compile().to_json()["thread_specs"]["entrypoint"]["variable_defs"]
    assert variable["access_level"] == "PUBLIC_VAR"


@pytest.mark.parametrize(
    ("story", "problem"),
    [
        (lambda wf: wf.run_wf("under_score"), "hyphens only"),
        (lambda wf: wf.run_wf(3), "a name, or a value of the WfRun is needed; got int"),
        (lambda wf: wf.run_wf(wf.declare_int("x")), "the name of a WfSpec is of type STR"),
        (lambda wf: wf.run_wf(wf.declare_str("x"), major_version=1), "newest version"),
        (lambda wf: wf.run_wf("x", major_version=-1), "major_version"),
        (lambda wf: wf.wait_for_child_wf(wf.declare_str("x")), "a child WfRun is of type WF_RUN_ID"),
        (lambda wf: wf.wait_for_child_wf("x"), "got str"),
    ],
)
def test_what_is_no_child_is_refused(spec_of, story, problem):
    with pytest.raises(WorkflowBuildError, match=problem):
        spec_of(story)


def test_a_child_that_another_thread_started_is_named_by_a_variable(spec_of):
    def story(wf: WorkflowThread) -> None:
        child_wf = wf.run_wf("greeting")
        with wf.spawn("waiting") as waiting:
            waiting.wait_for_child_wf(child_wf)

    with pytest.raises(WorkflowBuildError, match="assign it to a variable, and use that"):
        spec_of(story)


def test_a_parent_has_the_name_of_a_workflow():
    with pytest.raises(WorkflowBuildError, match="hyphens only"):
        Workflow("child", lambda wf: None, parent_wf="under_score")


def test_a_child_may_be_given_its_id(nodes_of):
    node = nodes_of(lambda wf: wf.run_wf("greeting", child_id="first"))["1-greeting-RUN-CHILD-WF"]
    assert node["run_child_wf"] == {"wf_spec_name": "greeting", "child_id": {"literal_value": "first"}}

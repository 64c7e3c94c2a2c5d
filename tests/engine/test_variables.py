"""The story of variables: what a run starts with, what it is refused for, and whose variables are seen."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.engine.effects import PutVariable
from lhredis.engine.language.scope import owner_of
from lhredis.engine.language.values import VarSubError
from lhredis.engine.run import ThreadRun
from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHStatus, ThreadType
from lhredis.model.values import WfRunId
from lhredis.workflow import VariableType, WorkflowThread
from tests.engine.play import Play, task_def

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
VALUES: dict[str, Any] = {
    "BOOL": True,
    "INT": 2**63 - 1,
    "DOUBLE": 2.5,
    "STR": 'text with ünïcode \0 and "quotes"',
    "BYTES": b"\x00\xff",
    "JSON_OBJ": {"a": {"b": [1, None, 2.5]}},
    "JSON_ARR": [1, "two", None, {"three": 3}],
    "TIMESTAMP": MOMENT,
    "WF_RUN_ID": WfRunId("parent_child"),
}
"""A value of each type."""


def one(kind: str, **options: Any) -> dict[str, Any]:
    """A spec with the one variable `v`, and nothing to do."""
    definition: dict[str, Any] = {"name": "v", "type_def": kind}
    if "default" in options:
        definition["default_value"] = options.pop("default")
    return {
        "entrypoint": {
            "nodes": {
                "start": {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "end"}]},
                "end": {"exit": {}},
            },
            "variable_defs": [{"var_def": definition, **options}],
        }
    }


def test_every_type_has_a_value_here():
    assert set(VALUES) == set(VariableType.__members__)


@pytest.mark.parametrize("kind", VALUES)
def test_a_variable_of_every_type_is_what_was_given(kind: str):
    play = Play(one(kind)).start(v=VALUES[kind])
    assert play.variables == {"v": VALUES[kind]}
    assert type(play.variables["v"]) is type(VALUES[kind])
    assert play.sent(PutVariable) == [PutVariable(0, "v", VALUES[kind])]


@pytest.mark.parametrize("kind", VALUES)
def test_a_variable_without_a_value_is_null(kind: str):
    assert Play(one(kind)).start().variables == {"v": None}
    assert Play(one(kind)).start(v=None).variables == {"v": None}


@pytest.mark.parametrize("kind", VALUES)
def test_the_default_stands_in_for_no_value_and_for_null(kind: str):
    spec = one(kind, default=VALUES[kind])
    assert Play(spec).start().variables == {"v": VALUES[kind]}
    assert Play(spec).start(v=None).variables == {"v": VALUES[kind]}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("given", [{}, {"v": None}])
def test_b5_a_required_variable_has_to_be_given_and_not_null(kind: str, given: dict[str, Any]):
    with pytest.raises(InvalidArgument, match="'v' is required"):
        Play(one(kind, required=True)).start(given)


def test_a_required_variable_with_a_default_may_be_left_out():
    assert Play(one("INT", required=True, default=7)).start().variables == {"v": 7}


CASTS = {("INT", "DOUBLE")} | {(kind, "STR") for kind in ("INT", "DOUBLE", "BOOL", "BYTES", "WF_RUN_ID")}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("given", VALUES)
def test_a_value_of_another_type_is_refused_unless_it_is_cast_without_a_word(kind: str, given: str):
    value = b"text" if given == "BYTES" else VALUES[given]
    if given == kind or (given, kind) in CASTS:
        assert Play(one(kind)).start(v=value).status == "COMPLETED"
    else:
        with pytest.raises(InvalidArgument, match=f"'v' is {kind}.*{given} as {kind}"):
            Play(one(kind)).start(v=value)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [("DOUBLE", 3, 3.0), ("STR", 3, "3"), ("STR", 2.5, "2.5"), ("STR", True, "true"), ("STR", b"hi", "hi")],
)
def test_a_value_that_is_cast_without_a_word_is_kept_in_the_declared_type(kind: str, value: Any, kept: Any):
    stored = Play(one(kind)).start(v=value).variables["v"]
    assert (stored, type(stored)) == (kept, type(kept))


def test_bytes_that_are_no_text_are_refused_for_a_str():
    with pytest.raises(InvalidArgument, match="UTF-8"):
        Play(one("STR")).start(v=b"\xff")


def test_everything_that_is_wrong_with_the_variables_is_told_at_once():
    def story(wf: WorkflowThread) -> None:
        wf.declare_int("count")
        wf.declare_str("name").required()
        wf.declare_bool("flag")

    with pytest.raises(InvalidArgument) as caught:
        Play(story).start({"count": "three", "flag": 1, "colour": "red", "size": 3})
    for word in ("'count' is INT", "'name' is required", "'flag' is BOOL", "'colour'", "'size'"):
        assert word in str(caught.value)


def test_a_refused_start_leaves_no_thread_behind():
    play = Play(one("INT", required=True))
    with pytest.raises(InvalidArgument):
        play.start()
    assert (play.run.status, play.run.threads) == (LHStatus.STARTING, {})


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_of_every_type_goes_through_a_task_and_back(kind: str):
    def story(wf: WorkflowThread) -> None:
        v = wf.add_variable("v", VariableType[kind])
        w = wf.add_variable("w", VariableType[kind])
        w.assign(wf.execute("echo", v))
        wf.complete(w)

    play = Play(story, task_def("echo", kind, x=kind)).start(v=VALUES[kind])
    assert play.inputs == {"x": VALUES[kind]}
    play.succeed(VALUES[kind])
    assert (play.variables["w"], play.output) == (VALUES[kind], VALUES[kind])


def test_b11_null_can_be_assigned():
    def story(wf: WorkflowThread) -> None:
        wf.declare_json_obj("o", {"a": 1}).assign(None)

    play = Play(story).start()
    assert (play.status, play.variables) == ("COMPLETED", {"o": None})


def test_a_handler_thread_has_variables_of_its_own_with_defaults():
    def story(wf: WorkflowThread) -> None:
        def handler(wf: WorkflowThread) -> None:
            inner = wf.declare_int("inner", 5)
            inner += 1

        wf.declare_int("outer", 1)
        wf.handle_any_failure(wf.execute("plain"), handler)

    play = Play(story, task_def("plain")).start().fail()
    assert play.run.threads[1].variables == {"inner": 6}
    assert play.variables == {"outer": 1}


def test_b17_a_thread_that_does_not_come_from_the_owner_cannot_write_its_variable():
    """A handler's variable, seen from its parent: names are known in the whole spec, values are not."""

    def story(wf: WorkflowThread) -> None:
        wf.handle_any_failure(wf.execute("plain"), lambda wf: wf.declare_bool("b"))
        wf.execute("plain")

    plain = task_def("plain")
    spec = {name: thread.to_json() for name, thread in Play(story, plain).threads.items()}
    edge = spec["entrypoint"]["nodes"]["2-plain-TASK"]["outgoing_edges"][0]
    edge["variable_mutations"] = [
        {"lhs_name": "b", "operation": "ASSIGN", "rhs_assignment": {"literal_value": True}}
    ]
    play = Play(spec, plain).start().fail().succeed()
    assert (play.status, play.failure(2).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "'b'" in play.message and "scope" in play.message


def test_the_nearest_owner_of_a_name_is_meant():
    def thread(number: int, parent: ThreadRun | None, **variables: Any) -> ThreadRun:
        found = ThreadRun(number, "spec", ThreadType.CHILD, LHStatus.RUNNING, 0, parent)
        found.variables = variables
        return found

    root = thread(0, None, a=1, INPUT="root")
    middle = thread(1, root, b=2, INPUT="middle")
    leaf = thread(2, middle, c=None)
    assert owner_of(leaf, "c") is leaf
    assert owner_of(leaf, "INPUT") is middle
    assert owner_of(leaf, "a") is root
    with pytest.raises(VarSubError, match=re.escape("'d' is not in scope of ThreadRun 2")):
        owner_of(leaf, "d")
    with pytest.raises(VarSubError):
        owner_of(root, "c")

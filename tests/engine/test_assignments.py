"""The story of where values come from: literals, variables, outputs, formats, paths, sizes and casts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lhredis.engine.language.paths import compile_read, plain_steps, write
from lhredis.engine.language.values import VarSubError, cast, coerce
from lhredis.errors import InvalidSpec
from lhredis.model.values import WfRunId
from lhredis.workflow import VariableType, WorkflowThread
from tests.engine.play import Play, task_def

T = VariableType


def assigned(source: Any, kind: str = "JSON_OBJ", **variables: Any) -> Play:
    """A run that assigns what `source(wf)` gives to a variable `target` of this type."""

    def story(wf: WorkflowThread) -> None:
        target = wf.add_variable("target", T[kind])
        target.assign(source(wf))

    return Play(story).start(**variables)


def by_json(source: dict[str, Any]) -> dict[str, Any]:
    """A spec that assigns `source` to the STR `target`; there is a JSON_OBJ `j` to read."""
    mutation = {"lhs_name": "target", "operation": "ASSIGN", "rhs_assignment": source}
    edge = {"sink_node_name": "end", "variable_mutations": [mutation]}
    kinds = {"j": "JSON_OBJ", "target": "STR"}
    return {
        "entrypoint": {
            "nodes": {"start": {"entrypoint": {}, "outgoing_edges": [edge]}, "end": {"exit": {}}},
            "variable_defs": [{"var_def": {"name": name, "type_def": kind}} for name, kind in kinds.items()],
        }
    }


def target(play: Play) -> Any:
    assert play.status == "COMPLETED", play.message
    return play.variables["target"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("INT", 3),
        ("DOUBLE", 3.5),
        ("BOOL", False),
        ("STR", ""),
        ("BYTES", b"\x00"),
        ("JSON_OBJ", {"$x": 1}),
        ("JSON_ARR", [[]]),
        ("TIMESTAMP", datetime(2026, 1, 1, tzinfo=UTC)),
        ("WF_RUN_ID", WfRunId("a_b")),
        ("INT", None),
    ],
)
def test_a_literal_of_every_type(kind: str, value: Any):
    assert target(assigned(lambda wf: value, kind)) == value


def test_a_node_output_at_a_path():
    def story(wf: WorkflowThread) -> None:
        name = wf.declare_str("name")
        name.assign(wf.execute("person").with_json_path("$.friends[0].name"))

    play = Play(story, task_def("person", "JSON_OBJ")).start()
    play.succeed({"friends": [{"name": "Yoda"}]})
    assert play.variables == {"name": "Yoda"}


@pytest.mark.parametrize(
    ("template", "args", "expected"),
    [
        ("hello {0}", ["Leia"], "hello Leia"),
        ("{1} {0} {1}", ["a", "b"], "b a b"),
        ("{0}{0}", [1234567], "12345671234567"),
        ("{0}, {1}, {2}", [None, True, 2.5], "null, true, 2.5"),
        ("{0}", [{"a": [1]}], '{"a":[1]}'),
        ("{0} {1}", ["only one"], "only one {1}"),
        ("{} {x} {0} {{0}}", ["a"], "{} {x} a {a}"),
        ("it's", [], "it's"),
        ("{0}", ["{1}"], "{1}"),
        ("{00}", ["a"], "a"),
        ("{" + "9" * 5000 + "}", ["a"], "{" + "9" * 5000 + "}"),
    ],
)
def test_a_format_string_fills_its_places(template: str, args: list[Any], expected: str):
    """The arguments come from a JSON_OBJ: each type is known at run time only."""
    given = [{"variable_name": "j", "json_path": f"$.args[{i}]"} for i in range(len(args))]
    spec = by_json({"format_string": {"format": {"literal_value": template}, "args": given}})
    assert target(Play(spec).start(j={"args": args})) == expected


def test_a_format_string_prints_bytes_ids_and_moments():
    def source(wf: WorkflowThread) -> Any:
        return wf.format("{0} {1} {2}", b"bytes", WfRunId("a_b"), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    assert target(assigned(source, "STR")) == "bytes a_b 2026-01-02T03:04:05Z"


@pytest.mark.parametrize("template", [3, None, ["{0}"]])
def test_a_template_that_is_no_text_fails_the_node(template: Any):
    spec = by_json({"format_string": {"format": {"variable_name": "j", "json_path": "$.template"}}})
    play = Play(spec).start(j={"template": template})
    assert (play.status, play.failure(0).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "template" in play.message


@pytest.mark.parametrize(("value", "size"), [([1, 2, 3, 4], 4), ([], 0), ("hello!", 6), ("", 0), ("ünï", 3)])
def test_e10_the_size_of_a_text_and_of_an_array(value: Any, size: int):
    assert (
        target(assigned(lambda wf: wf.declare_json_obj("j").get("v").size(), "INT", j={"v": value})) == size
    )


@pytest.mark.parametrize("value", [3, 2.5, True, None, {"a": 1}])
def test_e11_the_size_of_anything_else_fails_the_node(value: Any):
    play = assigned(lambda wf: wf.declare_json_obj("j").get("v").size(), "INT", j={"v": value})
    assert (play.status, play.failure(0).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "Cannot resolve size()" in play.message


J = {"a": {"b": [10, {"c": "deep"}]}, "x y": 1, "n": None, "hy-phen": 2, "s": "text", "ünï": 3}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", J),
        ("$.a.b[0]", 10),
        ("$.a.b[1].c", "deep"),
        ("$['a'].b", [10, {"c": "deep"}]),
        ('$["x y"]', 1),
        ("$.hy-phen", 2),
        ("$['ünï']", 3),
        ("$.ünï", 3),
        ("$.n", None),
        ("$.n.deeper", None),
        ("$.missing", None),
        ("$.missing.deeper[3]", None),
        ("$.a.b[7]", None),
        ("$.a.b.c", None),
        ("$.a[0]", None),
        ("$.s.deeper", None),
        ("$.s[0]", None),
        ("$.a.b[0].deeper", None),
        ("$.a.b[-1].c", "deep"),
        ("$.a.b[-9]", None),
        ("$..c", ["deep"]),
        ("$.*.b[0]", [10]),
        ("$.missing[*]", []),
        ("$.a.b[?(@.c == 'deep')].c", ["deep"]),
        ("$.a.b[0:1]", [10]),
    ],
)
def test_reading_at_a_path_finds_the_place_or_null(path: str, found: Any):
    assert compile_read(path)(J) == found


@pytest.mark.parametrize("path", ["$.a", "$[0]", "$..a", "$[*]"])
@pytest.mark.parametrize("value", [3, "text", True, 2.5])
def test_a_path_into_what_is_no_json_is_an_error(path: str, value: Any):
    with pytest.raises(VarSubError, match="neither JSON_OBJ nor JSON_ARR"):
        compile_read(path)(value)


@pytest.mark.parametrize("path", ["$.a", "$", "$..a"])
def test_a_path_into_null_is_null(path: str):
    assert compile_read(path)(None) is None


@pytest.mark.parametrize(
    "path", ["", "a.b", "$.", "$.a[", "$..", "$[?", "$.a b", "@.a", "$[" + "9" * 5000 + "]"]
)
def test_what_is_no_path_is_refused(path: str):
    with pytest.raises(ValueError):
        compile_read(path)


def test_a_number_in_json_that_is_too_large_for_an_int_fails_the_node():
    play = assigned(lambda wf: wf.declare_json_obj("j").get("n"), "INT", j={"n": 2**64 - 1})
    assert (play.status, play.failure(0).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "64 bits" in play.message


def test_a_number_in_json_that_is_too_large_for_an_int_fails_a_task_and_a_return_too():
    def call(wf: WorkflowThread) -> None:
        wf.execute("takes", wf.declare_json_obj("j").get("n"))

    takes = task_def("takes", None, x="INT")
    assert Play(call, takes).start(j={"n": 2**63}).failure(1).name == "VAR_SUB_ERROR"
    play = Play(lambda wf: wf.complete(wf.declare_json_obj("j").get("n"))).start(j={"n": 2**63})
    assert (play.status, play.failure().name) == ("ERROR", "VAR_ERROR")


def test_a_json_document_with_a_large_number_in_it_can_be_handed_on():
    document = {"n": 2**64 - 1}
    assert target(assigned(lambda wf: wf.declare_json_obj("j").get("v"), j={"v": document})) == document


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$", ()),
        ("$.a.b[0]", ("a", "b", 0)),
        ("$['a b'][2].c", ("a b", 2, "c")),
        ("$[*]", None),
        ("$..a", None),
        ("$.a[-1]", None),
        ("a", None),
    ],
)
def test_a_plain_path_is_a_list_of_steps(path: str, steps: Any):
    assert plain_steps(path) == steps


@pytest.mark.parametrize(
    ("before", "steps", "after"),
    [
        ({"foo": "bar"}, ("foo",), {"foo": 1}),
        ({}, ("foo",), {"foo": 1}),
        ({"foo": {}}, ("foo", "bar"), {"foo": {"bar": 1}}),
        ({"foo": {"x": 2}}, ("foo", "bar"), {"foo": {"x": 2, "bar": 1}}),
        ([5, 6], (1,), [5, 1]),
        ({"a": [{"b": 2}]}, ("a", 0, "b"), {"a": [{"b": 1}]}),
        ({"a": None}, ("a",), {"a": 1}),
    ],
)
def test_e7_writing_makes_the_leaf_and_leaves_the_old_value_alone(before: Any, steps: Any, after: Any):
    copy = eval(repr(before))
    assert write(before, steps, "$.path", 1) == after
    assert before == copy


@pytest.mark.parametrize(
    ("before", "steps", "because"),
    [
        ({}, ("foo", "bar"), "missing property 'foo'"),
        ({"foo": None}, ("foo", "bar"), "missing property 'foo'"),
        ({"foo": 3}, ("foo", "bar"), "not in a JSON_OBJ"),
        ({"foo": [1]}, ("foo", "bar"), "not in a JSON_OBJ"),
        ([1], (1,), "has 1 items"),
        ([], (0, "a"), "has 0 items"),
        ("text", ("a",), "not in a JSON_OBJ"),
    ],
)
def test_e8_writing_makes_nothing_above_the_leaf(before: Any, steps: Any, because: str):
    with pytest.raises(VarSubError, match=because):
        write(before, steps, "$.path", 1)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (42, "STR", "42"),
        (4, "DOUBLE", 4.0),
        (True, "STR", "true"),
        ("123", "INT", 123),
        (" -7 ", "INT", -7),
        ("false", "BOOL", False),
        ("TRUE", "BOOL", True),
        (4.4, "INT", 4),
        (-4.9, "INT", -4),
        ("1e3", "DOUBLE", 1000.0),
        ("hi", "BYTES", b"hi"),
        (b"hi", "STR", "hi"),
        ("a_b", "WF_RUN_ID", WfRunId("a_b")),
        (WfRunId("a_b"), "STR", "a_b"),
        (2.5, "STR", "2.5"),
        (str(2**63 - 1), "INT", 2**63 - 1),
        (None, "INT", None),
        (None, "JSON_OBJ", None),
    ],
)
def test_c1_to_c10_every_cast_there_is(value: Any, kind: str, expected: Any):
    found = cast(value, T[kind])
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", "INT"), ("", "INT"), ("1.5", "INT"), ("1_000", "INT"), (str(2**63), "INT"), ("9" * 5000, "INT"),
        ("x", "DOUBLE"), ("nan", "DOUBLE"), ("inf", "DOUBLE"), ("1e999", "DOUBLE"), ("1_0.5", "DOUBLE"),
        ("yes", "BOOL"), ("1", "BOOL"), ("", "BOOL"),
        ("not an id", "WF_RUN_ID"), ("", "WF_RUN_ID"),
        (1e300, "INT"), (float(2**63), "INT"),
        (b"\xff", "STR"),
    ],
)  # fmt: skip
def test_what_cannot_be_parsed_cannot_be_cast(value: Any, kind: str):
    with pytest.raises(VarSubError):
        cast(value, T[kind])


SAMPLES = {
    T.INT: 1, T.DOUBLE: 1.5, T.BOOL: True, T.STR: "1", T.BYTES: b"1", T.JSON_OBJ: {}, T.JSON_ARR: [],
    T.TIMESTAMP: datetime(2026, 1, 1, tzinfo=UTC), T.WF_RUN_ID: WfRunId("a"),
}  # fmt: skip
AUTOMATIC = {(T.INT, T.DOUBLE)} | {(kind, T.STR) for kind in (T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID)}
EXPLICIT = {(T.DOUBLE, T.INT)} | {(T.STR, kind) for kind in (T.INT, T.DOUBLE, T.BOOL, T.BYTES, T.WF_RUN_ID)}
PAIRS = [(a, b) for a in T for b in T if a is not b]


@pytest.mark.parametrize(("source", "to"), PAIRS, ids=lambda kind: kind.name)
def test_every_pair_of_types_is_cast_as_the_table_says(source: VariableType, to: VariableType):
    def story(wf: WorkflowThread, with_word: bool) -> None:
        value = wf.add_variable("value", source)
        wf.add_variable("target", to).assign(value.cast_to(to) if with_word else value)

    for with_word in (False, True):

        def told(wf: WorkflowThread, with_word: bool = with_word) -> None:
            story(wf, with_word)

        if (source, to) in AUTOMATIC or (with_word and (source, to) in EXPLICIT):
            try:
                assert Play(told).start().status == "COMPLETED"
            except InvalidSpec as error:
                raise AssertionError(f"{with_word=}") from error
        else:
            with pytest.raises(InvalidSpec) as caught:
                Play(told)
            words = "This conversion is not supported." if with_word else "without explicit casting"
            assert words in str(caught.value)
            assert source.name in str(caught.value) and to.name in str(caught.value)
    value = "true" if (source, to) == (T.STR, T.BOOL) else SAMPLES[source]
    if (source, to) in AUTOMATIC:
        coerce(value, to)
    else:
        with pytest.raises(VarSubError, match=f"{source.name} as {to.name} without explicit casting"):
            coerce(value, to)
    if (source, to) in AUTOMATIC | EXPLICIT:
        cast(value, to)
    else:
        with pytest.raises(VarSubError, match=f"Cannot cast from {source.name} to {to.name}"):
            cast(value, to)


def test_c10_a_chain_of_casts():
    def story(wf: WorkflowThread) -> None:
        text = wf.declare_str("text")
        i = wf.declare_int("i")
        d = wf.declare_double("d")
        out = wf.declare_str("out")
        i.assign(text.cast_to_int())
        i *= 2
        d.assign(i * 1.5)
        i.assign(d.cast_to_int())
        i *= 2
        out.assign(wf.format("processed-{0}", i))

    assert Play(story).start(text="100").variables["out"] == "processed-600"


def test_c5_a_cast_that_cannot_be_parsed_fails_the_node():
    def story(wf: WorkflowThread) -> None:
        wf.execute("takes", wf.declare_str("text").cast_to_int())

    play = Play(story, task_def("takes", None, x="INT")).start(text="x")
    assert (play.status, play.failure(1).name) == ("ERROR", "VAR_SUB_ERROR")
    assert "Cannot parse 'x' as INT" in play.message

"""The story of a bad spec: it dies when it is registered, with every problem named at once."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from pydantic import ValidationError

from lhredis.engine.definitions import Definitions, names_in
from lhredis.engine.program import compile_wf_spec
from lhredis.errors import InvalidSpec, Problem
from lhredis.model.enums import LHErrorType
from lhredis.model.limits import ASSIGNMENT_DEPTH_MAX
from lhredis.model.task_def import TaskDef
from lhredis.model.wf_spec import PutWfSpecRequest, ThreadSpec
from tests.engine.play import definitions_for, request_of, task_def

TASKS = [task_def("plain"), task_def("takes", "STR", x="INT", y="STR"), task_def("number", "DOUBLE")]
Json = dict[str, Any]


def edge(sink: str, **more: Any) -> Json:
    return {"sink_node_name": sink, **more}


def spec(**nodes: Json) -> Json:
    """start → these nodes → end, with variables of some types and a second thread to hand things to."""
    names = [*nodes, "end"]
    filled = {"start": {"entrypoint": {}, "outgoing_edges": [edge(names[0])]}}
    for name, after in zip(nodes, names[1:], strict=True):
        filled[name] = (
            nodes[name]
            if "outgoing_edges" in nodes[name]
            else nodes[name] | {"outgoing_edges": [edge(after)]}
        )
    kinds = ("INT", "STR", "BOOL", "DOUBLE", "JSON_OBJ", "JSON_ARR", "BYTES", "TIMESTAMP")
    variables = [{"var_def": {"name": kind.lower().replace("_", "-"), "type_def": kind}} for kind in kinds]
    return {
        "entrypoint": {"nodes": filled | {"end": {"exit": {}}}, "variable_defs": variables},
        "handler": {
            "nodes": {"begin": {"entrypoint": {}, "outgoing_edges": [edge("stop")]}, "stop": {"exit": {}}},
            "variable_defs": [{"var_def": {"name": "INPUT", "type_def": "STR"}}],
        },
    }


def problems(
    threads: Json, *, entrypoint: str = "entrypoint", tasks: list[TaskDef] = TASKS
) -> list[tuple[str, str]]:
    """(path, message) of every problem."""
    specs = {name: ThreadSpec.model_validate(thread) for name, thread in threads.items()}
    try:
        request = PutWfSpecRequest(name="x", thread_specs=specs, entrypoint_thread_name=entrypoint)
        compile_wf_spec(request, definitions_for(request, *tasks), strict=True)
    except InvalidSpec as error:
        return [(problem.path, problem.message) for problem in error.problems]
    return []


def var(name: str, **more: Any) -> Json:
    return {"variable_name": name, **more}


def lit(value: Any, **more: Any) -> Json:
    return {"literal_value": value, **more}


def task(name: str, *inputs: Json, **more: Any) -> Json:
    return {"task": {"task_def_id": {"name": name}, "variables": list(inputs), **more}}


def mutating(mutation: Json) -> Json:
    """A spec with one mutation on the edge that leaves the node `n`."""
    return spec(n={"nop": {}, "outgoing_edges": [edge("end", variable_mutations=[mutation])]})


def assigning(source: Json, to: str = "int") -> Json:
    return mutating({"lhs_name": to, "operation": "ASSIGN", "rhs_assignment": source})


def test_a_good_spec_has_no_problems():
    good = spec(
        a=task("takes", var("int"), var("str")), b={"sleep": {"raw_seconds": var("int")}}, c={"nop": {}}
    )
    assert problems(good) == []


N = "thread_specs.entrypoint.nodes.n"
M = f"{N}.outgoing_edges[0].variable_mutations[0]"
R = f"{M}.rhs_assignment"
C = f"{N}.outgoing_edges[0].condition"
I = f"{N}.task.variables[0]"  # noqa: E741


def conditioned(condition: Json) -> Json:
    return spec(n={"nop": {}, "outgoing_edges": [edge("end", condition=condition), edge("end")]})


def expr(lhs: Json, op: str, rhs: Json) -> Json:
    return {"expression": {"lhs": lhs, "rhs": rhs, "mutation_type": op}}


def compare(lhs: Json, comparator: str, rhs: Json) -> Json:
    return {"expression": {"lhs": lhs, "rhs": rhs, "comparator": comparator}}


def handled(**handler: Any) -> Json:
    return spec(n={"nop": {}, "failure_handlers": [{"handler_spec_name": "handler", **handler}]})


CASES: dict[str, tuple[Json, str, str]] = {
    # nodes and edges
    "an unknown task": (spec(n=task("missing")), f"{N}.task.task_def_id", "could not find TaskDef 'missing'"),
    "too few inputs": (
        spec(n=task("takes", var("int"))),
        f"{N}.task.variables",
        "TaskDef 'takes' takes (x: INT, y: STR); got 1 inputs",
    ),
    "too many inputs": (spec(n=task("plain", lit(1))), f"{N}.task.variables", "takes (); got 1 inputs"),
    "an edge to nowhere": (
        spec(n={"nop": {}, "outgoing_edges": [edge("nowhere")]}),
        f"{N}.outgoing_edges[0].sink_node_name",
        "there is no node 'nowhere'",
    ),
    "an edge to the start": (
        spec(n={"nop": {}, "outgoing_edges": [edge("start")]}),
        f"{N}.outgoing_edges[0].sink_node_name",
        "no edge leads to an ENTRYPOINT",
    ),
    "an edge to itself": (
        spec(n={"nop": {}, "outgoing_edges": [edge("end"), edge("n")]}),
        f"{N}.outgoing_edges[1].sink_node_name",
        "cannot lead to the node it leaves",
    ),
    "an edge out of an exit": (
        spec(n={"exit": {}, "outgoing_edges": [edge("end")]}),
        f"{N}.outgoing_edges",
        "an EXIT node has no outgoing edges",
    ),
    "a dead end": (spec(n={"nop": {}, "outgoing_edges": []}), f"{N}.outgoing_edges", "only an EXIT node"),
    "a condition that is a text": (conditioned(var("str")), C, "a condition is a BOOL; this is STR"),
    "a condition that is an output": (
        spec(n=task("number") | {"outgoing_edges": [edge("end", condition={"node_output": {"node_name": "n"}})]}),
        C,
        "this is DOUBLE",
    ),
    # handlers
    "an unknown handler": (
        handled(handler_spec_name="missing"),
        f"{N}.failure_handlers[0].handler_spec_name",
        "there is no ThreadSpec 'missing'",
    ),
    # sources
    "an unknown variable": (assigning(var("missing")), R, "there is no variable 'missing'"),
    "INPUT outside of a handler": (assigning(var("INPUT"), "str"), R, "there is no variable 'INPUT'"),
    "c20 an unknown node": (
        assigning({"node_output": {"node_name": "missing"}}),
        R,
        "there is no node 'missing' with an output in thread 'entrypoint'",
    ),
    "a node without output": (assigning({"node_output": {"node_name": "start"}}), R, "no node 'start' with an output"),
    "a node of another thread": (assigning({"node_output": {"node_name": "begin"}}), R, "no node 'begin'"),
    "a template that is no text": (
        assigning({"format_string": {"format": var("int")}}, "str"),
        f"{R}.format_string.format",
        "a template is a STR; this is INT",
    ),
    "a bad argument of a template": (
        assigning({"format_string": {"format": lit("{0}"), "args": [lit(1), var("missing")]}}, "str"),
        f"{R}.format_string.args[1]",
        "there is no variable 'missing'",
    ),
    "the size of a number": (
        assigning({"size_of": {"operand": var("int")}}),
        f"{R}.size_of",
        "size() goes with STR and arrays; this is INT",
    ),
    "the size of something unknown": (
        assigning({"size_of": {"operand": var("missing")}}),
        f"{R}.size_of.operand",
        "there is no variable",
    ),
    "a path into a number": (
        assigning(var("int", json_path="$.a")),
        f"{R}.json_path",
        "a JSONPath reads JSON_OBJ and JSON_ARR; this is INT",
    ),
    "no path at all": (assigning(var("json-obj", json_path="a.b")), f"{R}.json_path", "starts with $"),
    "half a path": (assigning(var("json-obj", json_path="$.a[")), f"{R}.json_path", "is no JSONPath"),
    "c11 a cast that does not exist": (
        assigning(var("double", target_type="BOOL"), "bool"),
        f"{R}.target_type",
        "Cannot cast from DOUBLE to BOOL. This conversion is not supported.",
    ),
    # types that do not fit
    "c14 a text for a number": (
        assigning(var("str")),
        R,
        "Cannot assign STR to INT without explicit casting (variable 'int' is INT)",
    ),
    "c13 a text for an input": (
        spec(n=task("takes", var("str"), var("str"))),
        I,
        "Cannot assign STR to INT without explicit casting (input 'x' of TaskDef 'takes' is INT)",
    ),
    "c17 an output of another type": (
        spec(
            t=task("takes", lit(1), lit("")),
            n={
                "nop": {},
                "outgoing_edges": [
                    edge(
                        "end",
                        variable_mutations=[
                            {
                                "lhs_name": "double",
                                "operation": "ASSIGN",
                                "rhs_assignment": {"node_output": {"node_name": "t"}},
                            }
                        ],
                    )
                ],
            },
        ),
        R,
        "Cannot assign STR to DOUBLE",
    ),
    "a literal of another type": (assigning(lit(True)), R, "Cannot assign BOOL to INT"),
    "a double result for an int": (
        assigning(expr(var("int"), "ADD", lit(1.5))),
        R,
        "Cannot assign DOUBLE to INT",
    ),
    # expressions
    "two types compared": (
        conditioned(compare(var("int"), "EQUALS", var("str"))),
        f"{C}.expression",
        "cannot compare INT to STR without explicit casting",
    ),
    "a text in a sum": (
        assigning(expr(var("int"), "ADD", var("str"))),
        f"{R}.expression",
        "cannot ADD a STR to a INT",
    ),
    "an operator for another type": (
        assigning(expr(var("json-obj"), "ADD", lit(1)), "json-obj"),
        f"{R}.expression",
        "cannot ADD to a JSON_OBJ",
    ),
    "a number in an AND": (
        conditioned(expr(var("bool"), "AND", var("int"))),
        f"{C}.expression",
        "cannot AND to a INT: it connects BOOLs",
    ),
    "a bad left side": (
        conditioned(compare(var("missing"), "EQUALS", lit(1))),
        f"{C}.expression.lhs",
        "there is no variable 'missing'",
    ),
    "a bad right side": (
        conditioned(compare(lit(1), "EQUALS", var("missing"))),
        f"{C}.expression.rhs",
        "there is no variable 'missing'",
    ),
    # mutations
    "a mutation of nothing": (
        mutating({"lhs_name": "missing", "operation": "ASSIGN", "rhs_assignment": lit(1)}),
        f"{M}.lhs_name",
        "there is no variable 'missing'",
    ),
    "c19 a text multiplied": (
        mutating({"lhs_name": "str", "operation": "MULTIPLY", "rhs_assignment": lit(5)}),
        M,
        "cannot MULTIPLY to a STR (variable 'str' is STR)",
    ),
    "a path written to a number": (
        mutating({"lhs_name": "int", "lhs_json_path": "$.a", "operation": "ASSIGN", "rhs_assignment": lit(1)}),
        f"{M}.lhs_json_path",
        "a JSONPath writes to JSON_OBJ and JSON_ARR; this is INT",
    ),
    "a wildcard written": (
        mutating({"lhs_name": "json-obj", "lhs_json_path": "$.*", "operation": "ASSIGN", "rhs_assignment": lit(1)}),
        f"{M}.lhs_json_path",
        "is not a plain path",
    ),
    "the whole written by a path": (
        mutating({"lhs_name": "json-obj", "lhs_json_path": "$", "operation": "ASSIGN", "rhs_assignment": lit(1)}),
        f"{M}.lhs_json_path",
        "is not a plain path",
    ),
    # sleeps
    "a sleep of a text": (
        spec(n={"sleep": {"raw_seconds": var("str")}}),
        f"{N}.sleep.raw_seconds",
        "raw_seconds is INT; this is STR",
    ),
    "a sleep until a text": (
        spec(n={"sleep": {"timestamp": var("str")}}),
        f"{N}.sleep.timestamp",
        "timestamp is INT or TIMESTAMP; this is STR",
    ),
    "a sleep until a date that is a number": (
        spec(n={"sleep": {"iso_date": var("int")}}),
        f"{N}.sleep.iso_date",
        "iso_date is STR; this is INT",
    ),
    # exits
    "h8 a reserved failure": (
        spec(n={"nop": {}}) | {"other": {"nodes": {
            "s": {"entrypoint": {}, "outgoing_edges": [edge("e")]},
            "e": {"exit": {"failure_def": {"failure_name": "TIMEOUT"}}},
        }}},
        "thread_specs.other.nodes.e.exit.failure_def.failure_name",
        "TIMEOUT is reserved for technical errors",
    ),
    "a failure whose name is no name": (
        {"entrypoint": {"nodes": {
            "s": {"entrypoint": {}, "outgoing_edges": [edge("e")]},
            "e": {"exit": {"failure_def": {"failure_name": "not a name"}}},
        }}},
        "thread_specs.entrypoint.nodes.e.exit.failure_def.failure_name",
        "letters, digits and inner hyphens only; got 'not a name'",
    ),
    "a failure with content from nowhere": (
        {"entrypoint": {"nodes": {
            "s": {"entrypoint": {}, "outgoing_edges": [edge("e")]},
            "e": {"exit": {"failure_def": {"failure_name": "x", "content": var("missing")}}},
        }}},
        "thread_specs.entrypoint.nodes.e.exit.failure_def.content",
        "there is no variable 'missing'",
    ),
    "a failure that cannot be": (
        handled(specific_failure="not_found"),
        f"{N}.failure_handlers[0].specific_failure",
        "letters, digits and inner hyphens only; got 'not_found'",
    ),
    "an output from nowhere": (
        {"entrypoint": {"nodes": {
            "s": {"entrypoint": {}, "outgoing_edges": [edge("e")]},
            "e": {"exit": {"return_content": var("missing")}},
        }}},
        "thread_specs.entrypoint.nodes.e.exit.return_content",
        "there is no variable 'missing'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_problem_is_named_with_its_path(name: str):
    threads, path, message = CASES[name]
    found = problems(threads)
    assert any(at == path and message in said for at, said in found), found
    assert len(found) <= 2, "one mistake is told many times"


@pytest.mark.parametrize("name", ["not-found", *LHErrorType.__members__])
def test_h8_a_handler_names_an_exception_or_a_reserved_error(name: str):
    assert problems(handled(specific_failure=name)) == []


def test_every_problem_is_told_at_once_each_with_its_path():
    bad = spec(
        a=task("missing"),
        b=task("takes", var("str"), lit(1)) | {"outgoing_edges": [edge("nowhere", condition=var("int"))]},
        c={"sleep": {"raw_seconds": var("str")}, "failure_handlers": [{"handler_spec_name": "missing"}]},
    )
    bad["handler"]["nodes"]["begin"]["outgoing_edges"][0]["sink_node_name"] = "begin"
    found = [path.removeprefix("thread_specs.") for path, _ in problems(bad)]
    assert sorted(found) == sorted(
        [
            "entrypoint.nodes.a.task.task_def_id",
            "entrypoint.nodes.b.task.variables[0]",
            "entrypoint.nodes.b.outgoing_edges[0].sink_node_name",
            "entrypoint.nodes.b.outgoing_edges[0].condition",
            "entrypoint.nodes.c.sleep.raw_seconds",
            "entrypoint.nodes.c.failure_handlers[0].handler_spec_name",
            "handler.nodes.begin.outgoing_edges[0].sink_node_name",
        ]
    )


def test_the_error_is_a_sentence_with_every_problem():
    error = InvalidSpec([Problem("a.b", "is wrong"), Problem("", "so is everything")])
    assert str(error) == "a.b: is wrong; so is everything"


def test_an_entrypoint_that_does_not_exist_is_a_problem():
    found = problems(spec(n={"nop": {}}), entrypoint="missing")
    assert ("entrypoint_thread_name", "there is no ThreadSpec 'missing'") in found


@pytest.mark.parametrize("count", [0, 2])
def test_a_thread_has_one_entrypoint_node(count: int):
    nodes: Json = {f"s{i}": {"entrypoint": {}, "outgoing_edges": [edge("e")]} for i in range(count)}
    found = problems({"entrypoint": {"nodes": nodes | {"e": {"exit": {}}}}})
    assert found == [
        ("thread_specs.entrypoint.nodes", f"a ThreadSpec has exactly one ENTRYPOINT node; got {count}")
    ]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\0", "x" * 513])
def test_names_of_threads_and_nodes_keep_to_the_rule(name: str):
    one = {"s": {"entrypoint": {}, "outgoing_edges": [edge(name)]}, name: {"exit": {}}}
    assert [path for path, _ in problems({"entrypoint": {"nodes": one}})] == [
        f"thread_specs.entrypoint.nodes.{name}"
    ]
    good = {"s": {"entrypoint": {}, "outgoing_edges": [edge("e")]}, "e": {"exit": {}}}
    found = problems({"entrypoint": {"nodes": good}, name: {"nodes": good}})
    assert [path for path, _ in found] == [f"thread_specs.{name}"]


def declared(*definitions: Json, thread: str = "entrypoint") -> list[tuple[str, str]]:
    bad = spec(n={"nop": {}})
    bad[thread]["variable_defs"] = list(definitions)
    return [(path.removeprefix(f"thread_specs.{thread}."), message) for path, message in problems(bad)]


def definition(name: str, kind: str = "INT", default: Any = None, **more: Any) -> Json:
    given = {} if default is None else {"default_value": default}
    return {"var_def": {"name": name, "type_def": kind, **given}, **more}


def test_a_variable_is_declared_once_in_a_spec():
    assert declared(definition("a"), definition("b"), definition("a", "STR")) == [
        ("variable_defs[2]", "variable 'a' is declared twice: names are unique in a WfSpec")
    ]
    assert declared(definition("int"), thread="handler") == [
        ("variable_defs[0]", "variable 'int' is declared twice: names are unique in a WfSpec")
    ]


def test_input_belongs_to_handlers_and_may_be_in_all_of_them():
    assert declared(definition("INPUT")) == [
        ("variable_defs[0]", "INPUT is reserved for child and handler threads")
    ]
    assert [path for path, _ in declared(definition("INPUT"), definition("INPUT"), thread="handler")] == [
        "variable_defs[1]"
    ]
    good = spec(n={"nop": {}})
    good["other"] = good["handler"]
    assert problems(good) == []


@pytest.mark.parametrize(("kind", "default"), [("INT", "text"), ("BOOL", 1), ("JSON_OBJ", []), ("INT", 1.5)])
def test_a_default_fits_its_type(kind: str, default: Any):
    ((path, message),) = declared(definition("v", kind, default))
    assert path == "variable_defs[0].var_def.default_value"
    assert f"the variable {kind}" in message


def test_an_inherited_variable_needs_a_parent():
    ((path, message),) = declared(definition("v", access_level="INHERITED_VAR"))
    assert (path, "no parent" in message) == ("variable_defs[0]", True)


def test_a_handler_may_require_its_input_and_nothing_else():
    bad = handled()
    bad["handler"]["variable_defs"] = [
        definition("INPUT", "STR", required=True), definition("other", required=True), definition("free")
    ]  # fmt: skip
    assert problems(bad) == [
        (f"{N}.failure_handlers[0]", "handler variable 'other' may not be required: only INPUT is given")
    ]


def returning(*contents: Json | None) -> Json:
    """A thread with an EXIT for each of these."""
    exits = {f"e{i}": {"exit": {} if content is None else content} for i, content in enumerate(contents)}
    sinks = [edge(name, condition=lit(True)) for name in exits]
    return {"entrypoint": {"nodes": {"s": {"entrypoint": {}, "outgoing_edges": sinks}, **exits}}}


def test_a8_all_exits_of_a_thread_return_one_type():
    ((path, message),) = problems(
        returning({"return_content": lit(1)}, {"return_content": lit(2.5)}, {"return_content": lit(3)})
    )
    assert path == "thread_specs.entrypoint.nodes"
    assert message == "the EXIT nodes have different output types: DOUBLE at e1, INT at e0"
    assert "void at e1" in problems(returning({"return_content": lit(1)}, None))[0][1]


def test_failing_and_untyped_exits_go_with_every_type():
    untyped = {"return_content": lit({}, json_path="$.a")}
    assert (
        problems(returning({"return_content": lit(1)}, {"failure_def": {"failure_name": "x"}}, untyped)) == []
    )


@pytest.mark.parametrize(
    ("contents", "returns"),
    [
        ([None], "void"),
        ([{"return_content": lit(1)}], "INT"),
        ([{"return_content": lit({}, json_path="$.a")}], "any"),
        ([{"return_content": lit({}, json_path="$.a")}, {"return_content": lit("")}], "STR"),
        ([{"failure_def": {"failure_name": "x"}}], "void"),
        ([{"return_content": lit(None)}], "any"),
    ],
)
def test_a10_what_a_thread_returns_is_known(contents: list[Json | None], returns: str):
    program = compile_wf_spec(request_of(returning(*contents)), Definitions(), strict=True)
    assert program.threads["entrypoint"].returns == returns


def nested(levels: int) -> Json:
    found = lit(1)
    for _ in range(levels - 1):
        found = expr(found, "ADD", lit(1))
    return found


def test_an_expression_nests_only_so_deep():
    assert problems(assigning(nested(ASSIGNMENT_DEPTH_MAX))) == []
    (path, message), _ = problems(assigning(nested(ASSIGNMENT_DEPTH_MAX + 1)))
    assert re.fullmatch(re.escape(R) + r"(\.expression\.lhs){50}", path)
    assert f"at most {ASSIGNMENT_DEPTH_MAX} levels" in message


def test_the_names_of_all_tasks_of_a_spec_are_found():
    request = request_of(spec(a=task("one"), b=task("two"), c=task("one")))
    assert names_in(request).task_defs == {"one", "two"}


@pytest.mark.parametrize(
    "bad",
    [
        {"exit": {}, "nop": {}},
        {},
        {"nop": {}, "unknown": {}},
        {"sleep": {}},
        {"sleep": {"raw_seconds": lit(1), "iso_date": lit("2026-01-01")}},
        task("plain", retries=-1),
        task("plain", timeout_seconds=0),
        task("plain", exponential_backoff={"base_interval_ms": 0, "max_delay_ms": 1, "multiplier": 1}),
        task("plain", exponential_backoff={"base_interval_ms": 5, "max_delay_ms": 1, "multiplier": 1}),
        task("plain", exponential_backoff={"base_interval_ms": 5, "max_delay_ms": 5, "multiplier": 0.5}),
        task("plain", exponential_backoff={"base_interval_ms": 5, "max_delay_ms": 5, "multiplier": math.nan}),
        task("plain", exponential_backoff={"base_interval_ms": 5, "max_delay_ms": 10**30, "multiplier": 1}),
        {"exit": {"failure_def": {"failure_name": "x"}, "return_content": lit(1)}},
        {"nop": {}, "failure_handlers": [
            {"handler_spec_name": "h", "specific_failure": "x", "any_failure_of_type": "FAILURE_TYPE_ERROR"}
        ]},
        {"nop": {}, "outgoing_edges": [edge("end", condition={})]},
        {"nop": {}, "outgoing_edges": [edge("end", condition=lit(True, variable_name="x"))]},
        {"nop": {}, "outgoing_edges": [edge("end", condition={"expression": {"lhs": lit(1), "rhs": lit(1)}})]},
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_not_even_a_model(bad: Json):
    with pytest.raises(ValidationError):
        ThreadSpec.model_validate(spec(n=bad)["entrypoint"])

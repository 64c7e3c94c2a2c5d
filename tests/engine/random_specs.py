"""random_specs: random workflows of one thread and its handlers, and values to start them with."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from lhredis.model.task_def import TaskDef
from lhredis.model.values import encode_value
from tests.engine.play import START_MS, task_def

Json = dict[str, Any]
TASKS: list[TaskDef] = [
    task_def("plain"),
    task_def("count", "INT", n="INT"),
    task_def("talk", "STR", n="INT", s="STR"),
    task_def("look", "JSON_OBJ", j="JSON_OBJ"),
]
KINDS = {"n": "INT", "d": "DOUBLE", "s": "STR", "b": "BOOL", "j": "JSON_OBJ", "a": "JSON_ARR"}


def lit(value: Any) -> Json:
    return {"literal_value": encode_value(value)}


def var(name: str, **more: Any) -> Json:
    return {"variable_name": name, **more}


def mostly(usual: st.SearchStrategy[Any], rare: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What goes wrong at once ends a history before it begins: it has to be rare."""
    return st.integers(0, 11).flatmap(lambda n: usual if n else rare)


numbers = mostly(st.integers(-3, 9), st.sampled_from([0, 2**63 - 1, -(2**63)]))
texts = st.sampled_from(["", "x", "7", "text"])
documents = st.sampled_from([{}, {"a": 1}, {"a": {"b": [1, 2]}}, {"a": None, "$b": 1}, {"$tag": 1}])
values = mostly(numbers, st.one_of(st.none(), st.sampled_from([0.5, -2.0]), texts, st.booleans(), documents))

int_sources = mostly(
    st.one_of(
        numbers.map(lit),
        st.just(var("n")),
        st.just({"size_of": {"operand": var("s")}}),
        st.tuples(st.sampled_from(["ADD", "SUBTRACT", "MULTIPLY"]), numbers).map(
            lambda pair: {"expression": {"lhs": var("n"), "rhs": lit(pair[1]), "mutation_type": pair[0]}}
        ),
    ),
    st.sampled_from([var("j", json_path="$.a"), {"size_of": {"operand": var("j", json_path="$.a")}}]),
)
str_sources = st.one_of(
    texts.map(lit),
    st.just(var("s")),
    st.just(var("n")),
    st.just({"format_string": {"format": lit("{0}-{1}"), "args": [var("n"), var("j")]}}),
)
obj_sources = st.one_of(documents.map(lit), st.just(var("j")), st.just(var("j", json_path="$.a")))
conditions = mostly(
    st.one_of(
        st.booleans().map(lit),
        st.just(var("b")),
        st.tuples(st.sampled_from(["LESS_THAN", "EQUALS", "GREATER_THAN_EQ"]), numbers).map(
            lambda pair: {"expression": {"lhs": var("n"), "rhs": lit(pair[1]), "comparator": pair[0]}}
        ),
    ),
    st.just(var("j", json_path="$.a")),
)
mutations = st.one_of(
    st.tuples(
        mostly(
            st.sampled_from(["ASSIGN", "ADD", "SUBTRACT"]), st.sampled_from(["MULTIPLY", "DIVIDE", "POW"])
        ),
        int_sources,
    ).map(lambda pair: {"lhs_name": "n", "operation": pair[0], "rhs_assignment": pair[1]}),
    st.tuples(st.sampled_from(["ASSIGN", "EXTEND"]), str_sources).map(
        lambda pair: {"lhs_name": "s", "operation": pair[0], "rhs_assignment": pair[1]}
    ),
    int_sources.map(
        lambda source: {
            "lhs_name": "j",
            "lhs_json_path": "$.c",
            "operation": "ASSIGN",
            "rhs_assignment": source,
        }
    ),
    st.tuples(
        mostly(st.sampled_from(["ADD", "REMOVE_IF_PRESENT"]), st.just("REMOVE_INDEX")), st.integers(0, 3)
    ).map(lambda pair: {"lhs_name": "a", "operation": pair[0], "rhs_assignment": lit(pair[1])}),
    conditions.map(lambda source: {"lhs_name": "b", "operation": "ASSIGN", "rhs_assignment": source}),
)
backoffs = st.sampled_from([None, {"base_interval_ms": 1000, "multiplier": 2.0, "max_delay_ms": 3000}])


@st.composite
def tasks(draw: st.DrawFn) -> Json:
    name = draw(st.sampled_from([each.id.name for each in TASKS]))
    inputs = {
        "plain": [],
        "count": [draw(int_sources)],
        "talk": [draw(int_sources), draw(str_sources)],
        "look": [draw(obj_sources)],
    }[name]
    found = {"task_def_id": {"name": name}, "variables": inputs, "retries": draw(st.integers(0, 2))}
    policy = draw(backoffs)
    return {"task": found | ({"exponential_backoff": policy} if policy else {})}


sleeps = mostly(
    st.one_of(
        st.integers(0, 3).map(lambda n: {"sleep": {"raw_seconds": lit(n)}}),
        st.just({"sleep": {"iso_date": lit("2023-11-14T22:13:25Z")}}),
        st.just({"sleep": {"timestamp": lit(START_MS + 3000)}}),
    ),
    st.sampled_from([{"sleep": {"raw_seconds": var("n")}}, {"sleep": {"iso_date": var("s")}}]),
)
exits = mostly(
    st.just({"exit": {}}),
    st.sampled_from(
        [
            {"exit": {"failure_def": {"failure_name": "gave-up", "content": var("n")}}},
            {"exit": {"failure_def": {"failure_name": "denied"}}},
        ]
    ),
)
handler_filters = st.sampled_from(
    [
        {},
        {"specific_failure": "denied"},
        {"specific_failure": "TASK_ERROR"},
        {"specific_failure": "VAR_ERROR"},
        {"any_failure_of_type": "FAILURE_TYPE_ERROR"},
        {"any_failure_of_type": "FAILURE_TYPE_EXCEPTION"},
    ]
)


@st.composite
def threads(draw: st.DrawFn, variables: list[Json], handlers: list[str]) -> Json:
    """A thread of some nodes; edges lead anywhere, back too, and a task's output may be read later."""
    bodies = draw(st.lists(st.one_of(tasks(), tasks(), sleeps, st.just({"nop": {}})), min_size=1, max_size=5))
    return draw(linked(bodies, variables, handlers))


@st.composite
def linked(draw: st.DrawFn, bodies: list[Json], variables: list[Json], handlers: list[str]) -> Json:
    """A thread of these nodes, named n0, n1 and so on, with edges between them."""
    names = [f"n{i}" for i in range(len(bodies))]
    nodes: Json = {"end": draw(exits)}
    counts = [
        name
        for name, body in zip(names, bodies, strict=True)
        if body.get("task", {}).get("task_def_id", {}).get("name") == "count"
    ]
    for i, (name, body) in enumerate(zip(names, bodies, strict=True)):
        edges: list[Json] = []
        following = names[i + 1] if i + 1 < len(names) else "end"
        sinks = [other for other in [*names, "end"] if other != name]
        for _ in range(draw(st.integers(0, 2))):
            edges.append({"sink_node_name": draw(st.sampled_from(sinks)), "condition": draw(conditions)})
        if draw(st.integers(0, 9)):
            edges.append({"sink_node_name": following})
        elif not edges:
            edges.append({"sink_node_name": following, "condition": draw(conditions)})
        for each in edges:
            changes = draw(st.lists(mutations, max_size=2))
            if counts and draw(st.booleans()):
                source = {"node_output": {"node_name": draw(st.sampled_from(counts))}}
                changes.append({"lhs_name": "n", "operation": "ASSIGN", "rhs_assignment": source})
            each["variable_mutations"] = changes
        nodes[name] = body | {"outgoing_edges": edges}
        if handlers:
            chosen = draw(
                st.lists(st.tuples(st.sampled_from(handlers), handler_filters), min_size=1, max_size=2)
            )
            nodes[name]["failure_handlers"] = [{"handler_spec_name": who, **what} for who, what in chosen]
    nodes["start"] = {"entrypoint": {}, "outgoing_edges": [{"sink_node_name": "n0"}]}
    return {"nodes": nodes, "variable_defs": variables}


@st.composite
def specs(draw: st.DrawFn) -> Json:
    handlers = ["h1", "h2"]
    own = [{"var_def": {"name": name, "type_def": kind}} for name, kind in KINDS.items()]
    given_content = draw(st.sampled_from([[], [{"var_def": {"name": "INPUT", "type_def": "INT"}}]]))
    return {
        "entrypoint": draw(threads(own, handlers)),
        "h1": draw(threads([], ["h2"])),
        "h2": draw(threads(given_content, [])),
    }


starts = mostly(
    st.fixed_dictionaries(
        {
            "n": st.integers(-3, 9),
            "d": st.sampled_from([0.5, 2]),
            "s": texts,
            "b": st.booleans(),
            "j": documents,
            "a": st.sampled_from([[], [1, 2, 3]]),
        }
    ),
    st.sampled_from([{}, {"b": True}, {"n": None, "j": {"a": True}}]),
)

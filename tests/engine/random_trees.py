"""random_trees: random workflows of every node type: child threads, events, interrupts, conditions, child
runs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.engine.random_specs import (
    KINDS,
    TASKS,
    Json,
    conditions,
    handler_filters,
    linked,
    lit,
    mostly,
    numbers,
    sleeps,
    tasks,
    threads,
    values,
)

__all__ = ["TASKS", "Json", "trees", "values"]

Bodies = list[Json]
strategies = st.sampled_from(["WAIT_FOR_ALL", "WAIT_FOR_ALL", "WAIT_FOR_ANY", "WAIT_FOR_FIRST"])
INPUT = {"var_def": {"name": "INPUT", "type_def": "INT"}}
SHARED = {"var_def": {"name": "w", "type_def": "INT", "default_value": 1}, "access_level": "PUBLIC_VAR"}
INHERITED = {"var_def": {"name": "w", "type_def": "INT"}, "access_level": "INHERITED_VAR"}


def output_of(at: int) -> Json:
    return {"node_output": {"node_name": f"n{at}"}}


@st.composite
def thread_bodies(draw: st.DrawFn, children: list[str], handlers: list[str], child_runs: list[str]) -> Bodies:
    """The nodes of a thread; those that start something are mostly followed by one that waits for it."""
    bodies: Bodies = []
    kinds = ["plain", "plain", "event", "throw", "condition", *["spawn", "each"] * bool(children)]
    for kind in draw(st.lists(st.sampled_from(kinds + ["run"] * len(child_runs)), min_size=1, max_size=4)):
        at = len(bodies)
        if kind == "plain":
            bodies.append(draw(st.one_of(tasks(), tasks(), sleeps, st.just({"nop": {}}))))
        elif kind == "event":
            bodies.append(draw(events()))
        elif kind == "throw":
            bodies.append(
                {"throw_event": {"event_def_id": {"name": "news"}, "content": {"variable_name": "n"}}}
            )
        elif kind == "condition":
            bodies.append({"wait_for_condition": {"condition": draw(conditions)}})
        elif kind == "spawn":
            count = draw(st.integers(1, 2))
            bodies += [
                {"start_thread": {"thread_spec_name": draw(st.sampled_from(children))}} for _ in range(count)
            ]
            waited = [{"thread_run_number": output_of(at + i)} for i in range(count)]
            bodies += draw(waits({"threads": {"threads": waited}}, handlers))
        elif kind == "each":
            items = lit(draw(st.lists(st.integers(0, 3), max_size=3)))
            name = draw(st.sampled_from(children))
            bodies.append({"start_multiple_threads": {"thread_spec_name": name, "iterable": items}})
            bodies += draw(waits({"thread_list": output_of(at)}, handlers))
        else:
            bodies.append({"run_child_wf": {"wf_spec_name": draw(st.sampled_from(child_runs))}})
            if draw(st.integers(0, 4)):
                bodies.append({"wait_for_child_wf": {"child_wf_run_id": output_of(at)}})
    return bodies


@st.composite
def waits(draw: st.DrawFn, waited: Json, handlers: list[str]) -> Bodies:
    """A node that waits for threads; sometimes none, and EXIT does it."""
    if not draw(st.integers(0, 4)):
        return []
    found = waited | {"strategy": draw(strategies)}
    if handlers and draw(st.booleans()):
        found["per_thread_failure_handlers"] = [
            {"handler_spec_name": draw(st.sampled_from(handlers)), **draw(handler_filters)}
        ]
    return [{"wait_for_threads": found}]


@st.composite
def events(draw: st.DrawFn) -> Json:
    found: Json = {"external_event_def_id": {"name": draw(st.sampled_from(["go", "pay"]))}}
    if draw(st.booleans()):
        found["timeout_seconds"] = lit(draw(st.integers(1, 4)))
    if draw(st.booleans()):
        found["correlation_key"] = draw(mostly(st.just(lit("key")), st.just({"variable_name": "s"})))
    return {"external_event": found}


@st.composite
def thread_of(
    draw: st.DrawFn,
    variables: list[Json],
    children: list[str],
    handlers: list[str],
    child_runs: tuple[str, ...] = (),
    interrupts: dict[str, str] | None = None,
) -> Json:
    """A thread that starts these children; `interrupts` are handlers by event."""
    bodies = draw(thread_bodies(children, handlers, list(child_runs)))
    found: Json = draw(linked(bodies, variables, handlers))
    found["interrupt_defs"] = [
        {"external_event_def_id": {"name": event}, "handler_spec_name": handler}
        for event, handler in (interrupts or {}).items()
    ]
    return found


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Json]:
    """ThreadSpecs of `main`, of `child` and of `heir`, which shares the variable `w` with its parent."""
    own = [{"var_def": {"name": name, "type_def": kind}} for name, kind in KINDS.items()] + [SHARED]
    private = [{"var_def": {"name": name, "type_def": kind}} for name, kind in KINDS.items()]
    main = {
        "entrypoint": draw(thread_of(own, ["c1", "c2"], ["h1"], ("child", "heir"), {"kick": "i1"})),
        "c1": draw(thread_of([], ["c2"], ["h1"], interrupts={"poke": "i2"})),
        "c2": draw(thread_of(draw(st.sampled_from([[], [INPUT]])), [], ["h2"])),
        "h1": draw(thread_of([], ["c2"], ["h2"])),
        "h2": draw(threads([], [])),
        "i1": draw(thread_of([], [], ["h2"])),
        "i2": draw(threads(draw(st.sampled_from([[], [INPUT]])), [])),
    }
    for name in ("c1", "c2"):
        retention = draw(st.sampled_from([None, None, 0, 2]))
        if retention is not None:
            main[name]["retention_policy"] = {"seconds_after_thread_termination": retention}
    heir = draw(threads(private, []))
    heir["variable_defs"] = [*private, INHERITED]
    for node in heir["nodes"].values():
        for edge in node.get("outgoing_edges", ()):
            if draw(st.booleans()):
                change = {"lhs_name": "w", "operation": "ADD", "rhs_assignment": lit(draw(numbers))}
                edge.setdefault("variable_mutations", []).append(change)
    return {"main": main, "child": {"entrypoint": draw(threads(private, []))}, "heir": {"entrypoint": heir}}


def starting_values() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"n": st.integers(0, 5), "s": st.just("x"), "b": st.booleans(), "j": st.just({}), "a": st.just([1])}
    )

"""random_versions: further versions of a random workflow, and random plans that lead from one to another.

All choices come from a `random.Random`: those of the workflow and of its history leave hypothesis little
room.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from lhredis.engine.run import SpecVersion
from lhredis.model.ids import WfSpecId
from lhredis.model.migration import MigrationVars, PutWorkflowMigrationPlanRequest
from lhredis.model.wf_spec import ThreadSpec, WfSpec
from tests.engine.random_specs import Json, lit

ENTRYPOINT = "entrypoint"
NEW_NODES_MAX = 3
LITERALS: dict[str, Any] = {"INT": 5, "STR": "five", "BOOL": True}
WAITS: list[Json] = [
    {"task": {"task_def_id": {"name": "plain"}}},
    {"sleep": {"raw_seconds": lit(1)}},
    {"external_event": {"external_event_def_id": {"name": "go"}}},
    {"external_event": {"external_event_def_id": {"name": "pay"}, "timeout_seconds": lit(2)}},
    {"external_event": {"external_event_def_id": {"name": "go"}, "correlation_key": lit("key")}},
]
BODIES: list[Json] = [*WAITS, {"wait_for_condition": {"condition": lit(True)}}, {"nop": {}}]
REPLACEABLE = frozenset(("external_event", "sleep", "wait_for_condition", "wait_for_threads", "throw_event"))
NOT_MIGRATED = frozenset(("entrypoint", "exit", "nop"))


@dataclass
class Version:
    """A version of the workflow: its ThreadSpecs as JSON. `nodes` tells, by what a ThreadSpec and a node were
    first called, what they are called here."""

    version: SpecVersion
    threads: Json
    nodes: dict[tuple[str, str], tuple[str, str]]

    @cached_property
    def spec(self) -> WfSpec:
        name, major, revision = self.version
        return WfSpec(
            id=WfSpecId(name=name, major_version=major, revision=revision),
            created_at="2026-01-01T00:00:00.000Z",
            thread_specs={each: ThreadSpec.model_validate(spec) for each, spec in self.threads.items()},
            entrypoint_thread_name=ENTRYPOINT,
        )

    def variables(self, thread: str) -> dict[str, str]:
        """The types of the variables that a ThreadSpec owns."""
        found = self.threads[thread]["variable_defs"]
        return {each["var_def"]["name"]: each["var_def"]["type_def"] for each in found}


def first_version(threads: Json, rng: Random) -> Version:
    """The workflow, with a wait in most of its threads: else most runs would be over before they are
    migrated."""
    made = copy.deepcopy(threads)
    nodes = {(thread, node): (thread, node) for thread, spec in made.items() for node in spec["nodes"]}
    first = Version(SpecVersion("main", 0, 0), made, nodes)
    for thread in made:
        if rng.random() < 0.8:
            nodes[thread, "wait"] = (
                thread,
                _insert(first, thread, made[thread]["nodes"]["start"], "wait", WAITS, rng),
            )
    return first


def next_version(before: Version, major: int, rng: Random) -> Version:
    """The same workflow with threads and nodes renamed, with more nodes and others, and with new
    variables."""
    threads = {
        name: f"{name}_{major}" if name != ENTRYPOINT and rng.random() < 0.2 else name
        for name in before.threads
    }
    nodes = {
        (thread, node): f"{node}_{major}" if node not in ("start", "end") and rng.random() < 0.2 else node
        for thread, spec in before.threads.items()
        for node in spec["nodes"]
    }
    made: Json = {}
    for name, spec in before.threads.items():
        own = {node: new for (thread, node), new in nodes.items() if thread == name}
        made[threads[name]] = _renamed(copy.deepcopy(spec), threads, own)
    called = {first: (threads[at[0]], nodes[at]) for first, at in before.nodes.items()}
    new = Version(SpecVersion("main", major, 0), made, called)
    names = {thread: first for (first, _), (thread, _) in called.items()}
    for thread in made:
        _add_variable(new, thread, names[thread], rng)
    for thread in made:
        _replace_nodes(made[thread], rng)
        for i in range(rng.randint(0, NEW_NODES_MAX)):
            source = rng.choice(
                [node for node in made[thread]["nodes"].values() if node.get("outgoing_edges")]
            )
            name = _insert(new, thread, source, f"more{major}_{i}", BODIES, rng)
            called[names[thread], name] = thread, name
    return new


def _renamed(part: Any, threads: dict[str, str], nodes: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_renamed(each, threads, nodes) for each in part]
    if not isinstance(part, dict):
        return part
    found = {}
    for name, value in part.items():
        if name in ("thread_spec_name", "handler_spec_name"):
            found[name] = threads[value]
        elif name in ("sink_node_name", "node_name"):
            found[name] = nodes[value]
        elif name == "nodes":
            found[name] = {nodes[node]: _renamed(each, threads, nodes) for node, each in value.items()}
        elif name in ("literal_value", "variable_defs"):
            found[name] = value
        else:
            found[name] = _renamed(value, threads, nodes)
    return found


def _add_variable(new: Version, thread: str, first: str, rng: Random) -> None:
    """One of its own, which may come with another type in the next version, or in the place of one before."""
    name = f"x_{first}"
    definitions = [each for each in new.threads[thread]["variable_defs"] if each["var_def"]["name"] != name]
    is_used = definitions != new.threads[thread]["variable_defs"]
    if is_used or rng.random() < 0.5:
        return
    kind = rng.choice(sorted(LITERALS))
    definition: Json = {"var_def": {"name": name, "type_def": kind}}
    if rng.random() < 0.5:
        definition["var_def"]["default_value"] = lit(LITERALS[kind])["literal_value"]
    elif thread == ENTRYPOINT and rng.random() < 0.3:
        definition["required"] = True
    if rng.random() < 0.3:
        definition["searchable"] = True
    new.threads[thread]["variable_defs"] = [*definitions, definition]


def _replace_nodes(spec: Json, rng: Random) -> None:
    """Waits become something else."""
    for name, node in spec["nodes"].items():
        if node.keys() & REPLACEABLE and rng.random() < 0.15:
            kept = {key: node[key] for key in ("outgoing_edges", "failure_handlers") if key in node}
            spec["nodes"][name] = copy.deepcopy(rng.choice(BODIES)) | kept


def _insert(new: Version, thread: str, source: Json, name: str, bodies: list[Json], rng: Random) -> str:
    """A node behind another one, which changes what the thread or the entrypoint has now."""
    nodes, edge = new.threads[thread]["nodes"], rng.choice(source["outgoing_edges"])
    onward: Json = {"sink_node_name": edge["sink_node_name"], "variable_mutations": []}
    for owner in {thread, ENTRYPOINT}:
        for variable, kind in new.variables(owner).items():
            if variable.startswith("x_") and rng.random() < 0.5:
                change = {"lhs_name": variable, "operation": "ASSIGN", "rhs_assignment": lit(LITERALS[kind])}
                onward["variable_mutations"].append(change)
    edge["sink_node_name"] = name
    nodes[name] = copy.deepcopy(rng.choice(bodies)) | {"outgoing_edges": [onward]}
    return name


def random_plan(old: Version, new: Version, rng: Random) -> PutWorkflowMigrationPlanRequest:
    """A plan for some of the threads: mostly from what a node is to what it has become, sometimes
    anywhere."""
    found: Json = {}
    is_whole = rng.random() < 0.5
    for thread in old.threads:
        if not is_whole and rng.random() < 0.5:
            continue
        target = _becomes(old, new, thread) if rng.random() < 0.95 else rng.choice(sorted(new.threads))
        way = rng.choice(("all", "all", "some", "any"))
        mapped = {
            node: {"new_node_name": to}
            for node, to in _node_pairs(old, new, thread, target, way, rng)
            if way != "some" or rng.random() < 0.5
        }
        if mapped or rng.random() < 0.05:
            found[thread] = {"new_thread_name": target, "node_migrations": mapped}
    return PutWorkflowMigrationPlanRequest.model_validate(
        {
            "name": "plan",
            "old_wf_spec": old.spec.id.to_json(),
            "major_version": new.version.major,
            "revision": 0,
            "thread_migrations": found
            or {ENTRYPOINT: {"new_thread_name": ENTRYPOINT, "node_migrations": {}}},
        }
    )


def _becomes(old: Version, new: Version, thread: str) -> str:
    first = next(first for (first, _), (name, _) in old.nodes.items() if name == thread)
    return next(name for (one, _), (name, _) in new.nodes.items() if one == first)


def _node_pairs(
    old: Version, new: Version, thread: str, target: str, way: str, rng: Random
) -> Iterator[tuple[str, str]]:
    ends = [node for node, spec in new.threads[target]["nodes"].items() if not spec.keys() & NOT_MIGRATED]
    for first, (name, node) in old.nodes.items():
        if name != thread or old.threads[thread]["nodes"][node].keys() & NOT_MIGRATED:
            continue
        to = new.nodes.get(first)
        if way == "any" and ends and rng.random() < 0.5:
            yield node, rng.choice(ends)
        elif to is not None and to[0] == target and to[1] in ends:
            yield node, to[1]


def random_values(
    old: Version, new: Version, request: PutWorkflowMigrationPlanRequest, rng: Random
) -> dict[str, MigrationVars]:
    """What new variables get: literals, copies, or nothing; now and then something that does not fit."""
    given: dict[str, MigrationVars] = {}
    for thread, plan in request.thread_migrations.items():
        before = old.variables(thread)
        values: Json = {}
        for name, kind in new.variables(plan.new_thread_name).items():
            same = [other for other, its in before.items() if its == kind]
            luck = rng.random()
            if name in before and luck > 0.03:
                continue
            if luck < 0.04:
                values[name] = lit(LITERALS["STR"])
            elif luck < 0.4:
                values[name] = lit(LITERALS.get(kind))
            elif luck < 0.7 and same:
                values[name] = {"variable_name": rng.choice(same)}
        given[thread] = MigrationVars.model_validate({"var_assignment_by_var_name": values})
    return given

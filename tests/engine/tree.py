"""tree: a WfRun with its child runs on a stage, stored after every step as Redis would have them.

Every step is checked: what the effects tell to keep is what the runs hold, and a step from the stored
runs alone, with the others fetched when it asks for them, does the same.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from lhredis.engine.effects import (
    ArchiveThread,
    ClaimEvent,
    ClearTimer,
    Correlate,
    DropEvent,
    DropOutput,
    Effect,
    EnqueueTask,
    PutEvent,
    PutHistory,
    PutOutput,
    PutVariable,
    SetTimer,
    Uncorrelate,
)
from lhredis.engine.events import Event, TaskReported, TaskTimedOut
from lhredis.engine.program import compile_wf_spec
from lhredis.engine.run import NodeRun, Run, SpecVersion, ThreadRun
from lhredis.engine.step import Runs, step
from lhredis.engine.world import RunOf, Unknown
from lhredis.model.task_def import TaskDef
from lhredis.store.codec import (
    decode_archived_thread,
    decode_node_run,
    decode_run,
    encode_archived_thread,
    encode_json_value,
    encode_node_run,
    encode_posted_event,
    encode_state,
)
from tests.engine.play import START_MS, PlayWorld, definitions_for, request_of

Json = dict[str, Any]
Timer = tuple[Any, ...]
ROOT = "run"


@dataclass
class Shelf:
    """What is stored of one run, and what waits for it outside: tasks, timers, correlated events. `history`
    are the NodeRuns that were left by (thread, position), `archived` the threads that left the state."""

    fields: dict[str, bytes] = field(default_factory=dict)
    history: dict[tuple[int, int], NodeRun] = field(default_factory=dict)
    archived: dict[int, ThreadRun] = field(default_factory=dict)
    waiting: list[EnqueueTask] = field(default_factory=list)
    sent: list[EnqueueTask] = field(default_factory=list)
    timers: dict[Timer, int] = field(default_factory=dict)
    correlated: set[tuple[str, str, int, int]] = field(default_factory=set)
    guids: set[str] = field(default_factory=set)

    def put(self, effect: Effect) -> None:
        """Do what an effect says."""
        if isinstance(effect, EnqueueTask):
            self.waiting.append(effect)
            self.sent.append(effect)
        elif isinstance(effect, SetTimer):
            self.timers[_timer(effect)] = effect.due_ms
        elif isinstance(effect, ClearTimer):
            self.timers.pop(_timer(effect), None)
        elif isinstance(effect, PutVariable):
            self.fields[f"v:{effect.thread}:{effect.name}"] = encode_json_value(effect.value)
        elif isinstance(effect, PutOutput):
            self.fields[f"o:{effect.thread}:{effect.node_name}"] = encode_json_value(effect.value)
        elif isinstance(effect, DropOutput):
            self.fields.pop(f"o:{effect.thread}:{effect.node_name}", None)
        elif isinstance(effect, PutEvent):
            self.fields[f"e:{effect.sequence}"] = encode_posted_event(effect.event)
        elif isinstance(effect, ClaimEvent | DropEvent):
            self.fields.pop(f"e:{effect.sequence}", None)
        elif isinstance(effect, Correlate):
            self.correlated.add((effect.event_def, effect.key, effect.thread, effect.position))
        elif isinstance(effect, Uncorrelate):
            self.correlated.remove((effect.event_def, effect.key, effect.thread, effect.position))
        elif isinstance(effect, ArchiveThread):
            number = effect.thread.number
            self.archived[number] = decode_archived_thread(encode_archived_thread(effect.thread))
            of = (f"v:{number}:", f"o:{number}:")
            self.fields = {name: data for name, data in self.fields.items() if not name.startswith(of)}
        elif isinstance(effect, PutHistory):
            left = effect.node_run
            kept = decode_node_run(left.position, encode_node_run(left))
            assert kept == left
            self.history[effect.thread, left.position] = kept


class Tree:
    """The runs of a tree by id, and the shelf of each."""

    def __init__(self, specs: dict[str, Json], *task_defs: TaskDef) -> None:
        """`specs` are ThreadSpecs by WfSpec; `main` is the root's, `heir` has it as its parent."""
        self.world = PlayWorld(*task_defs)
        for name in ("child", "heir", "main"):
            self.register(SpecVersion(name, 0, 0), specs[name])
        self.runs: Runs = {ROOT: Run(ROOT, "default", SpecVersion("main", 0, 0))}
        self.shelves: dict[str, Shelf] = {ROOT: Shelf()}
        self.now_ms = START_MS
        self._nonces = 0

    def register(self, version: SpecVersion, threads: Json) -> None:
        """Have this version of a WfSpec."""
        name = version.name
        request = request_of(threads, name, parent="main" if name == "heir" else None)
        children = {(other.name, None): program for other, program in self.world.programs.items()}
        definitions = definitions_for(request, *self.world.task_defs.values(), children=children)
        self.world.programs[version] = compile_wf_spec(request, definitions, strict=name != "heir")

    def nonce(self) -> str:
        self._nonces += 1
        return f"nonce-{self._nonces}"

    def run(self, wf_run_id: str) -> Run:
        run = self.runs[wf_run_id]
        assert run is not None
        return run

    def happens(self, wf_run_id: str, event: Event) -> dict[str, list[Effect]]:
        """Step one event; what it does is stored. Raises what a step raises, and then nothing has changed."""
        twins, twin_changed = self.step_from_store(wf_run_id, event)
        before = {each: encode_state(run) for each, run in self.runs.items() if run is not None}
        changed = step(self.world, self.runs, wf_run_id, event)
        assert twin_changed == changed, "a step from the stored runs had other effects"
        for each, effects in changed.items():
            shelf = self.shelves.setdefault(each, Shelf())
            if isinstance(event, TaskReported | TaskTimedOut) and each == wf_run_id:
                shelf.waiting = [task for task in shelf.waiting if _place(task) != _place(event)]
            for effect in effects:
                shelf.put(effect)
        for each, run in self.runs.items():
            assert run is not None
            if each not in changed:
                assert encode_state(run) == before[each], f"{each} changed without being told"
            elif run.threads:
                assert self.stored(each) == run, f"{each} is not what is stored of it"
                assert twins[each] == run
        return changed

    def step_from_store(self, wf_run_id: str, event: Event) -> tuple[Runs, dict[str, list[Effect]]]:
        """The same step in a process that has nothing in memory: it loads the run, and what it asks for."""
        wanted = [wf_run_id]
        while True:
            runs: Runs = {each: self.stored(each) if each in self.runs else None for each in wanted}
            try:
                return runs, step(self.world, runs, wf_run_id, copy.deepcopy(event))
            except Unknown as unknown:
                assert isinstance(unknown.need, RunOf) and unknown.need.wf_run_id not in wanted
                wanted.append(unknown.need.wf_run_id)

    def stored(self, wf_run_id: str) -> Run:
        """A run as Redis has it."""
        run = self.run(wf_run_id)
        if not run.threads:
            return copy.deepcopy(run)
        return decode_run(
            wf_run_id, run.tenant, {"state": encode_state(run), **self.shelves[wf_run_id].fields}
        )


def _timer(effect: SetTimer | ClearTimer) -> Timer:
    return (effect.kind, effect.thread, effect.position, effect.attempt)


def _place(of: EnqueueTask | TaskReported | TaskTimedOut) -> tuple[int, int, int]:
    return of.thread, of.position, of.attempt

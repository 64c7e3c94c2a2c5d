"""play: a WfRun on a stage: the engine alone, with a clock, workers and timers as the story says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lhredis.engine.definitions import Definitions, names_in
from lhredis.engine.effects import (
    ArchiveThread,
    ChangeStatus,
    ClaimEvent,
    ClearTimer,
    Correlate,
    DeleteRun,
    DropEvent,
    DropOutput,
    DropReminder,
    Effect,
    EnqueueTask,
    IndexVariable,
    PutEvent,
    PutHistory,
    PutOutput,
    PutReminder,
    PutVariable,
    SetTimer,
    ThrowEvent,
    Uncorrelate,
)
from lhredis.engine.events import (
    Event,
    ExternalEventPosted,
    RunResumed,
    RunStarted,
    RunStopped,
    TaskReported,
    TaskTimedOut,
    TimerFired,
)
from lhredis.engine.program import Program, compile_wf_spec
from lhredis.engine.run import Failure, NodeRun, Reminder, Run, SpecVersion, ThreadRun
from lhredis.engine.step import Runs, step
from lhredis.engine.world import ProgramOf, Unknown
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus, TaskStatus
from lhredis.model.event_def import CorrelatedEventConfig, ExternalEventDef, WorkflowEventDef
from lhredis.model.ids import ExternalEventDefId, StructDefId, TaskDefId, WorkflowEventDefId
from lhredis.model.struct_def import StructDef
from lhredis.model.task_def import TaskDef
from lhredis.model.types import InlineStructDef, ReturnType, VariableDef
from lhredis.model.user_task_def import UserTaskDef
from lhredis.model.value_types import StructType
from lhredis.model.wf_spec import ParentWfSpecReference, PutWfSpecRequest, ThreadSpec
from lhredis.store.codec import (
    decode_archived_thread,
    decode_node_run,
    decode_reminder,
    decode_run,
    encode_archived_thread,
    encode_json_value,
    encode_node_run,
    encode_posted_event,
    encode_reminder,
    encode_state,
)
from lhredis.workflow import Workflow, WorkflowThread

START_MS = 1_700_000_000_000

Story = Callable[[WorkflowThread], object]


def task_def(name: str, returns: Any = None, /, **inputs: Any) -> TaskDef:
    """`task_def("double", "INT", x="INT")`: a TaskDef by the names of its types, or by their JSON."""
    return TaskDef(
        id=TaskDefId(name=name),
        input_vars=tuple(VariableDef(name=word, type_def=kind) for word, kind in inputs.items()),
        return_type=ReturnType(return_type=returns) if returns else None,
        created_at="2026-01-01T00:00:00.000Z",
    )


def struct_def(name: str, version: int = 0, /, **fields: Any) -> StructDef:
    """`struct_def("car", make="STR", year={"field_type": "INT", "default_value": 2000})`: a StructDef by
    the types of its fields, or by the JSON of their definitions."""
    defined = {
        word: kind if isinstance(kind, dict) and "field_type" in kind else {"field_type": kind}
        for word, kind in fields.items()
    }
    return StructDef(
        id=StructDefId(name=name, version=version),
        struct_def=InlineStructDef.model_validate({"fields": defined}),
        created_at="2026-01-01T00:00:00.000Z",
    )


def user_task_def(name: str, version: int = 0, /, **fields: Any) -> UserTaskDef:
    """`user_task_def("approve", ok="BOOL")`: a UserTaskDef whose fields are all required, but for those
    whose type ends with `?`."""
    described = [
        {"name": word, "type": kind.removesuffix("?"), "required": not kind.endswith("?")}
        for word, kind in fields.items()
    ]
    made = "2026-01-01T00:00:00.000Z"
    return UserTaskDef.model_validate(
        {"name": name, "version": version, "fields": described, "created_at": made}
    )


def pinned(request: PutWfSpecRequest, *user_task_defs: UserTaskDef) -> PutWfSpecRequest:
    """The request with these versions of UserTaskDefs, as registration does it."""
    versions = {each.name: each.version for each in user_task_defs}
    form = request.to_json()
    for thread in form["thread_specs"].values():
        for node in thread["nodes"].values():
            if "user_task" in node:
                name = node["user_task"]["user_task_def_name"]
                node["user_task"].setdefault("user_task_def_version", versions[name])
    return PutWfSpecRequest.model_validate(form)


def by_type(*struct_defs: StructDef) -> dict[StructType, StructDef]:
    return {StructType(each.id.name, each.id.version): each for each in struct_defs}


def threads_of(story: Story | dict[str, Any]) -> dict[str, ThreadSpec]:
    """ThreadSpecs of a workflow function, or of the JSON of some; the entrypoint is `entrypoint`."""
    if callable(story):
        return dict(Workflow("play", story).compile().thread_specs)
    return {name: ThreadSpec.model_validate(spec) for name, spec in story.items()}


def request_of(
    story: Story | dict[str, Any],
    name: str = "play",
    parent: str | None = None,
    entrypoint: str = "entrypoint",
) -> PutWfSpecRequest:
    """The registration of a story."""
    reference = ParentWfSpecReference(wf_spec_name=parent) if parent is not None else None
    return PutWfSpecRequest(
        name=name,
        thread_specs=threads_of(story),
        entrypoint_thread_name=entrypoint,
        parent_wf_spec=reference,
    )


def definitions_for(request: PutWfSpecRequest, *task_defs: TaskDef, **more: Any) -> Definitions:
    """These TaskDefs, and definitions of every event that the spec names: those that are posted are
    untyped, those that are thrown hold an INT."""
    names, made = names_in(request), "2026-01-01T00:00:00.000Z"
    external = {
        name: ExternalEventDef(
            id=ExternalEventDefId(name=name),
            correlated_event_config=CorrelatedEventConfig(),
            created_at=made,
        )
        for name in names.external_event_defs
    }
    workflow = {
        name: WorkflowEventDef(
            id=WorkflowEventDefId(name=name), content_type=ReturnType(return_type="INT"), created_at=made
        )
        for name in names.workflow_event_defs
    }
    return Definitions({each.id.name: each for each in task_defs}, external, workflow, **more)


class PlayWorld:
    """What steps may look up: the programs of a play, and its TaskDefs."""

    def __init__(self, *task_defs: TaskDef) -> None:
        self.programs: dict[SpecVersion, Program] = {}
        self.task_defs = {each.id.name: each for each in task_defs}
        self.struct_defs: dict[StructType, StructDef] = {}

    def program(self, version: SpecVersion) -> Program:
        if version not in self.programs:
            raise Unknown(ProgramOf(version))
        return self.programs[version]

    def is_gone(self, version: SpecVersion) -> bool:
        return version not in self.programs

    def newest(self, name: str, major: int | None) -> SpecVersion | None:
        versions = [v for v in self.programs if v.name == name and major in (None, v.major)]
        return max(versions, default=None)

    def task_def(self, name: str) -> TaskDef | None:
        return self.task_defs.get(name)


class Play:
    """One WfRun, and its children if it has some. Every step is checked: what the effects tell to keep is
    what the run holds."""

    def __init__(
        self,
        story: Story | dict[str, Any],
        *task_defs: TaskDef,
        run: Run | None = None,
        strict: bool = True,
        children: dict[str, Story] | None = None,
        definitions: Definitions | None = None,
        struct_defs: Sequence[StructDef] = (),
        user_task_defs: Sequence[UserTaskDef] = (),
    ) -> None:
        self.world = PlayWorld(*task_defs)
        self.world.struct_defs = by_type(*struct_defs)
        for name, child in (children or {}).items():
            request = request_of(child, name)
            program = compile_wf_spec(request, definitions_for(request, *task_defs), strict=True)
            self.world.programs[SpecVersion(name, 0, 0)] = program
        self.request = pinned(request_of(story), *user_task_defs) if user_task_defs else request_of(story)
        self._user_task_defs = {(each.name, each.version): each for each in user_task_defs}
        self.threads = self.request.thread_specs
        self._definitions = definitions
        self.run = run or Run("run", "default", SpecVersion("play", 0, 0))
        self.program = self.compiled(*task_defs, strict=strict)
        self.runs: Runs = {self.run.id: self.run}
        self.now_ms = START_MS
        self.effects: list[Effect] = []
        self.changed: dict[str, list[Effect]] = {}
        self.everything: list[Effect] = []
        self.waiting: list[EnqueueTask] = []
        self.timers: dict[tuple[Any, ...], int] = {}
        self.history: dict[tuple[int, int], NodeRun] = {}
        self.archived: dict[int, ThreadRun] = {}
        self.indexed: dict[tuple[int, str], tuple[tuple[str, Any], ...]] = {}
        self.reminders: dict[int, Reminder] = {}
        self.claimed: list[ClaimEvent] = []
        self.thrown: list[ThrowEvent] = []
        self.correlated: set[tuple[str, str, int, int]] = set()
        self._fields: dict[str, bytes] = {}
        self._nonces = 0
        self._guids = 0

    @property
    def program(self) -> Program:
        return self.world.programs[self.run.followed]

    @program.setter
    def program(self, program: Program) -> None:
        self.world.programs[self.run.followed] = program

    def compiled(self, *task_defs: TaskDef, strict: bool = False) -> Program:
        """The program of the same spec, when these TaskDefs exist."""
        children = {(version.name, None): program for version, program in self.world.programs.items()}
        definitions = self._definitions or definitions_for(
            self.request,
            *task_defs,
            children=children,
            struct_defs=self.world.struct_defs,
            user_task_defs=self._user_task_defs,
        )
        return compile_wf_spec(self.request, definitions, strict)

    # What happens

    def start(self, variables: dict[str, Any] | None = None, /, **named: Any) -> Play:
        """Start the run with these variables."""
        self.happens(RunStarted(self.now_ms, self.nonce(), (variables or {}) | named))
        return self

    def succeed(self, output: Any = None, of: EnqueueTask | None = None, **more: Any) -> Play:
        return self.report(TaskStatus.TASK_SUCCESS, of, output=output, **more)

    def fail(self, error: str = "broken", of: EnqueueTask | None = None, **more: Any) -> Play:
        return self.report(TaskStatus.TASK_FAILED, of, error=error, **more)

    def throw(self, name: str, message: str = "", content: Any = None, of: EnqueueTask | None = None) -> Play:
        return self.report(TaskStatus.TASK_EXCEPTION, of, exception=(name, message, content))

    def report(self, status: TaskStatus, of: EnqueueTask | None = None, **more: Any) -> Play:
        """A worker reports the attempt that waits (or `of`, be it late); `more` changes the report."""
        task = of or self.task
        said: dict[str, Any] = {
            "thread": task.thread,
            "position": task.position,
            "attempt": task.attempt,
            "token": task.token,
            "status": status,
        }
        self.happens(TaskReported(self.now_ms, self.nonce(), **(said | more)))
        return self

    def time_out(self, of: EnqueueTask | None = None, **more: Any) -> Play:
        """The attempt that waits (or `of`) was held for too long."""
        task = of or self.task
        said = {
            "thread": task.thread,
            "position": task.position,
            "attempt": task.attempt,
            "token": task.token,
            "worker_id": "w1",
            "started_ms": self.now_ms - task.timeout_ms,
        }
        self.happens(TaskTimedOut(self.now_ms, self.nonce(), **(said | more)))
        return self

    def wait(self, ms: int) -> Play:
        """Time passes, and every timer fires when it is due."""
        until = self.now_ms + ms
        while self.timers and min(self.timers.values()) <= until:
            key, due_ms = min(self.timers.items(), key=lambda timer: (timer[1], str(timer[0])))
            self.now_ms = max(self.now_ms, due_ms)
            self.fire(key, due_ms)
        self.now_ms = until
        return self

    def fire(self, key: tuple[Any, ...], due_ms: int) -> None:
        """This timer fires now, be it due or not."""
        self.timers.pop(key, None)
        self.happens(TimerFired(self.now_ms, self.nonce(), *key, due_ms=due_ms))

    def post(
        self,
        event_def: str,
        content: Any = None,
        guid: str | None = None,
        thread: int | None = None,
        position: int | None = None,
        **more: Any,
    ) -> Play:
        """Somebody posts an ExternalEvent."""
        self._guids += 1
        guid = guid or f"guid-{self._guids}"
        event = ExternalEventPosted(
            self.now_ms, self.nonce(), event_def, guid, content, thread, position, **more
        )
        self.happens(event)
        return self

    def stop(self, thread: int = 0) -> Play:
        self.happens(RunStopped(self.now_ms, self.nonce(), thread))
        return self

    def resume(self, thread: int = 0) -> Play:
        self.happens(RunResumed(self.now_ms, self.nonce(), thread))
        return self

    def happens(self, event: Event, wf_run_id: str | None = None) -> list[Effect]:
        """Step one event of the run (or of a child), and note what it asks for."""
        self.changed = step(self.world, self.runs, wf_run_id or self.run.id, event)
        self.effects = self.changed.get(self.run.id, [])
        self.everything += self.effects
        if isinstance(event, TaskReported | TaskTimedOut) and self.run.id in self.changed:
            self.waiting = [task for task in self.waiting if _place(task) != _place(event)]
        for effect in self.effects:
            self._note(effect)
        self._check()
        return self.effects

    def nonce(self) -> str:
        self._nonces += 1
        return f"nonce-{self._nonces}"

    # What people see

    @property
    def status(self) -> str:
        return self.run.status.name

    @property
    def position(self) -> int:
        """Where thread 0 stands."""
        return self.run.threads[0].position

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of thread 0."""
        return self.run.threads[0].variables

    @property
    def output(self) -> Any:
        """What thread 0 returned."""
        return self.run.threads[0].output

    @property
    def message(self) -> str:
        """Why thread 0 failed."""
        return self.run.threads[0].error_message or ""

    def thread(self, number: int) -> ThreadRun:
        """A ThreadRun, be it archived."""
        return self.archived.get(number) or self.run.threads[number]

    def statuses(self) -> list[str]:
        """The statuses of all ThreadRuns by number."""
        numbers = sorted({*self.run.threads, *self.archived})
        return [self.thread(number).status.name for number in numbers]

    def task_of(self, thread: int) -> EnqueueTask:
        """The attempt of this thread that a worker may take."""
        (task,) = [task for task in self.waiting if task.thread == thread]
        return task

    @property
    def child_ids(self) -> list[str]:
        """The ids of the runs beside the main one."""
        return [wf_run_id for wf_run_id in self.runs if wf_run_id != self.run.id]

    @property
    def task(self) -> EnqueueTask:
        """The one attempt that a worker may take."""
        (task,) = self.waiting
        return task

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of that attempt."""
        return dict(self.task.inputs)

    def node(self, position: int, thread: int = 0) -> NodeRun:
        """The NodeRun at a position: the present one, or one that was left."""
        if (thread, position) in self.history:
            return self.history[thread, position]
        present = self.run.threads[thread].node
        assert present is not None and present.position == position, "nothing ran at this position"
        return present

    def failure(self, position: int | None = None, thread: int = 0) -> Failure:
        """The last failure of a NodeRun (of the one that the thread ended on)."""
        at = self.run.threads[thread].position if position is None else position
        return self.node(at, thread).failures[-1]

    def sent(self, kind: type) -> list[Any]:
        """The effects of this kind of the last step."""
        return [effect for effect in self.effects if type(effect) is kind]

    def stored(self) -> dict[str, bytes]:
        """The run's hash as the effects so far make it."""
        return {"state": encode_state(self.run), **self._fields}

    def _note(self, effect: Effect) -> None:
        if isinstance(effect, EnqueueTask):
            self.waiting.append(effect)
        elif isinstance(effect, SetTimer):
            self.timers[_timer(effect)] = effect.due_ms
        elif isinstance(effect, ClearTimer):
            self.timers.pop(_timer(effect), None)
        elif isinstance(effect, PutHistory):
            self.history[effect.thread, effect.node_run.position] = effect.node_run
            again = decode_node_run(effect.node_run.position, encode_node_run(effect.node_run))
            assert again == effect.node_run
        elif isinstance(effect, PutVariable):
            self._fields[f"v:{effect.thread}:{effect.name}"] = encode_json_value(effect.value)
        elif isinstance(effect, IndexVariable):
            self.indexed[effect.thread, effect.name] = effect.entries
        elif isinstance(effect, PutOutput):
            self._fields[f"o:{effect.thread}:{effect.node_name}"] = encode_json_value(effect.value)
        elif isinstance(effect, DropOutput):
            self._fields.pop(f"o:{effect.thread}:{effect.node_name}", None)
        elif isinstance(effect, ArchiveThread):
            number = effect.thread.number
            again = decode_archived_thread(encode_archived_thread(effect.thread))
            assert again.variables == effect.thread.variables and again.status is effect.thread.status
            self.archived[number] = effect.thread
            for field in list(self._fields):
                if field.startswith((f"v:{number}:", f"o:{number}:")):
                    del self._fields[field]
        else:
            self._note_event(effect)

    def _note_event(self, effect: Effect) -> None:
        if isinstance(effect, PutEvent):
            self._fields[f"e:{effect.sequence}"] = encode_posted_event(effect.event)
        elif isinstance(effect, ClaimEvent):
            self._fields.pop(f"e:{effect.sequence}", None)
            self.claimed.append(effect)
        elif isinstance(effect, DropEvent):
            del self._fields[f"e:{effect.sequence}"]
        elif isinstance(effect, ThrowEvent):
            self.thrown.append(effect)
        elif isinstance(effect, Correlate):
            self.correlated.add((effect.event_def, effect.key, effect.thread, effect.position))
        elif isinstance(effect, Uncorrelate):
            self.correlated.remove((effect.event_def, effect.key, effect.thread, effect.position))
        elif isinstance(effect, PutReminder):
            assert decode_reminder(encode_reminder(effect.reminder)) == effect.reminder
            self.reminders[effect.number] = effect.reminder
        else:
            assert isinstance(effect, ChangeStatus | DropReminder | DeleteRun), effect

    def _check(self) -> None:
        """What Redis would have is what the engine holds; an end is an end for everything."""
        if not self.run.threads:
            return
        again = decode_run(self.run.id, self.run.tenant, self.stored())
        assert again == self.run
        if self.run.status in TERMINAL_STATUSES:
            assert self.run.ended_ms is not None
            for thread in self.run.threads.values():
                assert thread.status is not LHStatus.RUNNING, f"thread {thread.number} goes on"


def _place(of: EnqueueTask | TaskReported | TaskTimedOut) -> tuple[int, int, int]:
    return of.thread, of.position, of.attempt


def _timer(effect: SetTimer | ClearTimer) -> tuple[Any, ...]:
    return (effect.kind, effect.thread, effect.position, effect.attempt)

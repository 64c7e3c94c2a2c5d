"""play: a WfRun on a stage: the engine alone, with a clock, workers and timers that do what the story says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.engine.effects import (
    ChangeStatus,
    ClearTimer,
    DropOutput,
    Effect,
    EnqueueTask,
    PutHistory,
    PutOutput,
    PutVariable,
    SetTimer,
)
from lhredis.engine.events import Event, RunStarted, TaskReported, TaskTimedOut, TimerFired
from lhredis.engine.program import Program, compile_wf_spec
from lhredis.engine.run import Failure, NodeRun, Run, SpecVersion
from lhredis.engine.step import step
from lhredis.model.enums import LHStatus, TaskStatus, VariableType
from lhredis.model.ids import TaskDefId
from lhredis.model.task_def import TaskDef
from lhredis.model.types import ReturnType, VariableDef
from lhredis.model.wf_spec import ThreadSpec
from lhredis.store.codec import decode_run, encode_json_value, encode_node_run, encode_state
from lhredis.workflow import Workflow, WorkflowThread

START_MS = 1_700_000_000_000

Story = Callable[[WorkflowThread], object]


def task_def(name: str, returns: str | None = None, /, **inputs: str) -> TaskDef:
    """`task_def("double", "INT", x="INT")`: a TaskDef by the names of its types."""
    return TaskDef(
        id=TaskDefId(name=name),
        input_vars=tuple(VariableDef(name=word, type_def=kind) for word, kind in inputs.items()),
        return_type=ReturnType(return_type=VariableType[returns]) if returns else None,
        created_at="2026-01-01T00:00:00.000Z",
    )


def threads_of(story: Story | dict[str, Any]) -> dict[str, ThreadSpec]:
    """ThreadSpecs of a workflow function, or of the JSON of some; the entrypoint is `entrypoint`."""
    if callable(story):
        return dict(Workflow("play", story).compile().thread_specs)
    return {name: ThreadSpec.model_validate(spec) for name, spec in story.items()}


class Play:
    """One WfRun. Every step is checked: what the effects tell to keep is what the run holds."""

    def __init__(
        self, story: Story | dict[str, Any], *task_defs: TaskDef, run: Run | None = None, strict: bool = True
    ) -> None:
        self.threads = threads_of(story)
        self.program: Program = self.compiled(*task_defs, strict=strict)
        self.run = run or Run("run", "default", SpecVersion("play", 0, 0))
        self.now_ms = START_MS
        self.effects: list[Effect] = []
        self.everything: list[Effect] = []
        self.waiting: list[EnqueueTask] = []
        self.timers: dict[tuple[Any, ...], int] = {}
        self.history: dict[tuple[int, int], NodeRun] = {}
        self._fields: dict[str, bytes] = {}
        self._nonces = 0

    def compiled(self, *task_defs: TaskDef, strict: bool = False) -> Program:
        """The program of the same spec, when these TaskDefs exist."""
        return compile_wf_spec(self.threads, "entrypoint", {each.id.name: each for each in task_defs}, strict)

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

    def happens(self, event: Event) -> list[Effect]:
        """Step one event, and note what it asks for."""
        self.effects = step(self.program, self.run, event)
        self.everything += self.effects
        if isinstance(event, TaskReported | TaskTimedOut) and self.effects:
            self.waiting = [task for task in self.waiting if task.token != event.token]
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
            encode_node_run(effect.node_run)
        elif isinstance(effect, PutVariable):
            self._fields[f"v:{effect.thread}:{effect.name}"] = encode_json_value(effect.value)
        elif isinstance(effect, PutOutput):
            self._fields[f"o:{effect.thread}:{effect.node_name}"] = encode_json_value(effect.value)
        elif isinstance(effect, DropOutput):
            self._fields.pop(f"o:{effect.thread}:{effect.node_name}", None)
        else:
            assert isinstance(effect, ChangeStatus) and effect.status is self.run.status

    def _check(self) -> None:
        """What Redis would have is what the engine holds; an end is an end for everything."""
        if not self.run.threads:
            return
        again = decode_run(self.run.id, self.run.tenant, self.stored())
        assert again == self.run
        if self.run.status not in (LHStatus.RUNNING, LHStatus.STARTING):
            assert self.run.ended_ms is not None
            for thread in self.run.threads.values():
                assert thread.ended_ms is not None and thread.node is None, f"thread {thread.number} goes on"


def _timer(effect: SetTimer | ClearTimer) -> tuple[Any, ...]:
    return (effect.kind, effect.thread, effect.position, effect.attempt)

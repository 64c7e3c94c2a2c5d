"""node_state_codec: what nodes of each kind keep, to a JSON array and back.

The first item tells which class of engine/node_state.py it is; the others are its fields in order,
without the nulls at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lhredis.engine.node_state import (
    ChildWfEnd,
    ChildWfStarted,
    ChildWfWait,
    EventThrown,
    EventWait,
    NodeState,
    SpecVersion,
    ThreadsStarted,
    ThreadsWait,
    ThreadWait,
    UserTask,
    UserTaskEvent,
    UserTaskHook,
)
from lhredis.model.enums import LHStatus, UserTaskRunStatus, WaitingThreadStatus
from lhredis.model.values import decode_value, encode_value


def encode_node_state(state: NodeState) -> list[Any]:
    """The state as an array."""
    tag, encode, _ = _FORMS[type(state)]
    form = [tag, *encode(state)]
    while form[-1] is None:
        form.pop()
    return form


def decode_node_state(form: list[Any]) -> NodeState:
    """What encode_node_state made."""
    size, decode = _DECODERS[form[0]]
    fields = form[1:] + [None] * (size - len(form) + 1)
    return decode(fields)


def _event_wait(state: EventWait) -> list[Any]:
    return [
        state.event_def,
        state.correlation_key,
        state.guid,
        state.event_ms,
        state.timed_out or None,
    ]


def _read_event_wait(fields: list[Any]) -> EventWait:
    event_def, key, guid, event_ms, timed_out = fields
    return EventWait(event_def, key, guid, event_ms, bool(timed_out))


def _threads_wait(state: ThreadsWait) -> list[Any]:
    return [
        [
            [one.number, int(one.thread_status), int(one.status), one.handler, one.ended_ms]
            for one in state.threads
        ]
    ]


def _read_threads_wait(fields: list[Any]) -> ThreadsWait:
    return ThreadsWait(
        [
            ThreadWait(number, LHStatus(thread_status), WaitingThreadStatus(status), handler, ended_ms)
            for number, thread_status, status, handler, ended_ms in fields[0]
        ]
    )


def _child_started(state: ChildWfStarted) -> list[Any]:
    inputs = {name: encode_value(value) for name, value in state.inputs.items()}
    return [state.wf_run_id, list(state.spec), inputs or None]


def _read_child_started(fields: list[Any]) -> ChildWfStarted:
    wf_run_id, spec, inputs = fields
    values = {name: decode_value(value) for name, value in (inputs or {}).items()}
    return ChildWfStarted(wf_run_id, SpecVersion(*spec), values)


def _child_wait(state: ChildWfWait) -> list[Any]:
    end = state.end
    if end is None:
        return [state.wf_run_id]
    content = encode_value(end.content)
    failure = [end.failure_name, end.message, content] if end.failure_name else None
    return [state.wf_run_id, int(end.status), encode_value(end.output), failure]


def _read_child_wait(fields: list[Any]) -> ChildWfWait:
    wf_run_id, status, output, failure = fields
    if status is None:
        return ChildWfWait(wf_run_id)
    name, message, content = failure if failure is not None else ("", "", None)
    end = ChildWfEnd(LHStatus(status), decode_value(output), name, message, decode_value(content))
    return ChildWfWait(wf_run_id, end)


def _user_task(state: UserTask) -> list[Any]:
    """Results and events are JSON as they are: fields of user tasks are STR, INT, DOUBLE or BOOL."""
    return [
        state.user_task_def,
        state.version,
        state.scheduled_ms,
        int(state.status),
        state.user_id,
        state.user_group,
        state.notes,
        state.epoch,
        state.results or None,
        [[event.kind, event.time_ms, event.details] for event in state.events] or None,
        [[number, hook.action, hook.due_ms] for number, hook in state.hooks.items()] or None,
        state.hooks_set or None,
        state.failure,
    ]


def _read_user_task(fields: list[Any]) -> UserTask:
    name, version, scheduled_ms, status, user_id, user_group, notes, epoch = fields[:8]
    results, events, hooks, hooks_set, failure = fields[8:]
    return UserTask(
        name,
        version,
        scheduled_ms,
        UserTaskRunStatus(status),
        user_id,
        user_group,
        notes,
        epoch,
        results or {},
        [UserTaskEvent(*event) for event in events or ()],
        {number: UserTaskHook(action, due_ms) for number, action, due_ms in hooks or ()},
        hooks_set or 0,
        (failure[0], failure[1]) if failure is not None else None,
    )


_Encoder = Callable[[Any], list[Any]]
_Decoder = Callable[[list[Any]], NodeState]

_FORMS: dict[type, tuple[str, _Encoder, tuple[int, _Decoder]]] = {
    EventWait: ("event", _event_wait, (5, _read_event_wait)),
    ThreadsStarted: (
        "started",
        lambda state: [state.spec_name, state.numbers],
        (2, lambda fields: ThreadsStarted(*fields)),
    ),
    ThreadsWait: ("threads", _threads_wait, (1, _read_threads_wait)),
    EventThrown: (
        "thrown",
        lambda state: [state.event_def, state.number],
        (2, lambda fields: EventThrown(*fields)),
    ),
    ChildWfStarted: (
        "child",
        _child_started,
        (3, _read_child_started),
    ),
    ChildWfWait: ("ended", _child_wait, (4, _read_child_wait)),
    UserTask: ("user", _user_task, (13, _read_user_task)),
}
_DECODERS = {tag: decoder for tag, _, decoder in _FORMS.values()}

"""codec: the engine's state to bytes and back; decode(encode(run)) == run.

Arrays with named positions instead of objects: a run is written at every step and kept for long.
Trailing nulls are left out. The order of each array is the order of the dataclass it stands for:

    state     [status, [name, major, revision], born, started, ended, greatest thread, [thread…],
               events posted, thrown, handled child WfRuns, [reminders made, [[number, reminder]…]],
               [old version…], migration, [thread, position] that triggered it]
    thread    [number, spec, type, status, started, position, parent, ended, error message, output,
               node, halts, handled children, trigger, version,
               [[version followed, spec]…], handler died of]
    halt      [kind, thread, position, handler spec, content, event]
    node      [name, status, arrived, ended, failures, task, due, state, version]
    task      [task def, [input…], [attempt…]]
    attempt   [status, token, scheduled, started, ended, worker, version, log, output, error, exception]
    failure   [name, message, content, handler, handled]
    reminder  [thread, position, thread spec, node, action, event, user, group, task, version]
    migration [plan, old version, new version, {old thread: [new thread, nodes, after, literals, copied]}]
    version   [name, major, revision]

Variables, node outputs and unclaimed events are fields of their own in the run's hash
(store/keys.py); the state of a node is in node_state_codec.py.
"""

from __future__ import annotations

from typing import Any

import orjson

from lhredis.engine.run import (
    Attempt,
    Failure,
    HaltKind,
    HaltReason,
    Migration,
    NodeRun,
    PostedEvent,
    Reminder,
    Run,
    SpecVersion,
    TaskRun,
    ThreadMigration,
    ThreadRun,
)
from lhredis.model.enums import LHStatus, TaskStatus, ThreadType
from lhredis.model.values import Value, decode_value, encode_value
from lhredis.store.node_state_codec import decode_node_state, encode_node_state

_STATUSES = {int(status): status for status in LHStatus}
_TASK_STATUSES = {int(status): status for status in TaskStatus}
_THREAD_TYPES = {int(kind): kind for kind in ThreadType}


def encode_state(run: Run) -> bytes:
    """All of a run but its variables, outputs and history."""
    threads = [_thread_form(thread) for thread in run.threads.values()]
    form: list[Any] = [
        int(run.status),
        list(run.spec) if run.spec is not None else None,
        run.born,
        run.started_ms,
        run.ended_ms,
        run.greatest_thread_number,
        threads,
        run.events_posted or None,
        run.thrown or None,
        run.handled_child_wfs or None,
    ]
    if run.reminders_made:
        at_work = [[number, _reminder_form(reminder)] for number, reminder in run.reminders.items()]
        form.append([run.reminders_made, at_work])
    if run.old_specs or run.migration is not None or run.trigger is not None:
        if not run.reminders_made:
            form.append(None)
        form.append([list(version) for version in run.old_specs] or None)
        form.append(migration_form(run.migration) if run.migration is not None else None)
        form.append(run.trigger)
    return orjson.dumps(_trimmed(form))


def encode_node_run(node_run: NodeRun) -> bytes:
    """A NodeRun for the history; its position is the field's name."""
    return orjson.dumps(_node_form(node_run))


def encode_reminder(reminder: Reminder) -> bytes:
    """A reminder for the history."""
    return orjson.dumps(_reminder_form(reminder))


def encode_json_value(value: Value) -> bytes:
    """A value as it stands in a field of the run's hash."""
    return orjson.dumps(encode_value(value))


def _thread_form(thread: ThreadRun) -> list[Any]:
    node = thread.node
    form = [
        thread.number,
        thread.spec_name,
        thread.type._value_,
        thread.status._value_,
        thread.started_ms,
        thread.position,
        thread.parent.number if thread.parent is not None else None,
        thread.ended_ms,
        thread.error_message,
        encode_value(thread.output),
        _node_form(node) if node is not None else None,
    ]
    spec, died_of = thread.spec, thread.died_of
    has_more = thread.halts or thread.handled_children or thread.trigger is not None
    if has_more or spec is not None or died_of is not None:
        form.append([_halt_form(halt) for halt in thread.halts] or None)
        form.append(thread.handled_children or None)
        form.append(thread.trigger)
        form.append(list(spec) if spec is not None else None)
        form.append([[list(version), name] for version, name in thread.followed] or None)
        form.append(died_of)
    return form if node is not None else _trimmed(form)


def _halt_form(halt: HaltReason) -> list[Any]:
    form: list[Any] = [int(halt.kind), halt.thread, halt.position, halt.handler_spec]
    return _trimmed([*form, encode_value(halt.content), halt.event])


def _node_form(node: NodeRun) -> list[Any]:
    form: list[Any] = [node.name, node.status._value_, node.arrived_ms, node.ended_ms]
    failures, task, due_ms, state = node.failures, node.task, node.due_ms, node.state
    spec = node.spec
    if failures or task is not None or due_ms is not None or state is not None or spec is not None:
        form.append([_failure_form(failure) for failure in failures] if failures else None)
        form.append(_task_form(task) if task is not None else None)
        if due_ms is not None or state is not None or spec is not None:
            form.append(due_ms)
            form.append(encode_node_state(state) if state is not None else None)
            form.append(list(spec) if spec is not None else None)
    return _trimmed(form)


def _task_form(task: TaskRun) -> list[Any]:
    return [
        task.task_def,
        [encode_value(value) for value in task.inputs],
        [_attempt_form(attempt) for attempt in task.attempts],
    ]


def _attempt_form(attempt: Attempt) -> list[Any]:
    form: list[Any] = [
        attempt.status._value_,
        attempt.token,
        attempt.scheduled_ms,
        attempt.started_ms,
        attempt.ended_ms,
        attempt.worker_id,
        attempt.worker_version,
        attempt.log,
        encode_value(attempt.output),
    ]
    exception = attempt.exception
    if exception is not None:
        form += (attempt.error, (exception[0], exception[1], encode_value(exception[2])))
    elif attempt.error is not None:
        form.append(attempt.error)
    return _trimmed(form)


def migration_form(migration: Migration) -> list[Any]:
    """A migration as JSON."""
    threads = {
        name: [
            thread.new_thread,
            thread.nodes,
            thread.after,
            {given: encode_value(value) for given, value in thread.literals.items()},
            thread.copied,
        ]
        for name, thread in migration.threads.items()
    }
    return [migration.plan, list(migration.old), list(migration.new), threads]


def _reminder_form(reminder: Reminder) -> list[Any]:
    form: list[Any] = [
        reminder.thread,
        reminder.position,
        reminder.thread_spec,
        reminder.node,
        reminder.action,
        reminder.event,
        reminder.user_id,
        reminder.user_group,
        _task_form(reminder.task),
        list(reminder.spec) if reminder.spec is not None else None,
    ]
    return _trimmed(form)


def _failure_form(failure: Failure) -> list[Any]:
    return _trimmed(
        [
            failure.name,
            failure.message,
            encode_value(failure.content),
            failure.handler,
            failure.handled or None,
        ]
    )


def _trimmed(form: list[Any]) -> list[Any]:
    while form[-1] is None:
        form.pop()
    return form


def encode_posted_event(event: PostedEvent) -> bytes:
    """An unclaimed event for its field."""
    content = encode_value(event.content)
    form = [event.event_def, event.guid, event.posted_ms, content, event.thread, event.position]
    return orjson.dumps(_trimmed(form))


def encode_archived_thread(thread: ThreadRun) -> bytes:
    """A ThreadRun that left the state, with its variables."""
    variables = {name: encode_value(value) for name, value in thread.variables.items()}
    return orjson.dumps([_thread_form(thread), variables])


def decode_archived_thread(data: bytes) -> ThreadRun:
    """A ThreadRun that left the state. Its parent is a stand-in that has only a number."""
    form, variables = orjson.loads(data)
    parent, form[6] = form[6], None
    thread = _thread(form, {})
    thread.variables = {name: decode_value(value) for name, value in variables.items()}
    if parent is not None:
        thread.parent = ThreadRun(parent, "", ThreadType.ENTRYPOINT, LHStatus.RUNNING, 0)
    return thread


def decode_run(wf_run_id: str, tenant: str, fields: dict[str, bytes]) -> Run:
    """A run from the fields of its hash (the names as text)."""
    form = orjson.loads(fields["state"])
    form += [None] * (14 - len(form))
    status, spec, born, started, ended, greatest, threads, posted, thrown, handled = form[:10]
    reminders, old_specs, migration, trigger = form[10:]
    version = SpecVersion(*spec) if spec is not None else None
    run = Run(wf_run_id, tenant, version, _STATUSES[status], born, started, ended, greatest)
    run.events_posted, run.thrown, run.handled_child_wfs = posted or 0, thrown or {}, handled or []
    if reminders is not None:
        run.reminders_made = reminders[0]
        run.reminders = {number: _reminder(one) for number, one in reminders[1]}
    run.old_specs = [SpecVersion(*old) for old in old_specs or ()]
    run.migration = migration_of_form(migration) if migration is not None else None
    run.trigger = (trigger[0], trigger[1]) if trigger is not None else None
    for one in threads or ():
        thread = _thread(one, run.threads)
        run.threads[thread.number] = thread
    events: dict[int, PostedEvent] = {}
    for name, value in fields.items():
        kind, _, rest = name.partition(":")
        if kind == "v" or kind == "o":
            number, _, of = rest.partition(":")
            owner = run.threads[int(number)]
            values = owner.variables if kind == "v" else owner.outputs
            values[of] = decode_value(orjson.loads(value))
        elif kind == "e":
            events[int(rest)] = _posted_event(orjson.loads(value))
    run.events = {sequence: events[sequence] for sequence in sorted(events)}
    return run


def _posted_event(form: list[Any]) -> PostedEvent:
    form += [None] * (6 - len(form))
    return PostedEvent(form[0], form[1], form[2], decode_value(form[3]), form[4], form[5])


def _thread(form: list[Any], threads: dict[int, ThreadRun]) -> ThreadRun:
    form += [None] * (17 - len(form))
    parent = threads[form[6]] if form[6] is not None else None
    thread = ThreadRun(
        form[0], form[1], _THREAD_TYPES[form[2]], _STATUSES[form[3]], form[4], parent, form[7], form[8]
    )
    thread.position = form[5]
    thread.output = decode_value(form[9])
    thread.node = _node(form[5], form[10]) if form[10] is not None else None
    thread.halts = [_halt(halt) for halt in form[11] or ()]
    thread.handled_children = form[12] or []
    thread.trigger = tuple(form[13]) if form[13] is not None else None
    thread.spec = _version(form[14])
    thread.followed = [(SpecVersion(*version), name) for version, name in form[15] or ()]
    thread.died_of = form[16]
    return thread


def _halt(form: list[Any]) -> HaltReason:
    form += [None] * (6 - len(form))
    event = (form[5][0], form[5][1]) if form[5] is not None else None
    return HaltReason(HaltKind(form[0]), form[1], form[2], form[3], decode_value(form[4]), event)


def decode_node_run(position: int, data: bytes) -> NodeRun:
    """A NodeRun of the history."""
    return _node(position, orjson.loads(data))


def decode_reminder(data: bytes) -> Reminder:
    """A reminder of the history."""
    return _reminder(orjson.loads(data))


def _reminder(form: list[Any]) -> Reminder:
    form += [None] * (10 - len(form))
    thread, position, thread_spec, node, action, event, user_id, user_group, task, spec = form
    reminder = Reminder(thread, position, thread_spec, node, action, event, user_id, user_group, _task(task))
    reminder.spec = _version(spec)
    return reminder


def _version(form: list[Any] | None) -> SpecVersion | None:
    return SpecVersion(*form) if form is not None else None


def migration_of_form(form: list[Any]) -> Migration:
    """What `migration_form` made."""
    plan, old, new, threads = form
    found = {}
    for name, (new_thread, nodes, after, literals, copied) in threads.items():
        values = {given: decode_value(value) for given, value in literals.items()}
        found[name] = ThreadMigration(new_thread, nodes, tuple(after), values, copied)
    return Migration(plan, SpecVersion(*old), SpecVersion(*new), found)


def _node(position: int, form: list[Any]) -> NodeRun:
    form += [None] * (9 - len(form))
    return NodeRun(
        position,
        form[0],
        _STATUSES[form[1]],
        form[2],
        form[3],
        [_failure(failure) for failure in form[4] or ()],
        _task(form[5]) if form[5] is not None else None,
        form[6],
        decode_node_state(form[7]) if form[7] is not None else None,
        _version(form[8]),
    )


def _task(form: list[Any]) -> TaskRun:
    return TaskRun(form[0], tuple(decode_value(value) for value in form[1]), [_attempt(a) for a in form[2]])


def _attempt(form: list[Any]) -> Attempt:
    form += [None] * (11 - len(form))
    error, exception = form[9], form[10]
    return Attempt(
        _TASK_STATUSES[form[0]],
        form[1],
        form[2],
        form[3],
        form[4],
        form[5],
        form[6],
        form[7],
        decode_value(form[8]),
        (error[0], error[1]) if error is not None else None,
        (exception[0], exception[1], decode_value(exception[2])) if exception is not None else None,
    )


def _failure(form: list[Any]) -> Failure:
    form += [None] * (5 - len(form))
    return Failure(form[0], form[1], decode_value(form[2]), form[3], bool(form[4]))

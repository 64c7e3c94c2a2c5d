"""The story of bytes: what is written is what is read, for every state that a run can have and more."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lhredis.engine.node_state import (
    ChildWfEnd,
    ChildWfStarted,
    ChildWfWait,
    EventThrown,
    EventWait,
    ThreadsStarted,
    ThreadsWait,
    ThreadWait,
    UserTask,
    UserTaskEvent,
    UserTaskHook,
)
from lhredis.engine.run import (
    Attempt,
    Failure,
    HaltKind,
    HaltReason,
    NodeRun,
    PostedEvent,
    Reminder,
    Run,
    SpecVersion,
    TaskRun,
    ThreadRun,
)
from lhredis.model.enums import LHStatus, TaskStatus, ThreadType, UserTaskRunStatus, WaitingThreadStatus
from lhredis.model.values import WfRunId, check_json, decode_value, encode_value, parse_timestamp, value_bytes
from lhredis.store.codec import (
    decode_node_run,
    decode_run,
    encode_json_value,
    encode_node_run,
    encode_posted_event,
    encode_state,
)

PROFILE = settings(max_examples=150, deadline=None, derandomize=True)

# Values of every type

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ints = st.integers(-(2**63), 2**63 - 1)
doubles = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | doubles | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.just("$x"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts | st.sampled_from(["$bytes", "$timestamp", "$x"]), json_values, max_size=3)
moments = st.datetimes(timezones=st.just(UTC))
ids = st.lists(st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True), min_size=1, max_size=3).map(
    lambda parts: WfRunId("_".join(parts))
)
values = st.one_of(
    st.none(), st.booleans(), ints, doubles, texts, st.binary(max_size=8), objects, st.lists(json_values, max_size=3),
    moments, ids,
)  # fmt: skip


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return bool(left == right)


@PROFILE
@given(value=values)
def test_a_value_of_every_type_comes_back_as_it_was(value: Any):
    again = decode_value(orjson.loads(encode_json_value(value)))
    assert same(again, value)


@PROFILE
@given(value=values)
def test_the_form_of_a_value_is_json_of_the_size_that_is_told(value: Any):
    form = encode_value(value)
    if type(form) is not str:
        assert value_bytes(form) == len(orjson.dumps(form))
    else:
        assert value_bytes(form) <= len(orjson.dumps(form))


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (None, b"null"),
        (2**63 - 1, b"9223372036854775807"),
        (-(2**63), b"-9223372036854775808"),
        (1.0, b"1.0"),
        ("ü", '"ü"'.encode()),
        (b"hi", b'{"$bytes":"aGk="}'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b'{"$timestamp":"2026-01-02T03:04:05Z"}'),
        (
            datetime(2026, 1, 2, 3, 4, 5, 6, timezone(timedelta(hours=1))),
            b'{"$timestamp":"2026-01-02T02:04:05.000006Z"}',
        ),
        (WfRunId("parent_child"), b'{"$wf_run_id":"parent_child"}'),
        ({"a": 1}, b'{"a":1}'),
        ({"$a": 1}, b'{"$json_obj":{"$a":1}}'),
        ({"$a": 1, "b": 2}, b'{"$a":1,"b":2}'),
        ({"b": {"$a": 1}}, b'{"b":{"$a":1}}'),
        ([{"$a": 1}], b'[{"$a":1}]'),
    ],
)
def test_how_a_value_is_written(value: Any, form: bytes):
    assert encode_json_value(value) == form


def _name(value: Any) -> str:
    """The same in every process, so that several can share the tests."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


@pytest.mark.parametrize(
    "value",
    [
        2**63, -(2**63) - 1, math.nan, math.inf, datetime(2026, 1, 1), {1: 2}, {"a": {2: 3}}, [math.nan], [2**64],
        [b"bytes"], {"a": datetime(2026, 1, 1, tzinfo=UTC)}, (1, 2), {1, 2}, object(), 1j, [object()],
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14))),
    ],
    ids=_name,
)  # fmt: skip
def test_what_no_variable_can_hold_is_refused(value: Any):
    with pytest.raises(ValueError):
        encode_value(value)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01", "", "x"]
)
def test_a_timestamp_without_a_zone_or_a_place_in_time_is_refused(text: str):
    with pytest.raises(ValueError):
        parse_timestamp(text)


def test_json_nests_up_to_a_limit():
    deep: Any = []
    for _ in range(99):
        deep = [deep]
    check_json(deep)
    with pytest.raises(ValueError, match="at most 100 levels"):
        check_json([deep])


# States of runs, also those that no engine would make

moment = st.integers(0, 2**41)
maybe_moment = st.none() | moment
statuses = st.sampled_from(LHStatus)
words = texts | st.none()
failures = st.builds(
    Failure, texts, texts, content=values, handler=st.none() | st.integers(0, 64), handled=st.booleans()
)
attempts = st.builds(
    Attempt,
    st.sampled_from(TaskStatus),
    texts,
    moment,
    started_ms=maybe_moment,
    ended_ms=maybe_moment,
    worker_id=words,
    worker_version=words,
    log=words,
    output=values,
    error=st.none() | st.tuples(texts, texts),
    exception=st.none() | st.tuples(texts, texts, values),
)
task_runs = st.builds(
    TaskRun, texts, st.lists(values, max_size=3).map(tuple), st.lists(attempts, min_size=1, max_size=3)
)
node_runs = st.builds(
    NodeRun,
    st.integers(0, 10**6),
    texts,
    statuses,
    moment,
    ended_ms=maybe_moment,
    failures=st.lists(failures, max_size=2),
    task=st.none() | task_runs,
    due_ms=maybe_moment,
    state=st.none() | st.deferred(lambda: node_states),
)
small = st.integers(0, 600)
filled_in = st.dictionaries(texts, st.booleans() | ints | doubles | texts, max_size=3)
node_states = st.one_of(
    st.builds(EventWait, texts, words, words, maybe_moment, st.booleans()),
    st.builds(ThreadsStarted, texts, st.lists(st.integers(0, 64), max_size=3)),
    st.builds(
        ThreadsWait,
        st.lists(
            st.builds(
                ThreadWait,
                st.integers(0, 64),
                statuses,
                st.sampled_from(WaitingThreadStatus),
                st.none() | st.integers(0, 64),
                maybe_moment,
            ),
            max_size=3,
        ),
    ),
    st.builds(EventThrown, texts, st.integers(0, 99)),
    st.builds(
        ChildWfStarted,
        texts,
        st.builds(SpecVersion, texts, st.integers(0, 9), st.integers(0, 9)),
        st.dictionaries(texts, values, max_size=2),
    ),
    st.builds(ChildWfWait, texts),
    st.builds(ChildWfWait, texts, st.builds(ChildWfEnd, st.just(LHStatus.COMPLETED), output=values)),
    st.builds(
        ChildWfWait,
        texts,
        st.builds(ChildWfEnd, statuses, failure_name=texts.filter(bool), message=texts, content=values),
    ),
    st.builds(
        UserTask,
        texts,
        small,
        moment,
        st.sampled_from(UserTaskRunStatus),
        words,
        words,
        words,
        small,
        filled_in,
        st.lists(
            st.builds(UserTaskEvent, texts, moment, st.dictionaries(texts, texts | filled_in, max_size=2)),
            max_size=3,
        ),
        st.dictionaries(small, st.builds(UserTaskHook, small, moment), max_size=3),
        small,
        st.none() | st.tuples(texts, texts),
    ),
)
reminders = st.builds(Reminder, small, small, texts, texts, small, small, words, words, task_runs)
halts = st.builds(
    HaltReason,
    st.sampled_from(HaltKind),
    st.none() | st.integers(0, 64),
    st.none() | st.integers(0, 600),
    words,
    values,
    st.none() | st.tuples(texts, texts),
)
posted_events = st.builds(
    PostedEvent, texts, texts, moment, values, st.none() | st.integers(0, 64), st.none() | st.integers(0, 600)
)
names = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9]{0,6}[A-Za-z0-9])?", fullmatch=True)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    run = Run("run", "acme", SpecVersion(draw(names), draw(st.integers(0, 9)), draw(st.integers(0, 9))))
    run.status, run.born = draw(statuses), draw(texts)
    run.started_ms, run.ended_ms = draw(moment), draw(maybe_moment)
    for number in range(draw(st.integers(0, 3))):
        parent = run.threads[draw(st.integers(0, number - 1))] if number else None
        thread = ThreadRun(
            number, draw(names), draw(st.sampled_from(ThreadType)), draw(statuses), draw(moment), parent
        )
        thread.ended_ms, thread.error_message = draw(maybe_moment), draw(words)
        thread.output, thread.halts = draw(values), draw(st.lists(halts, max_size=2))
        thread.handled_children = draw(st.lists(st.integers(0, 64), max_size=2))
        thread.trigger = draw(st.none() | st.tuples(texts, texts))
        thread.died_of = draw(st.none() | st.integers(0, 64))
        thread.node = draw(st.none() | node_runs)
        thread.position = thread.node.position if thread.node else draw(st.integers(0, 600))
        thread.variables = draw(st.dictionaries(names, values, max_size=3))
        thread.outputs = draw(st.dictionaries(names, values, max_size=2))
        run.threads[number] = thread
        run.greatest_thread_number = number
    run.events = dict(enumerate(draw(st.lists(posted_events, max_size=2)), start=1))
    run.events_posted = len(run.events)
    run.thrown = draw(st.dictionaries(names, st.integers(1, 9), max_size=2))
    run.reminders = draw(st.dictionaries(st.integers(0, 9), reminders, max_size=2))
    run.reminders_made = max(run.reminders, default=-1) + 1
    run.trigger = draw(st.none() | st.tuples(st.integers(0, 64), st.integers(0, 600)))
    return run


def fields_of(run: Run) -> dict[str, bytes]:
    """The run's hash, as store/runs.py writes it."""
    fields = {"version": b"7", "state": encode_state(run), "claim:0": b"1-1"}
    for sequence, event in run.events.items():
        fields[f"e:{sequence}"] = encode_posted_event(event)
    for number, thread in run.threads.items():
        fields |= {f"v:{number}:{name}": encode_json_value(value) for name, value in thread.variables.items()}
        fields |= {f"o:{number}:{name}": encode_json_value(value) for name, value in thread.outputs.items()}
    return fields


@PROFILE
@given(run=runs())
def test_a_run_comes_back_as_it_was(run: Run):
    again = decode_run("run", "acme", fields_of(run))
    assert again == run
    assert encode_state(again) == encode_state(run)
    for number, thread in run.threads.items():
        assert same(again.threads[number].variables, thread.variables)
        assert same(again.threads[number].outputs, thread.outputs)
        assert same(again.threads[number].output, thread.output)
        parent = again.threads[number].parent
        assert parent is (again.threads[parent.number] if parent else None)


@PROFILE
@given(node_run=node_runs)
def test_a_node_run_of_the_history_comes_back_as_it_was(node_run: NodeRun):
    again = decode_node_run(node_run.position, encode_node_run(node_run))
    assert again == node_run
    if node_run.task:
        assert again.task and same(again.task.inputs, node_run.task.inputs)


@PROFILE
@given(left=runs(), right=runs())
def test_two_runs_that_differ_are_written_differently(left: Run, right: Run):
    if left != right:
        assert fields_of(left) != fields_of(right)


def test_a_run_is_written_without_what_it_does_not_have():
    run = Run("run", "acme", SpecVersion("flow", 1, 2), LHStatus.RUNNING, "n", 5)
    run.threads[0] = ThreadRun(0, "main", ThreadType.ENTRYPOINT, LHStatus.RUNNING, 5)
    run.threads[0].node = NodeRun(0, "start", LHStatus.RUNNING, 5)
    state = orjson.loads(encode_state(run))
    assert state == [
        1,
        ["flow", 1, 2],
        "n",
        5,
        None,
        -1,
        [[0, "main", 0, 1, 5, 0, None, None, None, None, ["start", 1, 5]]],
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"state": b""},
        {"state": b"[]"},
        {"state": b'[99,["a",0,0],"",0,null,0,[]]'},
        {"state": b'[1,["a",0,0],"",0,null,0,[]]', "v:0:x": b"1"},
    ],
)
def test_a_damaged_run_cannot_be_read(fields: dict[str, bytes]):
    with pytest.raises((ValueError, KeyError)):
        decode_run("run", "acme", fields)

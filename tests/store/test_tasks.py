"""The story of the task streams: what workers are sent, what they may answer, and who holds what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from lhredis.engine.effects import EnqueueTask
from lhredis.model.enums import TaskStatus
from lhredis.model.limits import LOG_CHARS_MAX, MESSAGE_CHARS_MAX, PAYLOAD_BYTES_MAX
from lhredis.model.values import WfRunId
from lhredis.store import keys
from lhredis.store.connect import connect
from lhredis.store.task_results import REPORTABLE, decode_result
from lhredis.store.tasks import (
    claim_of,
    claims_idle_for,
    decode_task,
    encode_task,
    ensure_groups,
    read_entries,
    shorten,
    task_id_parts,
)
from tests.support import wait_until

STREAM = keys.tasks(0, "acme", "greet")
GOOD: dict[str, Any] = {
    "task": "run-1_child/0/3/1",
    "token": "abc",
    "tenant": "acme",
    "task_def": "greet",
    "entry": "1700000000000-5",
    "status": "TASK_SUCCESS",
    "output": "hello",
    "worker": "w1",
    "worker_version": "v1",
    "started_ms": 17,
    "log": "a line",
}


def decoded(**changes: Any) -> Any:
    """The good result with these changes; `...` takes a field away."""
    form = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return decode_result(orjson.dumps(form), 99, "nonce")


def test_what_is_sent_to_a_worker_is_what_it_reads():
    inputs = (
        ("n", 2**63 - 1), ("d", 1.0), ("s", "ü"), ("none", None), ("j", {"$tag": 1}), ("b", b"\x00\xff"),
        ("t", datetime(2026, 1, 2, 3, 4, 5, 6, UTC)), ("w", WfRunId("a_b")),
    )  # fmt: skip
    effect = EnqueueTask("greet", 1, 2, 3, "token", "2-greet-TASK", inputs, 5000)
    task = decode_task(encode_task("acme", "run_child", effect, 77))
    assert (task.id, task.token, task.tenant, task.task_def) == ("run_child/1/2/3", "token", "acme", "greet")
    assert (task.node, task.timeout_ms, task.scheduled_ms) == ("2-greet-TASK", 5000, 77)
    assert list(task.inputs.items()) == list(inputs)
    assert [type(value) for value in task.inputs.values()] == [type(value) for _, value in inputs]
    assert task_id_parts(task.id) == ("run_child", 1, 2, 3)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"[]",
        b"3",
        b"null",
        b"{}",
        b'{"task":"a/0/0/0"}',
        b'{"inputs":[]}',
        b'{"inputs":{"x":{"$no":1}}}',
    ],
)
def test_what_is_no_task_is_told(data: bytes):
    with pytest.raises(ValueError):
        decode_task(data)


def test_a_result_is_read_whole():
    result = decoded()
    assert (result.tenant, result.wf_run_id, result.task_def) == ("acme", "run-1_child", "greet")
    assert result.entry == "1700000000000-5"
    event = result.event
    assert (event.now_ms, event.nonce) == (99, "nonce")
    assert (event.thread, event.position, event.attempt, event.token) == (0, 3, 1, "abc")
    assert (event.status, event.output, event.log) == (TaskStatus.TASK_SUCCESS, "hello", "a line")
    assert (event.worker_id, event.worker_version, event.started_ms) == ("w1", "v1", 17)


def test_a_result_may_leave_out_what_it_does_not_know():
    event = decoded(output=..., worker=..., worker_version=..., started_ms=..., log=...).event
    assert (event.output, event.worker_id, event.worker_version) == (None, None, None)
    assert (event.started_ms, event.log) == (None, None)


@pytest.mark.parametrize("status", REPORTABLE)
def test_every_status_that_a_worker_may_report(status: str):
    event = decoded(status=status, output=None, error="why", exception={"name": "denied"}).event
    assert event.status.name == status
    assert event.error == "why"


def test_an_exception_has_a_name_a_message_and_a_content():
    thrown = {"name": "denied", "message": "no", "content": {"$bytes": "aGk="}}
    event = decoded(status="TASK_EXCEPTION", output=..., exception=thrown).event
    assert event.exception == ("denied", "no", b"hi")
    event = decoded(status="TASK_EXCEPTION", output=..., exception={"name": "denied"}).event
    assert event.exception == ("denied", "", None)


def test_an_exception_without_one_is_a_failure():
    event = decoded(status="TASK_EXCEPTION", output=...).event
    assert (event.status, event.error) == (TaskStatus.TASK_FAILED, "TASK_EXCEPTION without an exception")


@pytest.mark.parametrize("name", ["no-money", "NO_MONEY", "no money", "Ä.1"])
def test_an_exception_is_called_as_its_author_likes(name: str):
    event = decoded(status="TASK_EXCEPTION", output=..., exception={"name": name}).event
    assert (event.status, event.exception) == (TaskStatus.TASK_EXCEPTION, (name, "", None))


@pytest.mark.parametrize("name", ["", "a\nb", "TIMEOUT", "CHILD_FAILURE", "x" * 200])
def test_an_exception_whose_name_cannot_be_ends_the_attempt_all_the_same(name: str):
    event = decoded(status="TASK_EXCEPTION", output=..., exception={"name": name}).event
    assert (event.status, event.exception) == (TaskStatus.TASK_OUTPUT_SERDE_ERROR, None)
    assert event.error


NOT_A_VALUE = [
    {"$timestamp": "0001-01-01T00:00:00+14:00"},
    {"$timestamp": "9999-12-31T23:59:59-14:00"},
    {"$timestamp": "2026-01-01T00:00:00"},
    {"$timestamp": "soon"},
    {"$timestamp": 3},
    {"$bytes": "no base64!"},
    {"$bytes": "ä"},
    {"$bytes": None},
    {"$wf_run_id": "not an id"},
    {"$wf_run_id": {}},
    {"$json_obj": []},
    {"$unknown": 1},
    {"": 0, "a": [[[[]]]]} | {"deep": orjson.loads("[" * 101 + "]" * 101)},
    2**63,
]


@pytest.mark.parametrize("output", NOT_A_VALUE, ids=lambda value: repr(value)[:40])
def test_b19_an_output_that_no_variable_can_hold_ends_the_attempt_with_an_output_error(output: Any):
    event = decoded(output=output).event
    assert (event.status, event.output) == (TaskStatus.TASK_OUTPUT_SERDE_ERROR, None)
    assert event.error
    thrown = {"name": "denied", "content": output}
    event = decoded(status="TASK_EXCEPTION", output=..., exception=thrown).event
    assert (event.status, event.exception) == (TaskStatus.TASK_OUTPUT_SERDE_ERROR, None)


@pytest.mark.parametrize(
    "output", ["NaN", "[Infinity]", '{"a": -Infinity}', '"\\ud800"', f"[{'9' * 400}]"], ids=range(5)
)
def test_b19_an_output_that_lenient_writers_take_for_json_ends_the_attempt_with_an_output_error(output: str):
    """Python's json writes NaN, for one. A run whose result was thrown away would wait for a timeout."""
    form = {name: value for name, value in GOOD.items() if name != "output"}
    data = orjson.dumps(form)[:-1] + f', "output": {output}}}'.encode()
    event = decode_result(data, 99, "nonce").event
    assert (event.status, event.output, event.token) == (TaskStatus.TASK_OUTPUT_SERDE_ERROR, None, "abc")
    assert event.error


def test_a_failure_whose_log_is_no_json_is_a_failure_all_the_same():
    data = orjson.dumps(GOOD | {"status": "TASK_FAILED", "log": "???"}).replace(b'"???"', b'"\\ud800"')
    event = decode_result(data, 99, "nonce").event
    assert (event.status, event.log) == (TaskStatus.TASK_FAILED, None)
    assert event.error is not None and event.error.startswith("no JSON: ")


@pytest.mark.parametrize("status", ["TASK_SUCCESS", "TASK_EXCEPTION"])
def test_b20_an_output_that_is_too_large_ends_the_attempt_with_an_output_error(status: str):
    large = "x" * PAYLOAD_BYTES_MAX
    event = decoded(status=status, output=large, exception={"name": "denied", "content": large}).event
    assert (event.status, event.output, event.exception) == (TaskStatus.TASK_OUTPUT_SERDE_ERROR, None, None)
    assert "RESOURCE_EXHAUSTED" in event.error and str(PAYLOAD_BYTES_MAX) in event.error


def test_long_errors_and_logs_lose_their_middle():
    long = "start " + "x" * 10**6 + " end"
    event = decoded(status="TASK_FAILED", output=..., error=long, log=long).event
    for text, most in ((event.error, MESSAGE_CHARS_MAX), (event.log, LOG_CHARS_MAX)):
        assert len(text) <= most
        assert text.startswith("start ") and text.endswith(" end") and "left out" in text


def test_an_error_that_is_no_text_is_made_one():
    assert decoded(status="TASK_FAILED", error={"code": 5}).event.error == "{'code': 5}"
    assert decoded(status="TASK_FAILED", error=None).event.error == ""


MALFORMED: list[dict[str, Any]] = [
    *({name: ...} for name in ("task", "token", "tenant", "task_def", "entry", "status")),
    {"task": "run/0/3"},
    {"task": "run/0/3/1/2"},
    {"task": "run/a/3/1"},
    {"task": "run/0/3/" + "9" * 5000},
    {"task": 5},
    {"task": None},
    {"status": "TASK_TIMEOUT"},
    {"status": "TASK_SCHEDULED"},
    {"status": "success"},
    {"status": 2},
    {"status": []},
    {"status": None},
    {"tenant": "not a name"},
    {"tenant": 5},
    {"tenant": None},
    {"tenant": []},
    {"task_def": "a:b"},
    {"task_def": {}},
    {"entry": None},
    {"entry": ""},
    {"entry": "abc"},
    {"entry": "1"},
    {"entry": "1-2-3"},
    {"entry": "1-x"},
    {"entry": "-1-2"},
    {"entry": "18446744073709551616-0"},
    {"entry": "1-" + "9" * 5000},
    {"entry": "$"},
    {"entry": "²-1"},
    {"entry": 5},
    {"entry": ["1-1"]},
    {"token": 5},
    {"token": None},
    {"started_ms": "now"},
    {"started_ms": 1.5},
    {"started_ms": True},
    {"started_ms": -1},
    {"started_ms": 2**63},
    {"worker": 5},
    {"worker": {"a": 1}},
    {"worker_version": ["v1"]},
    {"log": ["a line"]},
    {"log": 5},
    {"exception": "denied"},
    {"exception": []},
    {"exception": {"message": "no name"}},
    {"exception": {"name": 5}},
]


@pytest.mark.parametrize("changes", MALFORMED, ids=lambda changes: repr(changes)[:60])
def test_a_malformed_result_is_a_value_error_and_nothing_else(changes: dict[str, Any]):
    with pytest.raises(ValueError):
        decoded(**changes)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"{", b"null", b"[]", b"3", b'"text"', b"\xff", b"[" * 5000, b"NaN"]
)
def test_what_is_no_result_at_all_is_a_value_error(data: bytes):
    with pytest.raises(ValueError):
        decode_result(data, 0, "nonce")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from(["TASK_SUCCESS", "TASK_EXCEPTION", "a/0/0/0", "1-1", "name"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(
        ["$bytes", "$timestamp", "$wf_run_id", "$json_obj", "name", "content", "message"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    changes=st.dictionaries(
        st.sampled_from([*GOOD, "error", "exception"]), json_values, min_size=1, max_size=3
    )
)
def test_whatever_a_worker_sends_is_read_or_refused(changes: dict[str, Any]):
    try:
        result = decoded(**changes)
    except ValueError:
        return
    event = result.event
    assert isinstance(result.entry, str) and isinstance(event.token, str)
    assert event.status.name in REPORTABLE
    for text in (event.error, event.log, event.worker_id, event.worker_version):
        assert text is None or isinstance(text, str)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.binary(max_size=40))
def test_whatever_bytes_are_sent_are_refused(data: bytes):
    for decode in (lambda: decode_result(data, 0, "nonce"), lambda: decode_task(data)):
        with pytest.raises(ValueError):
            decode()


@pytest.mark.parametrize(("length", "most"), [(10, 100), (100, 100), (101, 100), (10_000, 100)])
def test_shorten_keeps_to_its_limit(length: int, most: int):
    text = "".join(chr(65 + i % 26) for i in range(length))
    short = shorten(text, most)
    assert len(short) <= most
    assert (short == text) is (length <= most)


async def test_groups_are_made_once_and_see_what_was_there_before(redis: Redis):
    await redis.xadd(STREAM, {"task": "first"})
    other = keys.tasks(1, "acme", "greet")
    await ensure_groups(redis, [STREAM, other])
    await ensure_groups(redis, [STREAM, other])
    for stream in (STREAM, other):
        assert [group["name"] for group in await redis.xinfo_groups(stream)] == [b"workers"]
    ((_, entries),) = await redis.xreadgroup(keys.WORKERS, "w1", {STREAM: ">"})
    assert len(entries) == 1


async def test_a_key_that_is_no_stream_is_told(redis: Redis):
    await redis.set(STREAM, "text")
    with pytest.raises(Exception, match="WRONGTYPE"):
        await ensure_groups(redis, [STREAM])


async def claimed(redis: Redis, count: int, consumer: str = "w1") -> list[str]:
    """The ids of entries that this consumer holds."""
    await ensure_groups(redis, [STREAM])
    entries = [(await redis.xadd(STREAM, {"task": str(i)})).decode() for i in range(count)]
    await redis.xreadgroup(keys.WORKERS, consumer, {STREAM: ">"})
    return entries


async def test_claims_are_found_page_by_page_once_they_are_idle_long_enough(redis_url: str):
    redis = connect(redis_url)
    entries = await claimed(redis, 5)
    assert await claims_idle_for(redis, [(STREAM, "-")], 3_600_000, 10) == [[]]
    (first,) = await claims_idle_for(redis, [(STREAM, "-")], 0, 3)
    assert [claim.entry for claim in first] == entries[:3]
    assert {claim.consumer for claim in first} == {"w1"}
    (second,) = await claims_idle_for(redis, [(STREAM, first[-1].entry)], 0, 3)
    assert [claim.entry for claim in second] == entries[3:]
    found = await wait_until(lambda: idle(redis, 20))
    assert all(claim.idle_ms >= 20 for claim in found)
    await redis.aclose()


async def idle(redis: Redis, idle_ms: int) -> Any:
    (found,) = await claims_idle_for(redis, [(STREAM, "-")], idle_ms, 10)
    return found if len(found) == 5 else None


async def test_a_stream_without_a_group_or_that_does_not_exist_has_no_claims(redis_url: str):
    redis = connect(redis_url)
    await redis.xadd(keys.tasks(1, "acme", "greet"), {"task": "x"})
    pages = [(STREAM, "-"), (keys.tasks(1, "acme", "greet"), "-")]
    assert await claims_idle_for(redis, pages, 0, 10) == [[], []]
    await redis.aclose()


async def test_who_holds_an_entry_is_known_until_it_is_acknowledged(redis_url: str):
    redis = connect(redis_url)
    (entry,) = await claimed(redis, 1)
    waiting = (await redis.xadd(STREAM, {"task": "2"})).decode()
    claim = await claim_of(redis, STREAM, entry)
    assert claim is not None and (claim.entry, claim.consumer) == (entry, "w1")
    assert await claim_of(redis, STREAM, waiting) is None
    await redis.xack(STREAM, keys.WORKERS, entry)
    assert await claim_of(redis, STREAM, entry) is None
    assert await claim_of(redis, keys.tasks(7, "acme", "none"), entry) is None
    await redis.aclose()


async def test_entries_are_read_and_those_that_are_gone_are_none(redis: Redis):
    effect = EnqueueTask("greet", 0, 1, 0, "token", "node", (), 1000)
    entry = (await redis.xadd(STREAM, {"task": encode_task("acme", "run", effect, 5)})).decode()
    no_task = (await redis.xadd(STREAM, {"task": "nonsense"})).decode()
    no_field = (await redis.xadd(STREAM, {"nonsense": "task"})).decode()
    found = await read_entries(redis, STREAM, [entry, "1-1", no_task, no_field])
    assert found[0] is not None and found[0].id == "run/0/1/0"
    assert found[1:] == [None, None, None]

"""The story of one attempt: whatever a function does becomes a result that can travel."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any

import orjson
import pytest
from pydantic import BaseModel, field_validator

from lhredis.model.limits import LOG_CHARS_MAX, MESSAGE_CHARS_MAX, PAYLOAD_BYTES_MAX
from lhredis.store.tasks import ScheduledTask
from lhredis.worker import LHTaskException, LHType, TaskFunction, WorkerContext, task
from lhredis.worker.execute import execute


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def context_of(task: ScheduledTask) -> WorkerContext:
    """Of an attempt that keeps no checkpoints."""
    return WorkerContext(task, lambda _: None, None)  # type: ignore[arg-type]


@pytest.fixture
def result_of(threads: ThreadPoolExecutor) -> Any:
    """Run a function as the attempt of a task, with these inputs; its result has to be JSON."""

    async def result_of(function: Any, /, **inputs: Any) -> dict[str, Any]:
        made = function if isinstance(function, TaskFunction) else task(function)
        scheduled = ScheduledTask(
            "run_child/1/4/2", "token", "acme", made.task_def_name, "node", inputs, 5000, 1_000
        )
        context = context_of(scheduled)
        result = await asyncio.wait_for(execute(made, scheduled, context, threads), 10)
        started_ms = result.pop("started_ms")
        assert isinstance(started_ms, int)
        return dict(orjson.loads(orjson.dumps(result)))

    return result_of


async def test_a_function_that_returns_succeeds(result_of: Any):
    async def double(x: int) -> int:
        return 2 * x

    assert await result_of(double, x=4) == {"status": "TASK_SUCCESS", "output": 8}


async def test_a_plain_function_runs_in_a_thread_with_the_context_of_its_caller(result_of: Any):
    here = contextvars.ContextVar("here", default="nobody")
    here.set("caller")

    def where() -> list[str]:
        return [threading.current_thread().name, here.get()]

    name, seen = (await result_of(where))["output"]
    assert name != threading.current_thread().name
    assert seen == "caller"


async def test_an_async_function_runs_in_the_event_loop(result_of: Any):
    async def where() -> str:
        return threading.current_thread().name

    assert (await result_of(where))["output"] == threading.current_thread().name


async def test_values_of_every_type_are_taken_and_returned(result_of: Any):
    async def same(b: bytes, t: datetime, j: dict[str, Any]) -> dict[str, Any]:
        return {"b": b.decode(), "t": t.isoformat(), "j": j, "$x": 1}

    moment = datetime(2026, 1, 2, tzinfo=UTC)
    result = await result_of(same, b=b"hi", t=moment, j={"$y": 1})
    assert result["output"] == {"b": "hi", "t": moment.isoformat(), "j": {"$y": 1}, "$x": 1}

    async def tagged() -> dict[str, Any]:
        return {"$x": 1}

    assert (await result_of(tagged))["output"] == {"$json_obj": {"$x": 1}}

    async def late() -> datetime:
        return datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))

    assert (await result_of(late))["output"] == {"$timestamp": "2026-01-02T02:00:00Z"}


async def test_a_function_that_raises_fails_with_its_stack_trace_in_the_log(result_of: Any):
    def inner() -> None:
        raise ValueError("broken")

    async def outer(ctx: WorkerContext) -> None:
        ctx.log("before")
        inner()

    result = await result_of(outer)
    assert (result["status"], result["error"]) == ("TASK_FAILED", "ValueError: broken")
    assert result["log"].startswith("before\nTraceback (most recent call last):")
    assert (
        "in outer" in result["log"]
        and "in inner" in result["log"]
        and "worker/execute.py" not in result["log"].replace("tests/worker", "")
    )

    def plain() -> None:
        inner()

    assert "in plain" in (await result_of(plain))["log"]


async def test_a_business_exception_keeps_name_message_and_content(result_of: Any):
    async def buy() -> None:
        raise LHTaskException("out-of-stock", "none left", {"item": b"x".decode()})

    result = await result_of(buy)
    assert (result["status"], "error" in result) == ("TASK_EXCEPTION", False)
    assert result["exception"] == {"name": "out-of-stock", "message": "none left", "content": {"item": "x"}}
    assert "LHTaskException" in result["log"]


@pytest.mark.parametrize(
    ("exception", "word"),
    [
        (LHTaskException("TIMEOUT"), "reserved"),
        (LHTaskException("not a name"), "hyphens"),
        (LHTaskException(""), "hyphens"),
        (LHTaskException("fine", content=object()), "object"),
        (LHTaskException("fine", content={1: 2}), "strings"),
        (LHTaskException("fine", content="x" * PAYLOAD_BYTES_MAX), "PAYLOAD_BYTES_MAX"),
        (LHTaskException("fine", content="\ud800"), "surrogates"),
        (LHTaskException(5), "LHTaskException"),  # type: ignore[arg-type]
    ],
    ids=range(8),
)
async def test_a_business_exception_that_cannot_travel_is_a_failure_that_says_so(
    result_of: Any, exception: LHTaskException, word: str
):
    async def buy() -> None:
        raise exception

    result = await result_of(buy)
    assert (result["status"], word in result["error"]) == ("TASK_FAILED", True)


async def test_b8_an_input_that_does_not_fit_is_told_by_its_name(result_of: Any):
    async def double(how_many: int) -> int:
        return 2 * how_many

    for inputs in ({"how-many": None}, {"how-many": "3"}, {"how-many": 2.5}, {}):
        result = await result_of(double, **inputs)
        assert result["status"] == "TASK_INPUT_VAR_SUB_ERROR"
        assert "'how-many'" in result["error"]


class Picky(BaseModel):
    x: int

    @field_validator("x")
    @classmethod
    def crash(cls, value: int) -> int:
        raise RuntimeError("the validator broke")


async def test_a_converter_that_breaks_is_no_worse_than_one_that_refuses(result_of: Any):
    async def take(p: Picky) -> None: ...

    result = await result_of(take, p={"x": 1})
    assert (result["status"], "the validator broke" in result["error"]) == ("TASK_INPUT_VAR_SUB_ERROR", True)

    async def give() -> Picky:
        return {"x": 1}  # type: ignore[return-value]

    result = await result_of(give)
    assert (result["status"], "the validator broke" in result["error"]) == ("TASK_OUTPUT_SERDE_ERROR", True)


class Deep(BaseModel):
    value: Any


def endless() -> list[Any]:
    found: list[Any] = []
    found.append(found)
    return found


@pytest.mark.parametrize(
    "returned",
    [{1: 2}, {"a": object()}, {"a": 2**64}, {"a": "\ud800"}, {"\ud800": 1}, {"a": endless()}],
    ids=range(6),
)
async def test_b19_an_output_that_no_variable_can_hold_is_an_output_error(result_of: Any, returned: Any):
    async def give() -> dict:  # type: ignore[type-arg]
        return returned  # type: ignore[no-any-return]

    result = await result_of(give)
    assert (result["status"], bool(result["error"]), "output" in result) == (
        "TASK_OUTPUT_SERDE_ERROR",
        True,
        False,
    )


@pytest.mark.parametrize("hint", [int, str, float, bytes, datetime], ids=str)
async def test_an_output_of_another_type_is_an_output_error(result_of: Any, hint: Any):
    async def give():  # type: ignore[no-untyped-def]
        return ["a list"]

    give.__annotations__["return"] = hint
    result = await result_of(give)
    assert (result["status"], result["error"]) == (
        "TASK_OUTPUT_SERDE_ERROR",
        f"output: {hint.__name__} was wanted; got list",
    )


@pytest.mark.parametrize(
    ("hint", "value"),
    [(str, "\ud800"), (int, 2**63), (float, float("inf")), (datetime, datetime(2026, 1, 1)),
     (datetime, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))],
    ids=range(5),
)  # fmt: skip
async def test_a_value_that_cannot_travel_is_an_output_error(result_of: Any, hint: Any, value: Any):
    async def give():  # type: ignore[no-untyped-def]
        return value

    give.__annotations__["return"] = hint
    assert (await result_of(give))["status"] == "TASK_OUTPUT_SERDE_ERROR"


async def test_a_function_that_promises_nothing_returns_nothing(result_of: Any):
    async def silent():  # type: ignore[no-untyped-def]
        return 5

    result = await result_of(silent)
    assert (result["status"], "returns nothing" in result["error"]) == ("TASK_OUTPUT_SERDE_ERROR", True)


@pytest.mark.parametrize("kind", [str, list])
async def test_b20_an_output_that_is_too_large_is_an_output_error(result_of: Any, kind: Any):
    async def give():  # type: ignore[no-untyped-def]
        return kind("x" * (2 * 1024 * 1024))

    give.__annotations__["return"] = kind
    result = await result_of(give)
    assert (result["status"], "RESOURCE_EXHAUSTED" in result["error"]) == ("TASK_OUTPUT_SERDE_ERROR", True)
    assert "output" not in result


async def test_an_output_of_just_the_limit_is_fine(result_of: Any):
    async def give() -> str:
        return "x" * (PAYLOAD_BYTES_MAX - 2)

    assert (await result_of(give))["status"] == "TASK_SUCCESS"


async def test_messages_and_logs_keep_to_their_limits(result_of: Any):
    async def shout(ctx: WorkerContext) -> None:
        for i in range(50_000):
            ctx.log(f"line {i}")
        raise ValueError("x" * 1_000_000)

    result = await result_of(shout)
    assert len(result["error"]) <= MESSAGE_CHARS_MAX and len(result["log"]) <= LOG_CHARS_MAX
    assert result["log"].startswith("line 0\nline 1\n") and "left out" in result["log"]


async def test_one_line_that_is_too_long_is_shortened_and_not_lost(result_of: Any):
    async def shout(ctx: WorkerContext) -> None:
        ctx.log("start " + "x" * 1_000_000)
        ctx.log("end")

    log = (await result_of(shout))["log"]
    assert len(log) <= LOG_CHARS_MAX
    assert log.startswith("start ") and "left out" in log


async def test_what_is_not_utf_8_in_messages_and_logs_is_replaced(result_of: Any):
    """File names in messages of the operating system may be anything."""

    async def read(ctx: WorkerContext) -> None:
        ctx.log("reading caf\udce9.txt")
        raise FileNotFoundError("no such file: caf\udce9.txt")

    result = await result_of(read)
    assert (result["status"], "no such file: caf" in result["error"]) == ("TASK_FAILED", True)
    assert "reading caf" in result["log"]


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    "error", [StopIteration(3), StopAsyncIteration(), Unprintable(), RecursionError(), AssertionError(), KeyError("x")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
async def test_an_exception_of_any_kind_is_a_failure(result_of: Any, error: Exception, plain: bool):
    def broken() -> None:
        raise error

    async def broken_later() -> None:
        raise error

    result = await result_of(broken if plain else broken_later)
    assert (result["status"], bool(result["error"])) == ("TASK_FAILED", True)


async def test_a_function_that_awaits_something_cancelled_fails(result_of: Any):
    async def wait() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    result = await result_of(wait)
    assert (result["status"], "CancelledError" in result["error"]) == ("TASK_FAILED", True)


async def test_an_attempt_that_is_cancelled_from_outside_is_cancelled(threads: ThreadPoolExecutor):
    entered = asyncio.Event()

    @task
    async def wait() -> None:
        entered.set()
        await asyncio.Event().wait()

    scheduled = ScheduledTask("r/0/1/0", "t", "acme", "wait", "n", {}, 1, 1)
    running = asyncio.create_task(execute(wait, scheduled, context_of(scheduled), threads))
    await entered.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_context_knows_the_attempt(result_of: Any):
    seen: list[Any] = []

    @task("look")
    async def look(ctx: WorkerContext) -> None:
        seen.append(ctx)

    await result_of(look)
    (ctx,) = seen
    assert (ctx.wf_run_id, ctx.thread_run_number, ctx.node_run_position, ctx.attempt_number) == (
        "run_child",
        1,
        4,
        2,
    )
    assert (ctx.node_run_id, ctx.task_run_id, ctx.idempotency_key) == (
        "run_child/1/4",
        "run_child/1-4",
        "run_child/1-4",
    )
    assert (ctx.task_def_name, ctx.tenant) == ("look", "acme")
    assert ctx.scheduled_time == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)


async def test_what_is_logged_is_a_line_each(result_of: Any):
    async def talk(ctx: WorkerContext) -> str:
        ctx.log("one")
        ctx.log(2)
        ctx.log({"three": 3})
        return ctx.log_output

    result = await result_of(talk)
    assert result["log"] == result["output"] == "one\n2\n{'three': 3}"


async def test_masked_inputs_do_not_show_in_what_the_attempt_says(result_of: Any):
    async def charge(card: Annotated[dict[str, Any], LHType(masked=True)], amount: int) -> None:
        raise ValueError(f"{card['number']} has not {amount}")

    result = await result_of(charge, card={"number": "4242-4242", "cvc": 7}, amount=5000)
    assert result["error"] == "ValueError: ***** has not 5000"
    assert "4242" not in result["log"] and "has not 5000" in result["log"]


async def test_a_masked_output_that_does_not_fit_is_not_shown(result_of: Any):
    class Card(BaseModel):
        number: int

    async def issue():  # type: ignore[no-untyped-def]
        return {"number": "4242-4242"}

    issue.__annotations__["return"] = Annotated[Card, LHType(masked=True)]
    result = await result_of(issue)
    assert (result["status"], result["error"]) == (
        "TASK_OUTPUT_SERDE_ERROR",
        "output: ***** does not fit the type hint",
    )

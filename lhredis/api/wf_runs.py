"""wf_runs: start and read WfRuns."""

from __future__ import annotations

from uuid import uuid4

from pydantic import ValidationError

from lhredis.api.answers import Answer, json_answer
from lhredis.api.asked_durability import durability_of
from lhredis.api.call import DURABILITY_HEADER, Call
from lhredis.api.commands import Start
from lhredis.api.problems import problem_of
from lhredis.api.shown_run import stored_run, wf_run_views
from lhredis.api.validation import UncheckedBatch, parse_body
from lhredis.engine.run import Run
from lhredis.errors import InvalidArgument, ResourceExhausted
from lhredis.model.enums import TERMINAL_STATUSES
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.values import encode_value, value_bytes
from lhredis.model.wf_run import RunWfBatchRequest, RunWfRequest
from lhredis.store.runs import StoredRun

MEASURED_FROM_BYTES = PAYLOAD_BYTES_MAX // 16
"""Variables of smaller bodies cannot be over PAYLOAD_BYTES_MAX, however they are written."""


async def run_wf(call: Call) -> Answer:
    """Start a WfRun

    Answers the run as it is after its first advance or, with `wait_ms`, as soon as it ended (or as it
    is when the time is over). The header `LHRedis-Durability` asks for more than the server gives
    anyway; the answer's tells what holds.
    """
    start = _start_of(call, parse_body(RunWfRequest, call.body), len(call.body))
    confirm, holds = durability_of(call)
    await call.services.commander.do([start], confirm)
    if start.run is None:
        raise _error_of(start)
    run = start.run
    if call.query["wait_ms"] and run.status not in TERMINAL_STATUSES:
        run = await _wait(call, run.id)
    (view,) = await wf_run_views(call.services, call.tenant, [run])
    return json_answer(view, 201, {"Location": f"/v1/wf-runs/{run.id}", DURABILITY_HEADER: holds})


async def run_wf_batch(call: Call) -> Answer:
    """Start many WfRuns

    Each succeeds or fails for itself: the results have the order of the request.
    """
    confirm, holds = durability_of(call)
    results: list[Start | Exception] = []
    for one in _requests(call.body):
        try:
            results.append(one if isinstance(one, Exception) else _start_of(call, one, len(call.body)))
        except (InvalidArgument, ResourceExhausted) as error:
            results.append(error)
    starts = [result for result in results if isinstance(result, Start)]
    await call.services.commander.do(list(starts), confirm)
    runs = [start.run for start in starts if start.run is not None]
    views = iter(await wf_run_views(call.services, call.tenant, runs))
    shown = []
    for result in results:
        if isinstance(result, Start) and result.run is not None:
            shown.append({"wf_run": next(views)})
        else:
            failed = _error_of(result) if isinstance(result, Start) else result
            shown.append({"problem": problem_of(failed, call.instance)})
    return json_answer({"results": shown}, 200, {DURABILITY_HEADER: holds})


async def get_wf_run(call: Call) -> Answer:
    """Read a WfRun

    With `wait_ms`: as soon as it ended, or as it is when the time is over.
    """
    if call.query["wait_ms"]:
        run = await _wait(call, call.path["wf_run_id"])
    else:
        run = (await _load(call, call.path["wf_run_id"])).run
    (view,) = await wf_run_views(call.services, call.tenant, [run])
    return json_answer(view)


def _requests(body: bytes) -> list[RunWfRequest | Exception]:
    """The runs of a batch; what is wrong with one of them is its own affair."""
    try:
        return list(parse_body(RunWfBatchRequest, body).runs)
    except ValidationError:
        found: list[RunWfRequest | Exception] = []
        for run in parse_body(UncheckedBatch, body).runs:
            try:
                found.append(RunWfRequest.model_validate(run, strict=True))
            except ValidationError as error:
                found.append(error)
        return found


def _start_of(call: Call, request: RunWfRequest, body_bytes: int) -> Start:
    if body_bytes > MEASURED_FROM_BYTES:
        for name, value in request.variables.items():
            size = value_bytes(encode_value(value))
            if size > PAYLOAD_BYTES_MAX:
                raise ResourceExhausted(
                    f"variable {name!r} has {size} bytes; a value has at most {PAYLOAD_BYTES_MAX} "
                    "(PAYLOAD_BYTES_MAX)"
                )
    wf_run_id = request.id if request.id is not None else uuid4().hex
    if request.parent_wf_run_id is not None:
        wf_run_id = f"{request.parent_wf_run_id}_{wf_run_id}"
    return Start(
        call.tenant,
        wf_run_id,
        request.wf_spec_name,
        request.major_version,
        request.revision,
        request.variables,
    )


def _error_of(start: Start) -> Exception:
    return start.error if start.error is not None else RuntimeError("a start has no outcome")


async def _wait(call: Call, wf_run_id: str) -> Run:
    async def look() -> StoredRun:
        return await _load(call, wf_run_id)

    stored = await call.services.waiters.wait(
        call.tenant,
        wf_run_id,
        call.query["wait_ms"],
        look,
        lambda seen: seen.run.status in TERMINAL_STATUSES,
    )
    return stored.run


async def _load(call: Call, wf_run_id: str) -> StoredRun:
    async with call.services.places:
        return await stored_run(call.services, call.tenant, wf_run_id)

"""scheduled_wf_runs: schedule WfRuns, show, pause and resume what is scheduled, and run it now."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.asked_durability import durability_of
from lhredis.api.call import DURABILITY_HEADER, Call
from lhredis.api.commands import Start
from lhredis.api.masks import Masks
from lhredis.api.parameters import write_schedule_bookmark
from lhredis.api.shown_run import wf_run_views
from lhredis.api.spec_versions import find_version
from lhredis.api.validation import parse_body
from lhredis.api.value_views import present, time_view, value_view, version_view
from lhredis.engine.run import SpecVersion
from lhredis.engine.schedule import Schedule, begin, pause, resume
from lhredis.engine.start_check import check_start
from lhredis.errors import AlreadyExists, InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.scheduled_wf_run import ScheduleCommand, ScheduleWfRequest
from lhredis.model.values import encode_value, value_bytes
from lhredis.stepper.schedules import Changed, ScheduleChange
from lhredis.store.schedules import find_schedules, id_in, load_schedules


async def schedule_wf(call: Call) -> Answer:
    """Schedule WfRuns

    By a cron expression, the first at its next tick; or a single one, at `start_at`. The WfSpec's version is
    found now, and its variables are checked now.
    """
    request = parse_body(ScheduleWfRequest, call.body)
    services = call.services
    version = await find_version(
        services.metadata, call.tenant, request.wf_spec_name, request.major_version, request.revision
    )
    program = await services.programs.of(call.tenant, version)
    check_start(program, request.variables, request.parent_wf_run_id is not None)
    _check_size(request)
    schedule = _new(request, version, _now_ms())
    begin(schedule, ZoneInfo(schedule.zone))

    def apply(there: Schedule | None) -> Changed:
        if there is not None:
            raise AlreadyExists(f"ScheduledWfRun with id {schedule.id} already exists!")
        return Changed(schedule)

    (view,) = await _views(call, [await _change(call, schedule.id, apply)])
    return json_answer(view, 201, {"Location": f"/v1/scheduled-wf-runs/{schedule.id}"})


async def list_scheduled_wf_runs(call: Call) -> Answer:
    """List ScheduledWfRuns, by WfSpec and id

    All, or those of a WfSpec, of its major version, or of exactly one version.
    """
    services, limit = call.services, call.query["limit"]
    prefix = _prefix(call.query["wf_spec_name"], call.query["major_version"], call.query["revision"])
    after = call.query["bookmark"]
    found = await find_schedules(services.redis, services.partitions, call.tenant, prefix, after, limit + 1)
    addresses = [(call.tenant, id_in(entry)) for entry in found[:limit]]
    stored = await load_schedules(services.redis, services.partitions, addresses)
    schedules = [one.schedule for one in stored if one.schedule is not None]
    reply: dict[str, Any] = {"results": await _views(call, schedules)}
    if len(found) > limit:
        reply["bookmark"] = write_schedule_bookmark(found[limit - 1])
    return json_answer(reply)


async def get_scheduled_wf_run(call: Call) -> Answer:
    """Read a ScheduledWfRun"""
    (view,) = await _views(call, [await _load(call)])
    return json_answer(view)


async def delete_scheduled_wf_run(call: Call) -> Answer:
    """Delete a ScheduledWfRun

    Runs that it has started go on. Deleting what is not there is fine.
    """
    change = ScheduleChange(call.tenant, call.path["scheduled_wf_run_id"], lambda _: Changed(None))
    await call.services.schedules.advance([change], _now_ms())
    if change.error is not None:
        raise change.error
    return no_content()


async def pause_scheduled_wf_run(call: Call) -> Answer:
    """Pause a ScheduledWfRun: no more ticks until it is resumed"""
    return await _changed(call, pause)


async def resume_scheduled_wf_run(call: Call) -> Answer:
    """Let a ScheduledWfRun that was paused go on from now

    Ticks of the pause are not made up for; a single start whose time has come is due at once.
    """
    now_ms = _now_ms()
    return await _changed(call, lambda schedule: resume(schedule, ZoneInfo(schedule.zone), now_ms))


async def run_scheduled_wf_run_now(call: Call) -> Answer:
    """Start a WfRun of a ScheduledWfRun now, paused or not

    Its ticks stay as they are. Answers the WfRun as it is after its first advance.
    """
    parse_body(ScheduleCommand, call.body)
    schedule = await _load(call)
    wf_run_id = f"{schedule.id}-now-{secrets.token_hex(6)}"
    if schedule.parent_id is not None:
        wf_run_id = f"{schedule.parent_id}_{wf_run_id}"
    start = Start(call.tenant, wf_run_id, *schedule.spec, schedule.variables)
    confirm, holds = durability_of(call)
    await call.services.commander.do([start], confirm)
    if start.run is None:
        raise start.error if start.error is not None else RuntimeError("a start has no outcome")
    (view,) = await wf_run_views(call.services, call.tenant, [start.run])
    return json_answer(view, 201, {"Location": f"/v1/wf-runs/{wf_run_id}", DURABILITY_HEADER: holds})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _new(request: ScheduleWfRequest, version: SpecVersion, now_ms: int) -> Schedule:
    return Schedule(
        request.id if request.id is not None else uuid4().hex,
        version,
        dict(request.variables),
        request.parent_wf_run_id,
        request.cron_expression,
        request.start_ms(),
        request.time_zone,
        request.missed_ticks,
        now_ms,
    )


def _check_size(request: ScheduleWfRequest) -> None:
    """All variables together have the size of one value: each start is written with them."""
    size = sum(value_bytes(encode_value(value)) for value in request.variables.values())
    if size > PAYLOAD_BYTES_MAX:
        raise ResourceExhausted(
            f"the variables of a ScheduledWfRun have at most {PAYLOAD_BYTES_MAX} bytes together "
            f"(PAYLOAD_BYTES_MAX); got {size}"
        )


def _prefix(name: str | None, major: int | None, revision: int | None) -> str:
    """What the index entries of these versions start with."""
    if name is None and major is not None:
        raise InvalidArgument("major_version: says nothing without a wf_spec_name")
    if major is None and revision is not None:
        raise InvalidArgument("revision: says nothing without a major_version")
    if name is None:
        return ""
    if major is None:
        return f"{name}/"
    return f"{name}/{major}." if revision is None else f"{name}/{major}.{revision}/"


async def _load(call: Call) -> Schedule:
    services, schedule_id = call.services, call.path["scheduled_wf_run_id"]
    (stored,) = await load_schedules(services.redis, services.partitions, [(call.tenant, schedule_id)])
    if stored.unreadable is not None:
        raise RuntimeError(f"ScheduledWfRun {schedule_id!r} cannot be read:\n{stored.unreadable}")
    return _there(stored.schedule, schedule_id)


def _there(schedule: Schedule | None, schedule_id: str) -> Schedule:
    if schedule is None:
        raise NotFound(f"there is no ScheduledWfRun {schedule_id!r}")
    return schedule


async def _changed(call: Call, change: Callable[[Schedule], None]) -> Answer:
    """Change the schedule that is there, and answer it."""
    parse_body(ScheduleCommand, call.body)
    schedule_id = call.path["scheduled_wf_run_id"]

    def apply(there: Schedule | None) -> Changed:
        change(_there(there, schedule_id))
        return Changed(there)

    (view,) = await _views(call, [await _change(call, schedule_id, apply)])
    return json_answer(view)


async def _change(call: Call, schedule_id: str, apply: Callable[[Schedule | None], Changed]) -> Schedule:
    change = ScheduleChange(call.tenant, schedule_id, apply)
    await call.services.schedules.advance([change], _now_ms())
    if change.error is not None:
        raise change.error
    return _there(change.schedule, schedule_id)


async def _views(call: Call, schedules: list[Schedule]) -> list[dict[str, Any]]:
    """Schedules as people see them; what the WfSpec masks is masked, all if the WfSpec is gone."""
    masks: dict[SpecVersion, Masks] = {}
    for schedule in schedules:
        if schedule.variables and schedule.spec not in masks:
            try:
                spec = await call.services.metadata.wf_spec(call.tenant, schedule.spec)
            except NotFound:
                spec = None
            masks[schedule.spec] = Masks(spec)
    return [_view(schedule, masks.get(schedule.spec)) for schedule in schedules]


def _view(schedule: Schedule, masks: Masks | None) -> dict[str, Any]:
    error = schedule.error
    return present(
        {
            "id": schedule.id,
            "wf_spec_id": version_view(schedule.spec),
            "variables": {
                name: value_view(value, masks is None or masks.variable(name))
                for name, value in schedule.variables.items()
            },
            "parent_wf_run_id": schedule.parent_id,
            "cron_expression": schedule.cron,
            "start_at": time_view(schedule.start_ms),
            "time_zone": schedule.zone,
            "missed_ticks": schedule.missed.name,
            "created_at": time_view(schedule.created_ms),
            "paused": schedule.paused,
            "next_run_at": time_view(schedule.next_ms),
            "last_run_at": time_view(schedule.last_ms),
            "last_wf_run_id": schedule.last_wf_run_id,
            "last_error": {
                "at": time_view(error.at_ms),
                "wf_run_id": error.wf_run_id,
                "message": error.message,
            }
            if error is not None
            else None,
        }
    )

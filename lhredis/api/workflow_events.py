"""workflow_events: show the WorkflowEvents of a WfRun, and wait for one."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.masks import is_masked
from lhredis.api.shown_run import stored_run
from lhredis.api.value_views import present, time_view, value_view
from lhredis.errors import DeadlineExceeded, NotFound, Unavailable
from lhredis.store.events import ThrownEvent, load_events


async def list_workflow_events(call: Call) -> Answer:
    """List the WorkflowEvents of a WfRun

    In the order in which they were thrown.
    """
    thrown = await _thrown(call)
    return json_answer({"results": [await _view(call, event) for event in thrown]})


async def get_workflow_event(call: Call) -> Answer:
    """Read a WorkflowEvent"""
    event_def, number = call.path["event_def"], call.path["number"]
    for event in await _thrown(call):
        if (event.event_def, event.number) == (event_def, number):
            return json_answer(await _view(call, event))
    run_id = call.path["wf_run_id"]
    raise NotFound(f"WfRun {run_id!r} has no WorkflowEvent {number} of {event_def!r}")


async def await_workflow_event(call: Call) -> Answer:
    """Wait for a WorkflowEvent

    The first one of these defs (of any, without `event_def`) that is not to be ignored: one that was
    thrown already, or the next one. DEADLINE_EXCEEDED when none comes in time.
    """
    wanted, ignored = set(call.query["event_def"]), set(call.query["ignore"])

    async def look() -> ThrownEvent | None:
        async with call.services.places:
            thrown = await _thrown(call)
        return next(
            (
                event
                for event in thrown
                if (not wanted or event.event_def in wanted)
                and (event.event_def, event.number) not in ignored
            ),
            None,
        )

    event = await call.services.waiters.wait(
        call.tenant, call.path["wf_run_id"], call.query["wait_ms"], look, lambda seen: seen is not None
    )
    if event is None and call.services.stopping:
        raise Unavailable("this server is stopping")
    if event is None:
        raise DeadlineExceeded(
            f"WfRun {call.path['wf_run_id']!r} threw no such WorkflowEvent within {call.query['wait_ms']} ms"
        )
    return json_answer(await _view(call, event))


async def _thrown(call: Call) -> list[ThrownEvent]:
    stored = await stored_run(call.services, call.tenant, call.path["wf_run_id"])
    partition = call.services.partition_of(stored.run.id)
    return (await load_events(call.services.redis, partition, stored.run))[1]


async def _view(call: Call, event: ThrownEvent) -> dict[str, Any]:
    defs = await call.services.metadata.workflow_event_defs(call.tenant, [event.event_def])
    masked = event.event_def not in defs or is_masked(defs[event.event_def].content_type)
    wf_run_id = call.path["wf_run_id"]
    return present(
        {
            "id": {
                "wf_run_id": wf_run_id,
                "workflow_event_def_id": {"name": event.event_def},
                "number": event.number,
            },
            "content": value_view(event.content, masked),
            "created_at": time_view(event.thrown_ms),
            "node_run_id": {
                "wf_run_id": wf_run_id,
                "thread_run_number": event.thread,
                "position": event.position,
            },
        }
    )

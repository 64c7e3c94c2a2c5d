"""quarantine: events that were set aside, for people to look at."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.value_views import present, time_view
from lhredis.store.quarantine import newest


async def list_quarantine(call: Call) -> Answer:
    """List the newest events that were set aside

    Of all tenants: an event is here because its step raised, which is a bug of the engine, or
    because a worker sent what cannot be read.
    """
    services = call.services
    found = await newest(services.redis, services.partitions, call.query["limit"])
    return json_answer(
        {
            "results": [
                present(
                    {
                        "partition": aside.partition,
                        "tenant": aside.tenant or None,
                        "wf_run_id": aside.wf_run_id or None,
                        "event": aside.event,
                        "traceback": aside.traceback,
                        "at": time_view(aside.at_ms),
                    }
                )
                for aside in found
            ]
        }
    )

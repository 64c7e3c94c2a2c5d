"""quarantine: events that were set aside, for people to look at."""

from __future__ import annotations

from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.views import present, time_view
from lhredis.store import keys


async def list_quarantine(call: Call) -> Answer:
    """List the newest events that were set aside

    Of all tenants: an event is here because its step raised, which is a bug of the engine, or
    because a worker sent what cannot be read.
    """
    services, limit = call.services, call.query["limit"]
    pipeline = services.redis.pipeline(transaction=False)
    for partition in range(services.partitions):
        pipeline.xrevrange(keys.quarantine(partition), count=limit)
    found = [
        (int(fields.get(b"at_ms", 0)), partition, fields)
        for partition, entries in enumerate(await pipeline.execute())
        for _, fields in entries
    ]
    found.sort(key=lambda row: row[:2], reverse=True)
    return json_answer({"results": [_view(*row) for row in found[:limit]]})


def _view(at_ms: int, partition: int, fields: dict[bytes, bytes]) -> dict[str, Any]:
    tenant, _, wf_run_id = _text(fields, b"run").partition("/")
    return present(
        {
            "partition": partition,
            "tenant": tenant or None,
            "wf_run_id": wf_run_id or None,
            "event": _text(fields, b"event"),
            "traceback": _text(fields, b"traceback"),
            "at": time_view(at_ms),
        }
    )


def _text(fields: dict[bytes, bytes], name: bytes) -> str:
    return fields.get(name, b"").decode(errors="replace")

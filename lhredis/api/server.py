"""server: what this deployment is."""

from __future__ import annotations

import lhredis
from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call


async def get_server(call: Call) -> Answer:
    """Read versions and settings of the deployment"""
    services = call.services
    return json_answer(
        {
            "version": lhredis.__version__,
            "redis": services.cluster.server,
            "partitions": services.partitions,
            "durability": str(services.durability),
        }
    )

"""client: talks to the HTTP API: `Client` for asyncio, `SyncClient` for everybody else."""

from lhredis.client.client import Client
from lhredis.client.replies import Page
from lhredis.client.sync import SyncClient

__all__ = ["Client", "Page", "SyncClient"]

"""connect: the client of the API that a command means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lhredis.client import SyncClient


def connect(api_url: str | None) -> SyncClient:
    """Usable in a `with`; nothing is sent yet. `api_url` is what the option gave."""
    from lhredis.cli.where import find_api_url
    from lhredis.client import SyncClient

    return SyncClient(find_api_url(api_url))

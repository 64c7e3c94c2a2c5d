"""asked_durability: how durable a request wants its commit to be, and what holds then."""

from __future__ import annotations

from lhredis.api.call import DURABILITY_HEADER, Call
from lhredis.errors import InvalidArgument
from lhredis.store.durability import Durability


def durability_of(call: Call) -> tuple[Durability | None, str]:
    """What has to be confirmed (None: nothing beyond what the server gives), and what holds then."""
    server = call.services.durability
    if call.durability is None:
        return None, str(server)
    try:
        asked = Durability.parse(call.durability)
    except ValueError as error:
        raise InvalidArgument(f"header {DURABILITY_HEADER}: {error}") from None
    return (asked, str(asked)) if asked.exceeds(server) else (None, str(server))

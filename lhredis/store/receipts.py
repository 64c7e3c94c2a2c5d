"""receipts: words that tell for a while that a piece of work was committed."""

from __future__ import annotations

from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write

RECEIPT_MS = 60_000
"""How long they are kept: longer than any commit is sent again (store/connect.py)."""


def receipt_write(partition: int, tenant: str, word: str) -> Write:
    """The write that keeps one, as part of the commit that it is of."""
    return ("SET", keys.receipt(partition, tenant, word), 1, "PX", RECEIPT_MS)

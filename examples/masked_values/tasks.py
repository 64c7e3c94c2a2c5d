"""tasks: what needs a secret, and gives one: `lhredis worker examples.masked_values.tasks`."""

from __future__ import annotations

from typing import Annotated

from lhredis.worker import LHType, WorkerContext, task

Masked = Annotated[str, LHType(masked=True)]
"""A text that workers get in clear and people never see."""


@task
async def charge_card(card: Masked, amount: float, ctx: WorkerContext) -> Masked:
    """Charge a card; the receipt is nobody's business either."""
    ctx.log(f"charging {amount} to {card}")  # people read `to *****`
    return f"receipt {card[-4:]}-{amount:.2f}"


@task
async def archive_receipt(receipt: Masked) -> int:
    return len(receipt)

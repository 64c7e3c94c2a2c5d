"""tasks: writing an invoice: `lhredis worker examples.child_workflow.tasks`."""

from __future__ import annotations

from lhredis.worker import task


@task
async def add_tax(cents: int, percent: int) -> int:
    return cents + cents * percent // 100


@task
async def print_invoice(customer: str, cents: int) -> str:
    return f"{customer} owes {cents} cents"

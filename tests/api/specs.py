"""Workflows that several tests start."""

from __future__ import annotations

from typing import Annotated

from lhredis.client import Client
from lhredis.model.wf_spec import PutWfSpecRequest
from lhredis.worker import LHType, task
from lhredis.workflow import Workflow


@task
async def double(n: int) -> int:
    return 2 * n


@task
async def charge(
    card: Annotated[str, LHType(masked=True)], amount: int
) -> Annotated[str, LHType(masked=True)]:
    return f"receipt for {card}"


def instant(wf) -> None:  # type: ignore[no-untyped-def]
    """Ends in the call that starts it."""
    n = wf.declare_int("n", 1)
    wf.complete(n)


def doubling(wf) -> None:  # type: ignore[no-untyped-def]
    """Waits for one task."""
    n = wf.declare_int("n", 1)
    n.assign(wf.execute("double", n))
    wf.complete(n)


def secret(wf) -> None:  # type: ignore[no-untyped-def]
    """Everything that can be masked."""
    card = wf.declare_str("card").masked().required()
    receipt = wf.execute("charge", card, 3)
    wf.complete(receipt)


def compiled(name: str, function) -> PutWfSpecRequest:  # type: ignore[no-untyped-def]
    return Workflow(name, function).compile()


async def put_instant(client: Client) -> None:
    await client.put_wf_spec(compiled("instant", instant))


async def put_doubling(client: Client) -> None:
    await client.put_task_def(double.task_def)
    await client.put_wf_spec(compiled("doubling", doubling))


async def put_secret(client: Client) -> None:
    await client.put_task_def(charge.task_def)
    await client.put_wf_spec(compiled("secret", secret))

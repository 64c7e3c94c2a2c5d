"""tasks: what the kyc workflow calls: `lhredis worker examples.kyc.tasks`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from lhredis.worker import LHType, WorkerContext, task

DEMO_PAUSE_S = 0.3
"""A real registry takes its time; and people should see the steps."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the registry says of a person."""

    verified: bool
    reason: str


class RegistryDown(ConnectionError):
    """The registry did not answer."""


@task
async def verify_identity(
    full_name: str, ssn: Annotated[str, LHType(masked=True)], ctx: WorkerContext
) -> Verdict:
    """Ask the registry whether the person and the number belong together."""
    ctx.log(f"asking the registry, idempotency key {ctx.idempotency_key}")
    await asyncio.sleep(DEMO_PAUSE_S)
    return ask_registry(full_name, ssn, ctx.attempt_number)


@task
async def notify_approved(full_name: str, email: str) -> str:
    """Write to a customer who was verified."""
    await asyncio.sleep(DEMO_PAUSE_S)
    return f"to {email}: Welcome, {full_name}!"


@task
async def notify_rejected(full_name: str, email: str, reason: str) -> str:
    """Write to a customer who was not verified."""
    await asyncio.sleep(DEMO_PAUSE_S)
    return f"to {email}: Sorry, {full_name}: {reason}."


def ask_registry(full_name: str, ssn: str, attempt_number: int) -> Verdict:
    """A registry that fails on purpose, the same way each time: the last digit of the number says how
    often it is down before it answers, and 9 that it never does. Numbers that start with 0 are unknown.
    """
    failures = int(ssn[-1])
    if failures == 9 or attempt_number < failures:
        raise RegistryDown(f"the registry does not answer (attempt {attempt_number})")
    if ssn.startswith("0"):
        return Verdict(verified=False, reason="no such number")
    return Verdict(verified=True, reason="")

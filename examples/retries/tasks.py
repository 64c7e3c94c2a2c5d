"""tasks: three ways to fail: `lhredis worker examples.retries.tasks`."""

from __future__ import annotations

from lhredis.worker import LHTaskException, WorkerContext, task


@task
async def call_shaky_service(failures: int, ctx: WorkerContext) -> str:
    """A service that is down for the first `failures` calls. What any exception ends is tried again,
    with the same idempotency key: so the service can tell a retry from a second order."""
    if ctx.attempt_number < failures:
        raise ConnectionError(f"no answer to {ctx.idempotency_key}")
    return f"answered attempt {ctx.attempt_number}"


@task
async def check_stock(items: int) -> int:
    """A refusal is no failure: an LHTaskException is never tried again."""
    if items > 10:
        raise LHTaskException("out-of-stock", f"there are 10, not {items}")
    return items

"""workflow: the kyc process: `lhredis deploy examples.kyc.workflow`."""

from __future__ import annotations

from examples.kyc.tasks import notify_approved, notify_rejected, verify_identity
from lhredis.workflow import ExponentialBackoffRetryPolicy, Workflow, WorkflowThread

BACKOFF = ExponentialBackoffRetryPolicy(base_interval_ms=250, max_delay_ms=2_000, multiplier=2)
"""Waits of 250, 500 and 1000 ms before the three retries."""


def kyc(wf: WorkflowThread) -> None:
    """Verify who the customer is, and tell the customer."""
    full_name = wf.declare_str("full-name").required()
    email = wf.declare_str("email").required()
    ssn = wf.declare_str("ssn").required().masked()
    verified = wf.declare_bool("verified", default_value=False).searchable()

    verdict = wf.execute(verify_identity, full_name, ssn, retries=3, exponential_backoff=BACKOFF)
    verified.assign(verdict["verified"])
    with wf.if_(verified):
        wf.complete(wf.execute(notify_approved, full_name, email))
    with wf.else_():
        wf.complete(wf.execute(notify_rejected, full_name, email, verdict["reason"]))


workflow = Workflow("kyc", kyc)

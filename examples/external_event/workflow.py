"""workflow: wait for an event from outside, but not for ever.

lhredis deploy examples.external_event.workflow
lhredis worker examples.external_event.tasks
lhredis run external-event customer=Lando patience-seconds=3600 --id contract
lhredis post-event contract signature Lando
lhredis get wf-run contract
"""

from __future__ import annotations

from examples.external_event.tasks import file_contract, remind_of_contract
from lhredis.workflow import LHErrorType, Workflow, WorkflowThread


def contract(wf: WorkflowThread) -> None:
    customer = wf.declare_str("customer").required()
    patience_seconds = wf.declare_int("patience-seconds", default_value=60)
    signed_by = wf.declare_str("signed-by")

    signature = wf.wait_for_event("signature", timeout=patience_seconds, return_type=str)
    signed_by.assign(signature)
    with wf.on_error(signature, LHErrorType.TIMEOUT) as late:
        late.execute(remind_of_contract, customer)
        late.fail("not-signed", "The customer took too long")

    wf.complete(wf.execute(file_contract, signed_by))


workflow = Workflow("external-event", contract)

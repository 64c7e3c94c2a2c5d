"""workflow: a card number that goes through the whole process, and that nobody gets to see.

lhredis deploy examples.masked_values.workflow
lhredis worker examples.masked_values.tasks
lhredis run masked-values card=4242-4242-4242-4242 amount=9.5 --wait

`lhredis get wf-run <id>` shows `*****` for the variable, the inputs, the receipt, and in the log.
"""

from __future__ import annotations

from examples.masked_values.tasks import archive_receipt, charge_card
from lhredis.workflow import Workflow, WorkflowThread


def masked_values(wf: WorkflowThread) -> None:
    card = wf.declare_str("card").required().masked()
    amount = wf.declare_double("amount").required()
    receipt = wf.execute(charge_card, card, amount)
    wf.complete(wf.execute(archive_receipt, receipt))


workflow = Workflow("masked-values", masked_values)

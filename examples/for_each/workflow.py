"""workflow: a child thread for each item of an array: each guest gets a letter, all at once.

lhredis deploy examples.for_each.workflow
lhredis worker examples.for_each.tasks
lhredis run for-each party=ball 'guests=["Leia", "Han"]' --wait
"""

from __future__ import annotations

from examples.for_each.tasks import count_guests, invite
from lhredis.workflow import Workflow, WorkflowThread


def invite_all(wf: WorkflowThread) -> None:
    party = wf.declare_str("party").required()
    guests = wf.declare_json_arr("guests").required()

    with wf.spawn_for_each(guests, "letter") as letter:
        guest = letter.declare_str("INPUT")
        letter.execute(invite, guest, party)

    wf.wait_for_threads(letter)
    wf.complete(wf.execute(count_guests, guests))


workflow = Workflow("for-each", invite_all)

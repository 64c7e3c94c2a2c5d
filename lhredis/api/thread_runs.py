"""thread_runs: one ThreadRun by itself, be it archived."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import shown_run
from lhredis.api.thread_views import thread_view


async def get_thread_run(call: Call) -> Answer:
    """Read a ThreadRun

    Also one that its WfRun does not hold any more, because it was archived.
    """
    number = call.path["thread_run_number"]
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    thread = await shown.thread(call.services, number)
    view = {
        "id": {"wf_run_id": shown.run.id, "thread_run_number": number},
        "thread_run": thread_view(shown.run, thread, shown.of(thread).masks),
    }
    if number not in shown.run.threads:
        view["archived"] = {}
    return json_answer(view)

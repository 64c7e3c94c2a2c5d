"""variables: the variables of a WfRun's threads, as they are now."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer
from lhredis.api.call import Call
from lhredis.api.shown_run import shown_run
from lhredis.api.views import variable_view
from lhredis.errors import NotFound


async def list_variables(call: Call) -> Answer:
    """List the variables of a WfRun

    By thread and name. A masked value is shown as `*****`; a null is left out.
    """
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    views = [
        variable_view(shown.run, thread, name, shown.of(thread).masks)
        for thread in (await shown.threads(call.services)).values()
        for name in sorted(thread.variables)
    ]
    return json_answer({"results": views})


async def get_variable(call: Call) -> Answer:
    """Read a variable"""
    shown = await shown_run(call.services, call.tenant, call.path["wf_run_id"])
    thread = await shown.thread(call.services, call.path["thread_run_number"])
    name = call.path["variable"]
    if name not in thread.variables:
        raise NotFound(f"ThreadRun {thread.number} of WfRun {shown.run.id!r} has no variable {name!r}")
    return json_answer(variable_view(shown.run, thread, name, shown.of(thread).masks))

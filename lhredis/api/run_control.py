"""run_control: stop WfRuns, let them go on, rescue and delete them."""

from __future__ import annotations

from lhredis.api.answers import Answer, json_answer, no_content
from lhredis.api.asked_durability import durability_of
from lhredis.api.call import DURABILITY_HEADER, Call
from lhredis.api.commands import Command
from lhredis.api.shown_run import wf_run_views
from lhredis.api.validation import parse_body
from lhredis.engine.events import Event, RunDeleted, RunRescued, RunResumed, RunStopped
from lhredis.errors import NotFound
from lhredis.model.wf_run import RescueThreadRunRequest, ResumeWfRunRequest, StopWfRunRequest


async def stop_wf_run(call: Call) -> Answer:
    """Stop a WfRun

    The ThreadRun and its descendants halt; a task in flight is waited for. Stopping twice is stopping
    once.
    """
    request = parse_body(StopWfRunRequest, call.body)

    def make(now_ms: int, nonce: str) -> Event:
        return RunStopped(now_ms, nonce, request.thread_run_number)

    return await do_and_show(call, Command(call.tenant, call.path["wf_run_id"], make))


async def resume_wf_run(call: Call) -> Answer:
    """Let a stopped WfRun go on"""
    request = parse_body(ResumeWfRunRequest, call.body)

    def make(now_ms: int, nonce: str) -> Event:
        return RunResumed(now_ms, nonce, request.thread_run_number)

    return await do_and_show(call, Command(call.tenant, call.path["wf_run_id"], make))


async def rescue_thread_run(call: Call) -> Answer:
    """Rescue a ThreadRun

    One in ERROR runs its failed node again, or with `skip_current_node` goes on behind it; the
    threads and WfRuns that died of its failure live again, too.
    """
    request = parse_body(RescueThreadRunRequest, call.body)

    def make(now_ms: int, nonce: str) -> Event:
        return RunRescued(now_ms, nonce, request.thread_run_number, request.skip_current_node)

    return await do_and_show(call, Command(call.tenant, call.path["wf_run_id"], make))


async def delete_wf_run(call: Call) -> Answer:
    """Delete a WfRun

    With its history, variables and events, whatever it does; its child WfRuns stay. Deleting what is
    not there is fine.
    """
    command = Command(call.tenant, call.path["wf_run_id"], RunDeleted)
    confirm, holds = durability_of(call)
    await call.services.commander.do([command], confirm)
    if command.error is not None and not isinstance(command.error, NotFound):
        raise command.error
    return no_content({DURABILITY_HEADER: holds})


async def do_and_show(call: Call, command: Command) -> Answer:
    """Do what is asked of a WfRun, and answer with it as it is then, and with what durability. The error with
    which the command was refused."""
    confirm, holds = durability_of(call)
    await call.services.commander.do([command], confirm)
    if command.error is not None:
        raise command.error
    assert command.run is not None
    (view,) = await wf_run_views(call.services, call.tenant, [command.run])
    return json_answer(view, 200, {DURABILITY_HEADER: holds})

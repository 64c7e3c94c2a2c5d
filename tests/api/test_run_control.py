"""Stopping WfRuns and letting them go on."""

from __future__ import annotations

import pytest

from lhredis.client import Client
from lhredis.errors import InvalidArgument, NotFound
from lhredis.model.enums import LHStatus
from tests.api.specs import compiled


async def test_a_run_is_stopped_and_goes_on(client: Client) -> None:
    await client.put_wf_spec(compiled("sleeping", lambda wf: wf.sleep(3600)))
    run = await client.run_wf("sleeping")
    for _ in range(2):
        stopped = await client.stop_wf_run(run.id)
        assert stopped.status is LHStatus.HALTED
        assert [reason.kind for reason in stopped.thread_runs[0].halt_reasons] == ["manual_halt"]
    for _ in range(2):
        going = await client.resume_wf_run(run.id)
        assert going.status is LHStatus.RUNNING
        assert going.thread_runs[0].halt_reasons == ()


async def test_only_what_is_there_is_stopped(client: Client) -> None:
    await client.put_wf_spec(compiled("sleeping", lambda wf: wf.sleep(3600)))
    run = await client.run_wf("sleeping")
    for change in (client.stop_wf_run, client.resume_wf_run):
        with pytest.raises(NotFound, match="nobody"):
            await change("nobody")
        with pytest.raises(InvalidArgument, match="has no ThreadRun 1"):
            await change(run.id, 1)

"""Starting WfRuns, one by one and in batches."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from redis.asyncio import Redis

from lhredis.client import Client
from lhredis.errors import AlreadyExists, InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.enums import LHStatus
from lhredis.model.limits import PAYLOAD_BYTES_MAX
from lhredis.model.wf_run import RunWfRequest, WfRun
from lhredis.store.commands.commit_steps import CommitSteps
from tests.api.specs import compiled, put_doubling, put_instant


async def test_a_start_answers_the_run_after_its_first_advance(client: Client) -> None:
    await put_instant(client)
    run = await client.run_wf("instant", {"n": 7})
    assert run.status is LHStatus.COMPLETED
    assert run.thread_runs[0].output == 7
    assert run.start_time.endswith("Z") and run.end_time is not None


async def test_a_start_tells_where_the_run_is(client: Client, http: httpx.AsyncClient) -> None:
    await put_instant(client)
    answer = await http.post("/v1/wf-runs", json={"wf_spec_name": "instant", "id": "mine"})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/v1/wf-runs/mine"
    found = await http.get(answer.headers["location"])
    assert found.json() == answer.json()


async def test_a_run_is_there_as_soon_as_its_start_is_answered(client: Client) -> None:
    await put_doubling(client)
    for _ in range(10):
        run = await client.run_wf("doubling")
        assert (await client.get_node_run(run.id, 0, 1)).node_name == "1-double-TASK"


async def test_an_id_is_given_once(client: Client) -> None:
    await put_instant(client)
    await client.run_wf("instant", id="taken")
    with pytest.raises(AlreadyExists, match="WfRun with id taken already exists!"):
        await client.run_wf("instant", id="taken")


async def test_an_id_is_given_once_to_many_who_want_it_at_the_same_moment(client: Client) -> None:
    await put_instant(client)
    outcomes = await asyncio.gather(
        *(client.run_wf("instant", id="wanted") for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(outcome, WfRun) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 19


async def test_starts_in_flight_share_commits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    await put_instant(client)
    commits: list[int] = []
    command = CommitSteps.command
    monkeypatch.setattr(
        CommitSteps, "command", lambda self: (commits.append(len(self.units)), command(self))[1]
    )
    await asyncio.gather(*(client.run_wf("instant") for _ in range(60)))
    assert sum(commits) == 60
    assert len(commits) < 50


async def test_a_wrong_variable_is_named_and_nothing_is_started(client: Client) -> None:
    await put_instant(client)
    with pytest.raises(InvalidArgument, match="'n' is INT"):
        await client.run_wf("instant", {"n": "seven"}, id="wrong")
    with pytest.raises(InvalidArgument, match="there is no variable 'm'"):
        await client.run_wf("instant", {"m": 7}, id="wrong")
    with pytest.raises(NotFound, match="there is no WfRun 'wrong'"):
        await client.get_wf_run("wrong")


async def test_a_value_over_the_limit_is_named(client: Client) -> None:
    await client.put_wf_spec(compiled("text", lambda wf: wf.declare_str("text")))
    with pytest.raises(ResourceExhausted, match=r"variable 'text' has \d+ bytes.*PAYLOAD_BYTES_MAX"):
        await client.run_wf("text", {"text": "x" * PAYLOAD_BYTES_MAX})
    run = await client.run_wf("text", {"text": "x" * (PAYLOAD_BYTES_MAX - 2)})
    assert run.status is LHStatus.COMPLETED


async def test_a_start_takes_the_newest_version_or_the_one_it_names(client: Client) -> None:
    await put_instant(client)
    await client.put_wf_spec(compiled("instant", lambda wf: wf.complete(wf.declare_int("n", 2))))
    newest = await client.get_wf_spec("instant")
    assert newest.id.revision == 1
    assert (await client.run_wf("instant")).wf_spec_id == newest.id
    assert (await client.run_wf("instant", major_version=0)).wf_spec_id == newest.id
    old = await client.run_wf("instant", major_version=0, revision=0)
    assert old.thread_runs[0].output == 1
    with pytest.raises(NotFound, match=r"'instant' 0\.7"):
        await client.run_wf("instant", major_version=0, revision=7)
    with pytest.raises(InvalidArgument, match="major_version"):
        await client.run_wf("instant", revision=0)


async def test_a_start_of_nothing_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound, match="there is no WfSpec 'nothing'"):
        await client.run_wf("nothing")


async def test_each_start_of_a_batch_has_its_own_outcome_in_order(client: Client) -> None:
    await put_instant(client)
    results = await client.run_wf_batch(
        [
            RunWfRequest(wf_spec_name="instant", id="a", variables={"n": 1}),
            RunWfRequest(wf_spec_name="instant", id="a", variables={"n": 2}),
            RunWfRequest(wf_spec_name="nothing"),
            RunWfRequest(wf_spec_name="instant", variables={"n": "x"}),
            RunWfRequest(wf_spec_name="instant", id="b", variables={"n": 3}),
        ]
    )
    assert isinstance(results[0], WfRun) and results[0].thread_runs[0].output == 1
    assert [type(result) for result in results[1:4]] == [AlreadyExists, NotFound, InvalidArgument]
    assert isinstance(results[4], WfRun) and results[4].thread_runs[0].output == 3


async def test_a_malformed_start_of_a_batch_does_not_spoil_the_others(
    client: Client, http: httpx.AsyncClient
) -> None:
    await put_instant(client)
    runs = [{"wf_spec_name": "instant"}, {"wf_spec_name": "instant", "idd": "x"}, 7]
    answer = await http.post("/v1/wf-runs:batch", json={"runs": runs})
    assert answer.status_code == 200
    ok, wrong, nonsense = answer.json()["results"]
    assert ok["wf_run"]["status"] == "COMPLETED"
    assert wrong["problem"]["problems"] == [{"path": "idd", "message": "there is no such field"}]
    assert nonsense["problem"]["problems"] == [{"path": "", "message": "expected an object"}]


async def test_a_batch_of_a_thousand_is_one_request(client: Client, redis: Redis) -> None:
    await put_instant(client)
    results = await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 1000)
    assert len({result.id for result in results if isinstance(result, WfRun)}) == 1000


async def test_a_batch_has_a_limit(client: Client) -> None:
    with pytest.raises(InvalidArgument, match="runs: expected at most 1000 items"):
        await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 1001)
    with pytest.raises(InvalidArgument, match="runs: expected at least 1 items; got 0"):
        await client.run_wf_batch([])


async def test_tenants_do_not_see_each_other(client: Client, api_url: str) -> None:
    await put_instant(client)
    await client.run_wf("instant", id="ours")
    async with Client(api_url, tenant="other") as other:
        with pytest.raises(NotFound):
            await other.run_wf("instant")
        with pytest.raises(NotFound):
            await other.get_wf_run("ours")
        assert (await other.list_wf_runs()).items == []
        await put_instant(other)
        assert (await other.run_wf("instant", id="ours")).status is LHStatus.COMPLETED

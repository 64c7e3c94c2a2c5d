"""ScheduledWfRuns through the API: made, shown, listed, paused, run now; and a run that starts later."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from lhredis.client import Client, SyncClient
from lhredis.errors import AlreadyExists, InvalidArgument, NotFound, ResourceExhausted
from lhredis.model.enums import LHStatus, MissedTicks
from lhredis.model.scheduled_wf_run import ScheduledWfRun
from lhredis.model.values import MASK
from tests.api.specs import put_instant, put_secret
from tests.support import wait_until

URL = "/v1/scheduled-wf-runs"
YEARLY = "5 0 1 8 *"


def next_year(month: int, day: int, hour: int, minute: int) -> str:
    """The next such moment of UTC, as the API shows it."""
    now = datetime.now(UTC)
    moment = now.replace(month=month, day=day, hour=hour, minute=minute, second=0, microsecond=0)
    if moment <= now:
        moment = moment.replace(year=now.year + 1)
    return moment.strftime("%Y-%m-%dT%H:%M:00.000Z")


@pytest.fixture(autouse=True)
async def instant(client: Client) -> None:
    await put_instant(client)


async def test_a_schedule_shows_what_it_starts_and_when(client: Client) -> None:
    made = await client.schedule_wf("instant", YEARLY, {"n": 3}, id="yearly")
    assert made.id == "yearly"
    assert str(made.wf_spec_id) == "instant/0.0"
    assert (made.variables, made.time_zone, made.missed_ticks) == ({"n": 3}, "UTC", MissedTicks.SKIP)
    assert made.next_run_at == next_year(8, 1, 0, 5)
    assert not made.paused
    assert made.last_run_at is None
    assert await client.get_scheduled_wf_run("yearly") == made


async def test_the_time_zone_tells_when_it_is_due(client: Client) -> None:
    made = await client.schedule_wf("instant", YEARLY, time_zone="Asia/Kolkata")
    assert made.next_run_at == next_year(7, 31, 18, 35)


async def test_an_id_is_given_once(client: Client) -> None:
    await client.schedule_wf("instant", YEARLY, id="yearly")
    with pytest.raises(AlreadyExists, match="yearly"):
        await client.schedule_wf("instant", "* * * * *", id="yearly")
    assert (await client.get_scheduled_wf_run("yearly")).cron_expression == YEARLY
    assert (await client.schedule_wf("instant", YEARLY)).id != (
        await client.schedule_wf("instant", YEARLY)
    ).id


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"cron_expression": "every day"}, "cron_expression"),
        ({"cron_expression": "61 * * * *"}, "cron_expression"),
        ({"cron_expression": None}, "exactly one of cron_expression, start_at"),
        ({"start_at": "2030-01-01T00:00:00Z"}, "exactly one of cron_expression, start_at"),
        ({"cron_expression": None, "start_at": "tomorrow"}, "start_at"),
        ({"cron_expression": None, "start_at": "2030-01-01T00:00:00"}, "time zone"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": "localtime"}, "time_zone"),
        ({"time_zone": "right/Europe/Berlin"}, "time_zone"),
        ({"missed_ticks": "FORGET"}, "missed_ticks"),
        ({"variables": {"n": "three"}}, "variables: variable 'n' is INT"),
        ({"variables": {"m": 3}}, "there is no variable 'm'"),
        ({"parent_wf_run_id": "p"}, "parent_wf_run_id"),
        ({"revision": 1}, "major_version"),
        ({"id": "x" * 81}, "id"),
    ],
)
async def test_what_is_wrong_is_named(http: httpx.AsyncClient, wrong: dict[str, Any], named: str) -> None:
    body = {"wf_spec_name": "instant", "cron_expression": YEARLY} | wrong
    answer = await http.post(URL, json=body)
    assert answer.status_code == 400, answer.text
    assert named in answer.text
    assert (await http.get(URL)).json()["results"] == []


async def test_a_spec_that_is_not_there_cannot_be_scheduled(client: Client) -> None:
    with pytest.raises(NotFound):
        await client.schedule_wf("nothing", YEARLY)
    with pytest.raises(NotFound):
        await client.schedule_wf("instant", YEARLY, major_version=3)


async def test_variables_have_a_limit_together(client: Client) -> None:
    await put_secret(client)
    with pytest.raises(ResourceExhausted, match="PAYLOAD_BYTES_MAX"):
        await client.schedule_wf("secret", YEARLY, {"card": "x" * 1_100_000})


async def test_masked_variables_are_not_shown(client: Client) -> None:
    await put_secret(client)
    made = await client.schedule_wf("secret", YEARLY, {"card": "4242"})
    assert made.variables == {"card": MASK}
    await client.delete_wf_spec("secret", 0, 0)
    assert (await client.get_scheduled_wf_run(made.id)).variables == {"card": MASK}


async def test_schedules_are_listed_by_spec_and_version_page_by_page(client: Client) -> None:
    await put_secret(client)
    for number in range(5):
        await client.schedule_wf("instant", YEARLY, id=f"i{number}")
    await client.schedule_wf("secret", YEARLY, {"card": "1"}, id="s0")

    def ids(found: list[ScheduledWfRun]) -> list[str]:
        return [one.id for one in found]

    assert ids((await client.list_scheduled_wf_runs()).items) == ["i0", "i1", "i2", "i3", "i4", "s0"]
    assert ids((await client.list_scheduled_wf_runs("secret")).items) == ["s0"]
    assert ids((await client.list_scheduled_wf_runs("instant", 0, 0)).items) == [f"i{n}" for n in range(5)]
    assert ids((await client.list_scheduled_wf_runs("instant", 0)).items) == [f"i{n}" for n in range(5)]
    assert (await client.list_scheduled_wf_runs("instant", 1)).items == []
    assert (await client.list_scheduled_wf_runs("inst")).items == []
    first = await client.list_scheduled_wf_runs(limit=4)
    second = await client.list_scheduled_wf_runs(limit=4, bookmark=first.bookmark)
    assert ids(first.items) + ids(second.items) == ["i0", "i1", "i2", "i3", "i4", "s0"]
    assert second.bookmark is None


async def test_a_list_that_makes_no_sense_is_refused(client: Client, http: httpx.AsyncClient) -> None:
    with pytest.raises(InvalidArgument, match="wf_spec_name"):
        await client.list_scheduled_wf_runs(major_version=1)
    with pytest.raises(InvalidArgument, match="major_version"):
        await client.list_scheduled_wf_runs("instant", revision=1)
    answer = await http.get(URL, params={"bookmark": "bm9uc2Vuc2U"})
    assert answer.status_code == 400


async def test_what_is_paused_has_no_next_run_until_it_is_resumed(client: Client) -> None:
    made = await client.schedule_wf("instant", YEARLY, id="yearly")
    paused = await client.pause_scheduled_wf_run("yearly")
    assert (paused.paused, paused.next_run_at) == (True, None)
    assert await client.pause_scheduled_wf_run("yearly") == paused
    assert await client.resume_scheduled_wf_run("yearly") == made
    assert await client.resume_scheduled_wf_run("yearly") == made


async def test_what_is_deleted_is_gone(client: Client) -> None:
    await client.schedule_wf("instant", YEARLY, id="yearly")
    await client.delete_scheduled_wf_run("yearly")
    await client.delete_scheduled_wf_run("yearly")
    assert (await client.list_scheduled_wf_runs()).items == []
    for call in (
        client.get_scheduled_wf_run,
        client.pause_scheduled_wf_run,
        client.resume_scheduled_wf_run,
        client.run_scheduled_wf_run_now,
    ):
        with pytest.raises(NotFound, match="no ScheduledWfRun 'yearly'"):
            await call("yearly")


@pytest.mark.parametrize("verb", ["pause", "resume", "run-now"])
async def test_nobody_believes_that_a_verb_takes_more_than_its_url(
    client: Client, http: httpx.AsyncClient, verb: str
) -> None:
    made = await client.schedule_wf("instant", YEARLY, id="yearly")
    answer = await http.post(f"{URL}/yearly:{verb}", json={"variables": {"n": 7}})
    assert (answer.status_code, "variables: there is no such field" in answer.text) == (400, True)
    assert await client.get_scheduled_wf_run("yearly") == made
    assert (await http.post(f"{URL}/yearly:{verb}", json={})).is_success


async def test_it_can_be_run_now_and_its_ticks_stay_as_they_are(client: Client) -> None:
    made = await client.schedule_wf("instant", YEARLY, {"n": 5}, id="yearly")
    run = await client.run_scheduled_wf_run_now("yearly")
    assert run.id.startswith("yearly-now-")
    assert (run.status, run.thread_runs[0].output) == (LHStatus.COMPLETED, 5)
    assert (await client.run_scheduled_wf_run_now("yearly")).id != run.id
    assert await client.get_scheduled_wf_run("yearly") == made


@pytest.mark.usefixtures("scheduling")
async def test_a_single_run_starts_at_its_time_and_its_schedule_is_gone(client: Client) -> None:
    start_at = datetime.now(UTC) + timedelta(milliseconds=300)
    made = await client.schedule_wf("instant", variables={"n": 8}, start_at=start_at, id="later")
    assert made.start_at == made.next_run_at
    with pytest.raises(NotFound):
        await client.get_wf_run("later")

    async def started() -> bool:
        return any(run.id == "later" for run in (await client.list_wf_runs()).items)

    await wait_until(started)
    run = await client.get_wf_run("later", wait_ms=5000)
    assert run.thread_runs[0].output == 8
    assert datetime.fromisoformat(run.start_time) >= start_at - timedelta(milliseconds=1)

    async def gone() -> bool:
        return not (await client.list_scheduled_wf_runs()).items

    await wait_until(gone)


@pytest.mark.usefixtures("scheduling")
async def test_a_start_in_the_past_is_due_at_once_and_a_refused_one_shows_why(client: Client) -> None:
    await client.run_wf("instant", id="taken")
    await client.schedule_wf("instant", start_at=datetime(2020, 1, 1, tzinfo=UTC), id="taken")

    async def refused() -> ScheduledWfRun | None:
        found = await client.get_scheduled_wf_run("taken")
        return found if found.last_error is not None else None

    found = await wait_until(refused)
    assert found.last_error.message == "WfRun with id taken already exists!"
    assert found.last_error.wf_run_id == "taken"
    assert found.next_run_at is None


async def test_the_runs_of_one_tenant_are_not_those_of_another(client: Client, api_url: str) -> None:
    await client.schedule_wf("instant", YEARLY, id="yearly")
    async with Client(api_url, tenant="other") as other:
        assert (await other.list_scheduled_wf_runs()).items == []
        with pytest.raises(NotFound):
            await other.get_scheduled_wf_run("yearly")


async def test_a_moment_without_a_time_zone_is_refused_before_it_is_sent(client: Client) -> None:
    with pytest.raises(InvalidArgument, match="time zone"):
        await client.schedule_wf("instant", start_at=datetime(2030, 1, 1))


async def test_the_sync_client_does_the_same(client: Client, api_url: str) -> None:
    def story() -> None:
        with SyncClient(api_url, tenant="default") as sync:
            sync.schedule_wf("instant", YEARLY, id="yearly")
            assert sync.pause_scheduled_wf_run("yearly").paused
            assert not sync.resume_scheduled_wf_run("yearly").paused
            assert sync.run_scheduled_wf_run_now("yearly").status is LHStatus.COMPLETED
            assert [one.id for one in sync.list_scheduled_wf_runs("instant").items] == ["yearly"]
            assert sync.get_scheduled_wf_run("yearly").cron_expression == YEARLY
            sync.delete_scheduled_wf_run("yearly")

    await asyncio.to_thread(story)

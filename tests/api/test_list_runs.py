"""Listing WfRuns, page by page."""

from __future__ import annotations

import pytest

from lhredis.client import Client
from lhredis.errors import InvalidArgument
from lhredis.model.wf_run import RunWfRequest
from tests.api.specs import put_instant


async def test_the_newest_come_first(client: Client) -> None:
    await put_instant(client)
    ids = [(await client.run_wf("instant")).id for _ in range(5)]
    page = await client.list_wf_runs()
    starts = [run.start_time for run in page.items]
    assert starts == sorted(starts, reverse=True)
    assert {run.id for run in page.items} == set(ids)
    assert page.bookmark is None


@pytest.mark.parametrize("limit", [1, 7, 50, 199, 200, 201])
async def test_pages_hold_every_run_once_though_many_started_in_the_same_millisecond(
    client: Client, limit: int
) -> None:
    await put_instant(client)
    await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 200)
    seen: list[str] = []
    bookmark = None
    while True:
        page = await client.list_wf_runs(limit, bookmark)
        seen.extend(run.id for run in page.items)
        if page.bookmark is None:
            break
        assert len(page.items) == limit
        bookmark = page.bookmark
    assert len(seen) == len(set(seen)) == 200


async def test_runs_started_meanwhile_do_not_move_the_pages(client: Client) -> None:
    await put_instant(client)
    await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 20)
    first = await client.list_wf_runs(10)
    await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 20)
    second = await client.list_wf_runs(10, first.bookmark)
    assert len({run.id for run in first.items + second.items}) == 20
    assert second.bookmark is None


async def test_without_runs_there_is_an_empty_page(client: Client) -> None:
    page = await client.list_wf_runs()
    assert (page.items, page.bookmark) == ([], None)


@pytest.mark.parametrize("bookmark", ["", "x", "MTc5", "Li4vLi4v", "ünï", "a" * 2000])
async def test_a_made_up_bookmark_is_refused(client: Client, bookmark: str) -> None:
    with pytest.raises(InvalidArgument, match="bookmark: is none that this API gave"):
        await client.list_wf_runs(bookmark=bookmark)


async def test_a_page_has_a_limit(client: Client) -> None:
    for limit in (0, 1001):
        with pytest.raises(InvalidArgument, match="limit: expected an integer from 1 to 1000"):
            await client.list_wf_runs(limit)

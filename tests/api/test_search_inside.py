"""The story of search inside of WfRuns: NodeRuns, TaskRuns, Variables and events, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lhredis.client import Client, Page
from lhredis.errors import InvalidArgument, ResourceExhausted
from lhredis.model.enums import LHStatus, TaskStatus
from lhredis.model.event_def import (
    CorrelatedEventConfig,
    PutExternalEventDefRequest,
    PutWorkflowEventDefRequest,
)
from lhredis.model.ids import REMINDERS_FROM, ExternalEventDefId, WorkflowEventDefId
from lhredis.model.search import (
    CountNodeRunRequest,
    CountTaskRunRequest,
    SearchCorrelatedEventRequest,
    SearchExternalEventRequest,
    SearchNodeRunRequest,
    SearchTaskRunRequest,
    SearchUserTaskRunRequest,
    SearchVariableRequest,
    SearchWfRunRequest,
    SearchWorkflowEventRequest,
)
from lhredis.model.task_def import PutTaskDefRequest
from lhredis.model.user_task_def import PutUserTaskDefRequest
from lhredis.store import search as store_search
from lhredis.store.connect import connect
from tests.api.conftest import PARTITIONS
from tests.api.specs import compiled, put_doubling, put_instant
from tests.hand import Hand
from tests.support import wait_until


async def all_pages(search: Callable[[Any], Awaitable[Page[Any]]], request: Any) -> list[Any]:
    """Everything, three at a time."""
    seen: list[Any] = []
    given = {**request.model_dump(exclude_unset=True), "limit": 3}
    while True:
        page = await search(type(request)(**given))
        assert len(page.items) <= 3
        seen += page.items
        if page.bookmark is None:
            break
        given["bookmark"] = page.bookmark
    assert len(seen) == len({repr(one) for one in seen})
    return seen


async def test_task_runs_by_def_and_status(client: Client, redis_url: str) -> None:
    await put_doubling(client)
    await put_instant(client)
    for number in range(8):
        await client.run_wf("doubling", id=f"r{number}")
        await client.run_wf("instant")
    of = {"task_def_name": "double"}
    assert await client.count_task_runs(CountTaskRunRequest(**of)) == 8
    async with connect(redis_url) as redis:
        taken = await Hand(redis, "default", PARTITIONS).claim("double", count=1)
    waiting = await all_pages(
        client.search_task_runs, SearchTaskRunRequest(**of, status=TaskStatus.TASK_SCHEDULED)
    )
    running = await all_pages(
        client.search_task_runs, SearchTaskRunRequest(**of, status=TaskStatus.TASK_RUNNING)
    )
    assert [one.wf_run_id for one in running] == [task.id.split("/")[0] for task in taken]
    assert {one.wf_run_id for one in waiting} == {f"r{n}" for n in range(8)} - {running[0].wf_run_id}
    assert await client.count_task_runs(CountTaskRunRequest(**of)) == 7
    assert len(await all_pages(client.search_task_runs, SearchTaskRunRequest(**of))) == 8
    assert await all_pages(client.search_task_runs, SearchTaskRunRequest(task_def_name="nobody")) == []
    with pytest.raises(InvalidArgument, match="only TASK_SCHEDULED is counted"):
        await client.count_task_runs(CountTaskRunRequest(**of, status=TaskStatus.TASK_FAILED))


async def test_task_runs_of_reminders_are_found_beside_those_of_nodes(
    client: Client, scheduling: None, redis_url: str
) -> None:
    await client.put_user_task_def(PutUserTaskDefRequest(name="form"))
    await client.put_task_def(PutTaskDefRequest(name="tell"))

    def asks(wf) -> None:  # type: ignore[no-untyped-def]
        wf.execute("tell")
        form = wf.assign_user_task("form", "ann")
        for delay in (0, 0, 3600):
            wf.schedule_reminder_task(form, delay, "tell")

    await client.put_wf_spec(compiled("asks", asks))
    await client.put_wf_spec(compiled("tells", lambda wf: wf.execute("tell")))
    await put_instant(client)
    await client.run_wf("tells", id="other")
    await client.run_wf("asks", id="r1")
    of = SearchTaskRunRequest(task_def_name="tell")
    async with connect(redis_url) as redis:
        hand = Hand(redis, "default", PARTITIONS)
        first = {task.id.split("/")[0]: task for task in await hand.claim("tell", count=2)}
        await hand.report(first["r1"])
        reminders = [await hand.claim("tell", count=1) for _ in range(2)]

        async def found(**filters: Any) -> list[str]:
            request = of.model_copy(update=filters)
            pages = await all_pages(client.search_task_runs, request)
            return sorted(one.task_guid for one in pages if one.wf_run_id == "r1")

        assert await found() == ["0-1", f"0-{REMINDERS_FROM}", f"0-{REMINDERS_FROM + 1}"]
        assert await found(status=TaskStatus.TASK_SUCCESS) == ["0-1"]
        assert len(await found(status=TaskStatus.TASK_RUNNING)) == 2
        await hand.report(reminders[0][0])
        await wait_until(lambda: found(status=TaskStatus.TASK_RUNNING))
        (form,) = await client.list_user_task_runs("r1")
        await client.complete_user_task_run("r1", form.id.user_task_guid, "ann")
        assert (await client.get_wf_run("r1")).status is LHStatus.COMPLETED

        async def one_is_through() -> bool:
            return len(await found(status=TaskStatus.TASK_SUCCESS)) == 2

        await wait_until(one_is_through)
        left = [f"0-{int(reminders[1][0].id.split('/')[2])}"]
        assert await found(status=TaskStatus.TASK_RUNNING) == left
        assert await found(status=TaskStatus.TASK_SCHEDULED) == []
        for guid in await found():
            assert (await client.get_task_run("r1", guid)).id.task_guid == guid
    request = SearchTaskRunRequest(task_def_name="tell", status=TaskStatus.TASK_RUNNING)
    both = await all_pages(client.search_task_runs, request)
    assert sorted(one.wf_run_id for one in both) == ["other", "r1"]


async def test_a_node_run_that_stays_halted_below_a_run_that_completed_is_found(client: Client) -> None:
    def first_of_two(wf) -> None:  # type: ignore[no-untyped-def]
        quick = wf.spawn_thread(lambda thread: thread.sleep(0), "quick")
        slow = wf.spawn_thread(lambda thread: thread.sleep(1000), "slow")
        wf.wait_for_first_of(quick, slow)

    await client.put_wf_spec(compiled("race", first_of_two))
    run = await client.run_wf("race", id="r1")
    assert run.status is LHStatus.COMPLETED
    found = await all_pages(client.search_node_runs, SearchNodeRunRequest(status=LHStatus.HALTED))
    assert [(one.wf_run_id, one.thread_run_number) for one in found] == [("r1", 2)]


async def test_node_runs_by_status_and_by_the_event_that_they_wait_for(client: Client) -> None:
    await client.put_external_event_def(PutExternalEventDefRequest(name="go"))
    await client.put_wf_spec(compiled("waits", lambda wf: wf.wait_for_event("go")))
    await put_instant(client)
    await client.run_wf("instant")
    for number in range(5):
        await client.run_wf("waits", id=f"w{number}")
    await client.post_event("w0", "go")
    go = ExternalEventDefId(name="go")
    found = await all_pages(
        client.search_node_runs, SearchNodeRunRequest(external_event_def_id=go, status=LHStatus.RUNNING)
    )
    assert sorted((one.wf_run_id, one.position) for one in found) == [(f"w{n}", 1) for n in range(1, 5)]
    assert len(await all_pages(client.search_node_runs, SearchNodeRunRequest(external_event_def_id=go))) == 5
    everything = await all_pages(client.search_node_runs, SearchNodeRunRequest())
    assert len(everything) == 2 + 4 * 2 + 3
    assert await client.count_node_runs(CountNodeRunRequest(wf_spec_name="waits")) == 11
    assert await client.count_node_runs(CountNodeRunRequest(wf_spec_name="nobody")) == 0


async def test_what_is_in_runs_is_found_however_many_versions_there_are(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_search, "SETS_MAX", PARTITIONS)
    await client.put_external_event_def(PutExternalEventDefRequest(name="go"))
    await client.put_user_task_def(PutUserTaskDefRequest(name="form"))
    await put_doubling(client)
    await client.put_wf_spec(compiled("waits", lambda wf: wf.wait_for_event("go")))
    await client.put_wf_spec(compiled("asks", lambda wf: wf.assign_user_task("form", "ann", "jedi")))
    for name in ("doubling", "waits", "asks"):
        await client.run_wf(name, id=f"r-{name}")
    node_runs = await client.search_node_runs(SearchNodeRunRequest(wf_spec_name="waits"))
    assert {one.wf_run_id for one in node_runs.items} == {"r-waits"}
    task_runs = await client.search_task_runs(SearchTaskRunRequest(task_def_name="double"))
    assert [one.wf_run_id for one in task_runs.items] == ["r-doubling"]
    forms = await client.search_user_task_runs(SearchUserTaskRunRequest(user_id="ann"))
    assert [one.wf_run_id for one in forms.items] == ["r-asks"]
    with pytest.raises(ResourceExhausted, match="name a WfSpec, a version or a status"):
        await client.search_wf_runs(SearchWfRunRequest(wf_spec_name="waits"))


async def test_variables_of_every_thread_by_value(client: Client) -> None:
    def crowd(wf) -> None:  # type: ignore[no-untyped-def]
        def one(thread) -> None:  # type: ignore[no-untyped-def]
            thread.declare_str("colour", "red").searchable()
            thread.sleep(1000)

        items = wf.declare_json_arr("items", [1, 2, 3, 4])
        wf.spawn_thread_for_each(items, one, "crowd")
        wf.sleep(1000)

    await client.put_wf_spec(compiled("crowd", crowd))
    for number in range(3):
        await client.run_wf("crowd", id=f"c{number}")
    request = SearchVariableRequest(wf_spec_name="crowd", var_name="colour", value="red")
    found = await all_pages(client.search_variables, request)
    assert sorted((one.wf_run_id, one.thread_run_number, one.name) for one in found) == [
        (f"c{run}", thread, "colour") for run in range(3) for thread in range(1, 5)
    ]
    request = SearchVariableRequest(wf_spec_name="crowd", var_name="colour", value="blue")
    assert await all_pages(client.search_variables, request) == []
    with pytest.raises(InvalidArgument, match="no searchable variable 'items'; there are: colour"):
        await client.search_variables(
            SearchVariableRequest(wf_spec_name="crowd", var_name="items", value="x")
        )


async def test_events_by_def_and_what_became_of_them(client: Client, scheduling: None) -> None:
    config = CorrelatedEventConfig()
    await client.put_external_event_def(
        PutExternalEventDefRequest(name="paid", correlated_event_config=config)
    )
    await client.put_workflow_event_def(PutWorkflowEventDefRequest(name="done"))

    def story(wf) -> None:  # type: ignore[no-untyped-def]
        wf.wait_for_event("paid")
        wf.throw_event("done")
        wf.throw_event("done")

    await client.put_wf_spec(compiled("story", story))
    for number in range(4):
        await client.run_wf("story", id=f"s{number}")
        for guid in ("first", "second"):
            await client.post_event(f"s{number}", "paid", guid=guid)
    paid, done = ExternalEventDefId(name="paid"), WorkflowEventDefId(name="done")
    for is_claimed, guids in ((True, {"first"}), (False, {"second"}), (None, {"first", "second"})):
        request = SearchExternalEventRequest(external_event_def_id=paid, is_claimed=is_claimed)
        found = await all_pages(client.search_external_events, request)
        assert {one.guid for one in found} == guids
        assert len(found) == 4 * len(guids)
    found = await all_pages(
        client.search_workflow_events, SearchWorkflowEventRequest(workflow_event_def_id=done)
    )
    assert sorted((one.wf_run_id, one.number) for one in found) == [
        (f"s{n}", number) for n in range(4) for number in (0, 1)
    ]
    await client.delete_wf_run("s0")
    for search, request in (
        (client.search_external_events, SearchExternalEventRequest(external_event_def_id=paid)),
        (client.search_workflow_events, SearchWorkflowEventRequest(workflow_event_def_id=done)),
    ):
        assert {one.wf_run_id for one in await all_pages(search, request)} == {"s1", "s2", "s3"}  # type: ignore[arg-type]
    for key in ("a", "b", "ü:c"):
        await client.put_correlated_event("paid", key)
    request = SearchCorrelatedEventRequest(external_event_def_id=paid)
    assert {one.key for one in await all_pages(client.search_correlated_events, request)} == {"a", "b", "ü:c"}
    none = SearchCorrelatedEventRequest(external_event_def_id=paid, has_external_events=True)
    assert await all_pages(client.search_correlated_events, none) == []
    await client.delete_correlated_event("paid", "a")
    assert {one.key for one in await all_pages(client.search_correlated_events, request)} == {"b", "ü:c"}

"""The story of search: WfRuns by what they are, when they began, what they hold and where they come from."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lhredis.client import Client
from lhredis.errors import InvalidArgument
from lhredis.model.enums import LHStatus, VariableType
from lhredis.model.event_def import PutExternalEventDefRequest
from lhredis.model.ids import ExternalEventDefId
from lhredis.model.search import (
    CountWfRunRequest,
    SearchNodeRunRequest,
    SearchOrder,
    SearchWfRunRequest,
)
from lhredis.model.wf_run import RunWfRequest
from lhredis.model.wf_spec import ParentWfSpecReference
from lhredis.workflow import WorkflowThread
from tests.api.specs import compiled, instant, put_instant


def person(wf) -> None:  # type: ignore[no-untyped-def]
    """Waits, found by everything that there is."""
    wf.declare_str("email").searchable()
    wf.declare_int("age").searchable()
    wf.declare_double("score").searchable()
    wf.declare_bool("member").searchable()
    wf.declare_json_arr("tags").searchable()
    wf.declare_json_obj("address").searchable_on("$.city", VariableType.STR).searchable_on(
        "$.zip", VariableType.INT
    )
    wf.declare_str("secret")
    wf.sleep(1000)


async def put_person(client: Client) -> None:
    await client.put_wf_spec(compiled("person", person))


async def found(client: Client, **filters: Any) -> list[str]:
    """The ids of the runs found, sorted; the count has to agree."""
    where = filters.pop("where", {})
    filters["variable_filters"] = [{"var_name": name, "value": value} for name, value in where.items()]
    page = await client.search_wf_runs(SearchWfRunRequest.model_validate(filters))
    assert page.bookmark is None
    assert await client.count_wf_runs(CountWfRunRequest.model_validate(filters)) == len(page.items)
    return sorted(run.id for run in page.items)


async def test_by_variables_of_every_kind_and_several_at_once(client: Client) -> None:
    await put_person(client)
    ada = {"email": "ada@a.b", "age": 36, "score": 1.5, "member": True, "tags": ["x", "y", "x", 7, None]}
    bob = {"email": "b" * 5000, "age": 36, "score": 2.0, "address": {"city": "Rome", "zip": 100}}
    await client.run_wf("person", ada, id="ada")
    await client.run_wf("person", bob, id="bob")
    of = {"wf_spec_name": "person"}
    for where, expected in [
        ({"email": "ada@a.b"}, ["ada"]),
        ({"email": "b" * 5000}, ["bob"]),
        ({"email": "b" * 4999}, []),
        ({"age": 36}, ["ada", "bob"]),
        ({"score": 2}, ["bob"]),
        ({"member": True}, ["ada"]),
        ({"tags": "x"}, ["ada"]),
        ({"tags": 7}, ["ada"]),
        ({"tags": "z"}, []),
        ({"address_$.city": "Rome", "address_$.zip": 100, "age": 36}, ["bob"]),
        ({"age": 36, "member": True}, ["ada"]),
        ({"age": 36, "member": False}, []),
    ]:
        assert await found(client, **of, where=where) == expected, where
    assert await found(client, **of, where={"age": 36}, status="RUNNING") == ["ada", "bob"]
    assert await found(client, **of, where={"age": 36}, status="COMPLETED") == []


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"age": "36"}, "variable 'age' is INT: nothing is found by '36'"),
        ({"age": 36.5}, "variable 'age' is INT: nothing is found by 36.5"),
        ({"age": True}, "variable 'age' is INT: nothing is found by True"),
        ({"member": 1}, "variable 'member' is BOOL: nothing is found by 1"),
        ({"age": 36, "email": 5}, "variable 'email' is STR: nothing is found by 5"),
    ],
)
async def test_what_a_variable_cannot_hold_is_refused(
    client: Client, where: dict[str, Any], says: str
) -> None:
    await put_person(client)
    with pytest.raises(InvalidArgument, match=re.escape(says)):
        await found(client, wf_spec_name="person", where=where)


async def test_a_variable_that_changes_is_found_by_its_new_value_alone(client: Client) -> None:
    def changing(wf) -> None:  # type: ignore[no-untyped-def]
        colour = wf.declare_str("colour", "red").searchable()
        wf.wait_for_event("go")
        colour.assign("blue")
        wf.sleep(1000)

    await client.put_external_event_def(PutExternalEventDefRequest(name="go"))
    await client.put_wf_spec(compiled("changing", changing))
    await client.run_wf("changing", id="r1")
    assert await found(client, wf_spec_name="changing", where={"colour": "red"}) == ["r1"]
    await client.post_event("r1", "go")
    assert await found(client, wf_spec_name="changing", where={"colour": "red"}) == []
    assert await found(client, wf_spec_name="changing", where={"colour": "blue"}) == ["r1"]
    await client.delete_wf_run("r1")
    assert await found(client, wf_spec_name="changing", where={"colour": "blue"}) == []


async def test_a_thread_that_is_archived_as_soon_as_it_began_leaves_no_entry(client: Client) -> None:
    def archives(wf: WorkflowThread) -> None:
        def child(inner: WorkflowThread) -> None:
            inner.with_retention_policy(0)
            inner.declare_str("word", default_value="gone").searchable()

        wf.wait_for_threads(wf.spawn_thread(child, "child"))
        wf.sleep(1000)

    await client.put_wf_spec(compiled("archives", archives))
    run = await client.run_wf("archives")
    assert [thread.number for thread in run.thread_runs] == [0]
    assert await found(client, wf_spec_name="archives", where={"word": "gone"}) == []
    assert await found(client, wf_spec_name="archives") == [run.id]


async def test_by_spec_version_and_status(client: Client) -> None:
    await put_person(client)
    await put_instant(client)
    await client.put_wf_spec(compiled("instant", lambda wf: wf.sleep(1000)))
    await client.run_wf("instant", id="old", major_version=0, revision=0)
    new = await client.run_wf("instant", id="new")
    await client.run_wf("person", id="other")
    version = new.wf_spec_id
    assert await found(client, wf_spec_name="instant") == ["new", "old"]
    assert await found(client, wf_spec_name="instant", status="COMPLETED") == ["old"]
    assert await found(client, wf_spec_name="instant", status="ERROR") == []
    assert await found(client, status="RUNNING") == ["new", "other"]
    of = {"wf_spec_name": "instant", "wf_spec_major_version": version.major_version}
    assert "new" in await found(client, **of)
    assert await found(client, **of, wf_spec_revision=version.revision) == ["new"]
    assert await found(client, wf_spec_name="instant", wf_spec_major_version=77) == []
    assert await found(client, wf_spec_name="nobody") == []
    page = await client.list_wf_runs(wf_spec_name="instant", status=LHStatus.COMPLETED)
    assert [run.id for run in page.items] == ["old"]


async def test_runs_of_a_wf_spec_that_is_gone_altogether_are_found_by_their_status(client: Client) -> None:
    await client.put_external_event_def(PutExternalEventDefRequest(name="go"))
    await client.put_wf_spec(compiled("gone", lambda wf: wf.wait_for_event("go")))
    run = await client.run_wf("gone")
    version = run.wf_spec_id
    await client.delete_wf_spec("gone", version.major_version, version.revision)
    assert await found(client) == [run.id]
    assert await found(client, status="RUNNING") == [run.id]
    node_runs = await client.search_node_runs(
        SearchNodeRunRequest(external_event_def_id=ExternalEventDefId(name="go"))
    )
    assert [one.wf_run_id for one in node_runs.items] == [run.id]


async def test_the_least_int_and_moments_far_away_are_told_from_their_neighbours(client: Client) -> None:
    def edges(wf: WorkflowThread) -> None:
        wf.declare_int("whole").searchable()
        wf.declare_double("real").searchable()
        wf.declare_timestamp("moment").searchable()
        wf.sleep(1000)

    await client.put_wf_spec(compiled("edges", edges))
    last = datetime.max.replace(tzinfo=UTC)
    await client.run_wf("edges", {"whole": -(2**63), "moment": last}, id="int")
    await client.run_wf(
        "edges", {"real": -(2.0**63), "moment": last - timedelta(microseconds=1)}, id="double"
    )
    of = {"wf_spec_name": "edges"}
    for value in (-(2**63), -(2.0**63)):
        assert await found(client, **of, where={"whole": value}) == ["int"]
        assert await found(client, **of, where={"real": value}) == ["double"]
    assert await found(client, **of, where={"moment": last}) == ["int"]


async def test_by_parent_and_whole_tree(client: Client) -> None:
    await put_instant(client)
    await client.run_wf("instant", id="root")
    await client.run_wf("instant", id="other")
    parent = "instant"
    for spec in ("kid", "grandkid", "baby"):
        reference = ParentWfSpecReference(wf_spec_name=parent)
        await client.put_wf_spec(compiled(spec, instant).model_copy(update={"parent_wf_spec": reference}))
        parent = spec
    for spec, child, of in (
        ("kid", "a", "root"),
        ("kid", "b", "root"),
        ("grandkid", "c", "root_a"),
        ("baby", "d", "root_a_c"),
    ):
        await client.run_wf(spec, id=child, parent_wf_run_id=of)
    assert await found(client, parent_wf_run_id="root") == ["root_a", "root_b"]
    tree = ["root_a", "root_a_c", "root_a_c_d", "root_b"]
    assert await found(client, parent_wf_run_id="root", show_full_tree=True) == tree
    assert await found(client, parent_wf_run_id="root_a", show_full_tree=True) == tree[1:3]
    assert await found(client, parent_wf_run_id="root_a") == ["root_a_c"]
    assert await found(client, parent_wf_run_id="root", wf_spec_name="instant") == []


async def test_by_time_in_both_orders_and_in_pages(client: Client) -> None:
    await put_instant(client)
    runs = [(await client.run_wf("instant")) for _ in range(3)]
    await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 47)
    seen: list[tuple[str, str]] = []
    request = SearchWfRunRequest(wf_spec_name="instant", limit=7, order=SearchOrder.OLDEST_FIRST)
    while True:
        page = await client.search_wf_runs(request)
        seen += [(run.start_time, run.id) for run in page.items]
        if page.bookmark is None:
            break
        assert len(page.items) == 7
        request = SearchWfRunRequest(**{**request.model_dump(exclude_unset=True), "bookmark": page.bookmark})
    assert len(seen) == 50
    assert seen == sorted(seen)
    first = runs[0].start_time
    early = await found(client, wf_spec_name="instant", latest_start=first)
    late = await found(client, wf_spec_name="instant", earliest_start=first)
    assert runs[0].id in early and runs[0].id in late and len(late) == 50


@pytest.mark.parametrize(
    ("filters", "complaint"),
    [
        ({"wf_spec_major_version": 1}, "says nothing without a wf_spec_name"),
        ({"wf_spec_name": "person", "wf_spec_revision": 1}, "says nothing without a wf_spec_major_version"),
        ({"variable_filters": [{"var_name": "email", "value": "x"}]}, "say nothing without a wf_spec_name"),
        ({"show_full_tree": True}, "says nothing without a parent_wf_run_id"),
        ({"status": "DONE"}, "expected one of STARTING, RUNNING"),
        ({"earliest_start": "yesterday"}, "a timestamp is RFC 3339"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"bookmark": "x"}, "bookmark: is none that this API gave"),
        (
            {"wf_spec_name": "person", "variable_filters": [{"var_name": "secret", "value": "x"}]},
            "no searchable variable 'secret'; there are: address_\\$.city, address_\\$.zip, age, email",
        ),
        (
            {"wf_spec_name": "person", "variable_filters": [{"var_name": "email", "value": None}]},
            "null is nothing that a WfRun is found by",
        ),
        (
            {"wf_spec_name": "person", "variable_filters": [{"var_name": "email", "value": {"a": 1}}]},
            "'email' is STR: nothing is found by",
        ),
    ],
)
async def test_filters_that_make_no_sense_are_refused(
    client: Client, filters: dict[str, Any], complaint: str
) -> None:
    await put_person(client)
    with pytest.raises(InvalidArgument, match=complaint):
        await client._connection.call("POST", "/v1/wf-runs:search", filters)


async def test_a_bookmark_of_another_order_is_refused(client: Client) -> None:
    await put_instant(client)
    await client.run_wf_batch([RunWfRequest(wf_spec_name="instant")] * 3)
    page = await client.search_wf_runs(SearchWfRunRequest(limit=1))
    with pytest.raises(InvalidArgument, match="in this order"):
        await client.search_wf_runs(
            SearchWfRunRequest(bookmark=page.bookmark, order=SearchOrder.OLDEST_FIRST)
        )

"""put_definition and put_version: every status, and what each writes."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from lhredis.store import keys
from lhredis.store.commands.put_definition import put_definition
from lhredis.store.commands.put_version import put_version
from lhredis.store.script import load
from tests.lua.dump import everything

TENANT = "acme"
DEFS, SPECS, EPOCH = keys.task_defs(TENANT), keys.wf_specs(TENANT), keys.metadata_epoch(TENANT)
FLOW = keys.wf_spec(TENANT, "flow")


async def test_a_free_name_is_registered_under_another_epoch(cluster: Redis):
    assert await put_definition(cluster, TENANT, DEFS, "greet", b'{"a":1}') is None
    epoch = await cluster.get(EPOCH)
    assert await everything(cluster) == {DEFS: ({b"greet": b'{"a":1}'}, False), EPOCH: (epoch, False)}
    assert await put_definition(cluster, TENANT, DEFS, "other", b"{}") is None
    assert await cluster.get(EPOCH) not in (None, epoch)


async def test_a_taken_name_keeps_what_it_has(cluster: Redis):
    await put_definition(cluster, TENANT, DEFS, "greet", b'{"a":1}')
    before = await everything(cluster)
    assert await put_definition(cluster, TENANT, DEFS, "greet", b'{"a":2}') == b'{"a":1}'
    assert await everything(cluster) == before


async def test_tenants_do_not_share_names(cluster: Redis):
    await put_definition(cluster, TENANT, DEFS, "greet", b'{"a":1}')
    assert await put_definition(cluster, "other", keys.task_defs("other"), "greet", b'{"a":2}') is None


async def test_the_first_version_of_a_spec_is_registered(cluster: Redis):
    assert await put_version(cluster, TENANT, SPECS, FLOW, "flow", "", "0.0", b"{}")
    assert await everything(cluster) == {
        SPECS: ({b"flow": b"0.0"}, False),
        FLOW: ({b"0.0": b"{}"}, False),
        EPOCH: (await cluster.get(EPOCH), False),
    }


async def test_a_version_follows_the_one_that_it_was_made_from(cluster: Redis):
    await put_version(cluster, TENANT, SPECS, FLOW, "flow", "", "0.0", b"{}")
    epoch = await cluster.get(EPOCH)
    assert await put_version(cluster, TENANT, SPECS, FLOW, "flow", "0.0", "0.1", b'{"v":1}')
    assert await cluster.hgetall(SPECS) == {b"flow": b"0.1"}
    assert await cluster.hgetall(FLOW) == {b"0.0": b"{}", b"0.1": b'{"v":1}'}
    assert await cluster.get(EPOCH) not in (None, epoch)


@pytest.mark.parametrize("seen", ["", "0.1", "1.0"])
async def test_a_version_made_from_another_one_is_stale_and_writes_nothing(cluster: Redis, seen: str):
    await put_version(cluster, TENANT, SPECS, FLOW, "flow", "", "0.0", b"{}")
    before = await everything(cluster)
    assert not await put_version(cluster, TENANT, SPECS, FLOW, "flow", seen, "0.2", b'{"v":2}')
    assert await everything(cluster) == before
    reply = await load("put_version").run(
        cluster,
        {"newest_of": SPECS, "versions": FLOW, "epoch": EPOCH},
        {"name": "flow", "seen": seen, "version": "0.2", "json": b"{}", "new_epoch": 1},
    )
    assert reply == [b"stale", b"0.0"]


async def test_a_version_of_a_spec_that_does_not_exist_is_stale(cluster: Redis):
    assert not await put_version(cluster, TENANT, SPECS, FLOW, "flow", "0.0", "0.1", b"{}")
    assert await everything(cluster) == {}


async def test_keys_of_two_tenants_are_refused_by_a_cluster(cluster: Redis):
    with pytest.raises(ResponseError, match="same slot"):
        await load("put_definition").run(
            cluster,
            {"definitions": DEFS, "epoch": keys.metadata_epoch("other")},
            {"name": "greet", "json": b"{}", "new_epoch": 1},
        )
    assert await everything(cluster) == {}


async def test_a_script_that_the_server_has_lost_is_loaded_again(cluster: Redis):
    await put_definition(cluster, TENANT, DEFS, "greet", b"{}")
    await cluster.script_flush()
    assert await put_definition(cluster, TENANT, DEFS, "other", b"{}") is None

"""The stories of RegisterTaskWorker: where to poll, whether the cluster is well, who is there."""

from __future__ import annotations

import time

import grpc
from littlehorse.model import (
    PutTaskDefRequest,
    RegisterTaskWorkerRequest,
    TaskDefId,
)

from lhredis.store import keys
from lhredis.store.task_workers import FORGOTTEN_MS, TaskWorker, put_heartbeat
from tests.grpc.lh import LH, Deployment


async def test_a_worker_is_told_to_come_to_this_server(deployment: Deployment, lh: LH):
    await lh.stub.PutTaskDef(PutTaskDefRequest(name="work"))
    request = RegisterTaskWorkerRequest(task_worker_id="anna", task_def_id=TaskDefId(name="work"))
    reply = await lh.stub.RegisterTaskWorker(request)
    assert [(host.host, host.port) for host in reply.your_hosts] == [("127.0.0.1", deployment.port)]
    assert reply.is_cluster_healthy


async def test_a_worker_of_a_task_that_is_not_there_is_told_so(lh: LH):
    request = RegisterTaskWorkerRequest(task_worker_id="anna", task_def_id=TaskDefId(name="nothing"))
    await lh.refusal(grpc.StatusCode.NOT_FOUND, "nothing", call=lh.stub.RegisterTaskWorker(request))


async def test_the_workers_that_live_are_listed(deployment: Deployment, lh: LH):
    await lh.stub.PutTaskDef(PutTaskDefRequest(name="work"))
    tenant = str(lh.config.tenant_id)
    now_ms = time.time_ns() // 1_000_000
    dead = TaskWorker("dead", "there", 1, now_ms - FORGOTTEN_MS - 1)
    await put_heartbeat(lh.redis, tenant, "work", dead)
    for worker in ("anna", "bert", "anna"):
        await lh.stub.RegisterTaskWorker(
            RegisterTaskWorkerRequest(task_worker_id=worker, task_def_id=TaskDefId(name="work"))
        )
    group = await lh.stub.GetTaskWorkerGroup(TaskDefId(name="work"))
    assert group.id.task_def_id.name == "work"
    assert sorted(group.task_workers) == ["anna", "bert"]
    anna = group.task_workers["anna"]
    assert [host.port for host in anna.hosts] == [deployment.port]
    assert anna.latest_heartbeat.ToMilliseconds() >= now_ms
    assert 0 < await lh.redis.pttl(keys.task_workers(tenant, "work")) <= FORGOTTEN_MS

"""registry: workers say that they live, and are told where to poll; who lives is told to people."""

from __future__ import annotations

import time
from typing import Any

from littlehorse.model.service_pb2 import RegisterTaskWorkerResponse, TaskWorkerGroup

from lhredis.grpc.context import Context
from lhredis.grpc.workers.poll_task import checked_worker_id
from lhredis.store.live_schedulers import live_schedulers
from lhredis.store.task_workers import TaskWorker, put_heartbeat, task_workers


async def register_task_worker(request: Any, context: Context) -> Any:
    """The address of this server: it claims from all partitions, so there is no need for another one. The
    cluster is healthy while a scheduler lives. NotFound when there is no such TaskDef."""
    services, front, name = context.services, context.front, request.task_def_id.name
    worker_id = checked_worker_id(request.task_worker_id)
    async with services.places:
        await services.metadata.task_def(context.tenant, name)
        now_ms = time.time_ns() // 1_000_000
        worker = TaskWorker(worker_id, front.host, front.port, now_ms)
        await put_heartbeat(services.redis, context.tenant, name, worker)
        reply = RegisterTaskWorkerResponse(is_cluster_healthy=bool(await live_schedulers(services.redis)))
    reply.your_hosts.add(host=_dialled(front.host), port=front.port)
    return reply


async def get_task_worker_group(request: Any, context: Context) -> Any:
    """The workers that have registered lately. NotFound when there is no such TaskDef."""
    services, name = context.services, request.name
    await services.metadata.task_def(context.tenant, name)
    group = TaskWorkerGroup()
    group.id.task_def_id.CopyFrom(request)
    for worker in await task_workers(services.redis, context.tenant, name, time.time_ns() // 1_000_000):
        entry = group.task_workers[worker.id]
        entry.task_worker_id = worker.id
        entry.latest_heartbeat.FromMilliseconds(worker.seen_ms)
        entry.hosts.add(host=_dialled(worker.host), port=worker.port)
    return group


def _dialled(host: str) -> str:
    """As it stands before the colon of a port."""
    return f"[{host}]" if ":" in host else host

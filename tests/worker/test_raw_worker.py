"""The story of a worker without the SDK: a Redis client, JSON, and docs/worker-protocol.md."""

from __future__ import annotations

import json
from typing import Any

import redis

from lhredis.workflow import WorkflowThread
from tests.architecture.tree import REPOSITORY
from tests.integration.stage import Stage, T
from tests.support import wait_until


class RawWorker:
    """Serves one task by Redis commands alone. Nothing here comes from lhredis."""

    def __init__(self, url: str, tenant: str, task_def: str, name: str) -> None:
        self.redis = redis.Redis.from_url(url, decode_responses=True)
        self.name = name
        count = int(self.redis.hget("lh:meta:cluster", "partitions"))
        self.streams = [f"lh:{{p{p}}}:tasks:{tenant}:{task_def}" for p in range(count)]
        for stream in self.streams:
            try:
                self.redis.xgroup_create(stream, "workers", id="0", mkstream=True)
            except redis.ResponseError as error:
                assert "BUSYGROUP" in str(error)

    def take(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(stream, entry, task) of what is there now."""
        reply = self.redis.xreadgroup("workers", self.name, dict.fromkeys(self.streams, ">"), count=1)
        return [
            (stream, entry, json.loads(fields["task"]))
            for stream, entries in reply
            for entry, fields in entries
        ]

    def report(self, stream: str, entry: str, task: dict[str, Any], **result: Any) -> None:
        form = {name: task[name] for name in ("task", "token", "tenant", "task_def")} | {"entry": entry}
        results = stream.split(":tasks:")[0] + ":results"
        self.redis.xadd(results, {"result": json.dumps(form | {"worker": self.name} | result)})

    def heartbeat(self, stream: str, entry: str) -> None:
        self.redis.execute_command("XCLAIM", stream, "workers", self.name, "0", entry, "JUSTID")


async def ended(stage: Stage, run: str) -> bool:
    return await stage.status(run) != "RUNNING"


async def taken(worker: RawWorker) -> tuple[str, str, dict[str, Any]]:
    (found,) = await wait_until(worker.take)
    return found


async def test_a_worker_of_raw_redis_commands_brings_a_run_to_its_end(stage: Stage):
    def story(wf: WorkflowThread) -> None:
        first = wf.execute("greet", "Leia", b"\x00", retries=1, timeout_seconds=30)
        wf.complete(wf.execute("greet", first, b"hi"))

    await stage.task("greet", "STR", name="STR", data="BYTES")
    await stage.start("r1", await stage.spec(story))
    worker = RawWorker(stage.url, T, "greet", "raw-1")

    stream, entry, task = await taken(worker)
    assert (task["task"], task["tenant"], task["task_def"]) == ("r1/0/1/0", T, "greet")
    assert (task["node"], task["timeout_ms"]) == ("1-greet-TASK", 30_000)
    assert task["inputs"] == {"name": "Leia", "data": {"$bytes": "AA=="}}
    assert list(task["inputs"]) == ["name", "data"]
    assert isinstance(task["scheduled_ms"], int) and task["token"]
    worker.heartbeat(stream, entry)
    worker.report(stream, entry, task, status="TASK_FAILED", error="not today", log="tried")

    stream, entry, retry = await taken(worker)
    assert (retry["task"], retry["inputs"]) == ("r1/0/1/1", task["inputs"])
    assert retry["token"] != task["token"]
    worker.report(stream, entry, retry, status="TASK_SUCCESS", output="hello")
    worker.report(stream, entry, retry, status="TASK_SUCCESS", output="twice")  # counts once

    stream, entry, last = await taken(worker)
    assert last["inputs"] == {"name": "hello", "data": {"$bytes": "aGk="}}
    worker.report(stream, entry, last, status="TASK_SUCCESS", output="bye", started_ms=5, worker_version="v1")
    await wait_until(lambda: ended(stage, "r1"))

    assert (await stage.run("r1")).threads[0].output == "bye"
    first, second = (await stage.history("r1"))[0, 1].task.attempts
    assert (first.status.name, first.error, first.log) == (
        "TASK_FAILED",
        ("TASK_FAILURE", "not today"),
        "tried",
    )
    assert (second.worker_id, second.output) == ("raw-1", "hello")
    attempt = (await stage.history("r1"))[0, 2].task.attempts[0]
    assert (attempt.started_ms, attempt.worker_version) == (5, "v1")
    assert await stage.leftovers() == []


async def test_a_worker_of_raw_redis_commands_throws_a_business_exception(stage: Stage):
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("buy")))
    worker = RawWorker(stage.url, T, "buy", "raw-1")
    found = await taken(worker)
    thrown = {
        "name": "out-of-stock",
        "message": "none left",
        "content": {"$timestamp": "2026-01-02T03:04:05Z"},
    }
    worker.report(*found, status="TASK_EXCEPTION", exception=thrown)
    await wait_until(lambda: ended(stage, "r1"))
    assert await stage.status("r1") == "EXCEPTION"
    failure = (await stage.history("r1"))[0, 1].failures[0]
    assert (failure.name, failure.message, failure.content.year) == ("out-of-stock", "none left", 2026)


async def test_the_claims_of_a_worker_of_raw_redis_commands_can_be_read_again(stage: Stage):
    """After a broken connection: what was given to us without our seeing it."""
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("buy")))
    worker = RawWorker(stage.url, T, "buy", "raw-1")
    stream, entry, task = await taken(worker)
    again = RawWorker(stage.url, T, "buy", "raw-1")
    assert again.take() == []
    reply = again.redis.xreadgroup("workers", "raw-1", dict.fromkeys(again.streams, "0"))
    found = [(name, at, json.loads(fields["task"])) for name, entries in reply for at, fields in entries]
    assert found == [(stream, entry, task)]
    again.report(*found[0], status="TASK_SUCCESS")
    await wait_until(lambda: ended(stage, "r1"))


async def test_a_worker_of_raw_redis_commands_keeps_checkpoints(stage: Stage):
    script = (REPOSITORY / "scripts" / "lua" / "put_checkpoint.lua").read_text()
    await stage.start("r1", await stage.spec(lambda wf: wf.execute("buy", retries=1)))
    worker = RawWorker(stage.url, T, "buy", "raw-1")

    def put(stream: str, entry: str, number: int, value: Any) -> list[str]:
        tag = stream.split(":tasks:")[0]
        keys = (f"{tag}:run:{T}:r1", f"{tag}:checkpoints:{T}:r1", stream)
        kept = json.dumps({"value": value, "attempt": 0, "created_ms": 5})
        return list(worker.redis.eval(script, 3, *keys, "workers", worker.name, entry, f"0:1:{number}", kept))

    stream, entry, task = await taken(worker)
    assert put(stream, entry, 0, "reserved") == ["put"]
    assert put(stream, entry, 0, "twice")[0] == "exists"
    worker.report(stream, entry, task, status="TASK_FAILED")
    old = entry
    stream, entry, task = await taken(worker)
    assert put(stream, old, 1, "late") == ["stop"]
    found = worker.redis.hget(f"{stream.split(':tasks:')[0]}:checkpoints:{T}:r1", "0:1:0")
    assert json.loads(found)["value"] == "reserved"
    worker.report(stream, entry, task, status="TASK_SUCCESS")
    await wait_until(lambda: ended(stage, "r1"))

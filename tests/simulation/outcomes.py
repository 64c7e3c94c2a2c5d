"""outcomes: what became of a run, without what luck decides: times, tokens, and how often a task was tried."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from lhredis.engine.run import NodeRun
from lhredis.model.values import encode_value
from lhredis.store.runs import load_history, load_run

GAVE_UP = {"TASK_FAILURE": "gave up", "TIMEOUT": "gave up"}
"""Which of the two it was depends on the last of several attempts."""


async def outcome_of(redis: Redis, partition: int, tenant: str, wf_run_id: str) -> dict[str, Any]:
    """Status, threads, variables and history of a run, in words that can be compared."""
    stored = await load_run(redis, partition, tenant, wf_run_id)
    if stored is None:
        return {"status": "missing"}
    threads = {
        thread.number: {
            "spec": thread.spec_name,
            "type": thread.type.name,
            "status": thread.status.name,
            "output": encode_value(thread.output),
            "variables": {name: encode_value(value) for name, value in sorted(thread.variables.items())},
        }
        for thread in stored.run.threads.values()
    }
    history = await load_history(redis, partition, tenant, wf_run_id)
    return {
        "status": stored.run.status.name,
        "threads": threads,
        "history": {f"{at[0]}:{at[1]}": _node(history[at]) for at in sorted(history)},
    }


def _node(node: NodeRun) -> dict[str, Any]:
    failures = [
        [GAVE_UP.get(each.name, each.name), encode_value(each.content), each.handler, each.handled]
        for each in node.failures
    ]
    found = {"name": node.name, "status": node.status.name, "failures": failures}
    if node.task is not None:
        last = node.task.attempts[-1]
        found["task"] = [
            node.task.task_def,
            [encode_value(value) for value in node.task.inputs],
            encode_value(last.output),
        ]
    return found


def differences(expected: Any, found: Any, path: str = "") -> list[str]:
    """Where two outcomes differ, a line each."""
    if isinstance(expected, dict) and isinstance(found, dict):
        lines = []
        for name in sorted(expected.keys() | found.keys(), key=str):
            missing = "nothing"
            lines += differences(expected.get(name, missing), found.get(name, missing), f"{path}/{name}")
        return lines
    return [] if expected == found else [f"{path}: without faults {expected!r}, with them {found!r}"]

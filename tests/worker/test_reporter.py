"""reporter: what a worker sends when a result cannot travel."""

from __future__ import annotations

import orjson
import pytest
import redis.asyncio

from lhredis.store.tasks import ScheduledTask
from lhredis.worker.reporter import Reporter

TASK = ScheduledTask("run/0/1/0", "token", "default", "greet", "1-greet-TASK", {}, 1000, 0, "1-0")


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ({"status": "TASK_SUCCESS", "output": "\ud800"}, "TASK_OUTPUT_SERDE_ERROR"),
        ({"status": "TASK_FAILED", "error": "\ud800"}, "TASK_FAILED"),
    ],
)
def test_a_result_that_is_no_json_is_reported_as_such(result: dict[str, str], status: str):
    reporter = Reporter(redis.asyncio.Redis(), "worker", lambda task: None)
    reporter.report(TASK, result)
    ((_, data),) = reporter._waiting
    form = orjson.loads(data)
    assert (form["task"], form["entry"], form["status"]) == ("run/0/1/0", "1-0", status)
    assert "no JSON" in form["error"]

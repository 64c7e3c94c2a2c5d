"""`lhredis worker`: registers, refuses to start when that fails, restarts its children, drains."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from lhredis.cli import exits
from lhredis.client import SyncClient
from lhredis.model.enums import TaskStatus
from lhredis.workflow import Workflow
from tests.cli.conftest import Call
from tests.cli.processes import Dev, is_alive, running
from tests.support import wait_until

TASKS = """
import asyncio, pathlib
from lhredis.worker import task

@task
async def crew_work(seconds: float) -> str:
    pathlib.Path("begun").touch()
    await asyncio.sleep(seconds)
    return "done"
"""


READY = re.compile(r"worker \S+: crew-work\n")
"""What a worker process logs when it begins to take tasks; registering the tasks logs another line."""


def ready(log: Path) -> int:
    """How many worker processes have said that they take tasks."""
    return len(READY.findall(log.read_text()))


def test_a_worker_whose_api_is_away_does_not_start(alone: Call) -> None:
    outcome = alone("worker", "tests.cli.stories", "--api-url", "http://127.0.0.1:1")
    assert outcome.code == exits.UNREACHABLE
    assert "the TaskDefs cannot be registered" in outcome.err


def test_a_worker_whose_task_has_another_signature_does_not_start(lhredis: Call, tmp_path: Path) -> None:
    (tmp_path / "other_story.py").write_text(
        "from lhredis.worker import task\n@task\ndef story_greet(name: int) -> None: ...\n"
    )
    outcome = lhredis("worker", "other_story.py")
    assert outcome.code == exits.USAGE
    assert "already exists" in outcome.err
    assert "has another signature" in outcome.err


def test_a_worker_of_nothing_does_not_start(lhredis: Call) -> None:
    assert lhredis("worker", "nowhere").code == exits.USAGE


@pytest.mark.parametrize("processes", ["1", "2"])
async def test_sigterm_lets_what_was_begun_end(dev: Dev, tmp_path: Path, processes: str) -> None:
    (tmp_path / "crew.py").write_text(TASKS)
    arguments = ["worker", "crew", "--processes", processes, "--log-level", "info"]
    with (
        SyncClient(dev.where["api_url"]) as client,
        running(arguments, dev.environment, tmp_path) as (worker, log),
    ):
        await wait_until(lambda: ready(log) == int(processes))
        spec = Workflow("crew", lambda wf: wf.complete(wf.execute("crew-work", 0.5)))
        client.put_wf_spec(spec.compile())
        run = client.run_wf("crew")
        await wait_until(lambda: (tmp_path / "begun").exists())
        worker.terminate()
        assert worker.wait(20) == 0
        ended = client.get_wf_run(run.id, wait_ms=10_000)
        assert ended.thread_runs[0].output == "done"
        (attempt,) = client.list_task_runs(run.id)[0].attempts
        assert attempt.status is TaskStatus.TASK_SUCCESS


async def test_a_child_that_dies_is_started_again_and_none_is_left(dev: Dev, tmp_path: Path) -> None:
    (tmp_path / "crew.py").write_text(TASKS)
    arguments = ["worker", "crew", "--processes", "2", "--log-level", "info"]
    with running(arguments, dev.environment, tmp_path) as (worker, log):
        found = await wait_until(lambda: re.search(r"2 worker processes: (\d+), (\d+)", log.read_text()))
        first, second = map(int, found.groups())
        await wait_until(lambda: ready(log) == 2)
        os.kill(first, signal.SIGKILL)
        await wait_until(lambda: ready(log) == 3)
        assert f"worker 1 (process {first}) was killed by SIGKILL unexpectedly" in log.read_text()
        worker.kill()
        await wait_until(lambda: not is_alive(second))

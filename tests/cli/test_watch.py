"""`--watch` shows a thing again and again: redrawn at a terminal, each change appended elsewhere."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from rich.text import Text

from lhredis.cli import exits
from lhredis.cli.look import Look
from lhredis.cli.watch import watched
from lhredis.errors import NotFound, Unavailable
from tests.cli.conftest import Call
from tests.cli.processes import Dev, command, finished
from tests.cli.terminal import ANSWER_S_MAX, at_terminal

REDRAWN = re.compile(r"\x1b\[\d*A")
"""The cursor goes up, to where the table began."""


@pytest.fixture
def waiting(lhredis: Call) -> str:
    """The id of a run that sleeps."""
    id = f"waiting-{uuid4().hex[:8]}"
    assert lhredis("run", "story-wait", "--id", id).code == exits.OK
    return id


@contextmanager
def started(dev: Dev, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`lhredis …` whose stdout is a pipe."""
    process = subprocess.Popen(
        command(*arguments), env=dev.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_run_is_watched_until_it_has_ended(lhredis: Call, dev: Dev, waiting: str) -> None:
    with started(dev, "get", "run", waiting, "--watch", "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["status"] == "RUNNING"
        assert lhredis("stop", waiting).code == exits.OK
        assert json.loads(process.stdout.readline())["status"] == "HALTED"
        assert process.poll() is None
        lhredis("delete", "run", waiting)
        assert process.wait(ANSWER_S_MAX) == exits.NOT_FOUND


def test_the_exit_code_tells_how_the_run_ended(lhredis: Call, dev: Dev) -> None:
    good, bad = f"good-{uuid4().hex[:8]}", f"bad-{uuid4().hex[:8]}"
    lhredis("run", "story-greet", "name=Ada", "--wait", "--id", good)
    lhredis("run", "story-break", "--wait", "--id", bad)
    assert finished(["get", "run", good, "--watch"], dev.environment).returncode == exits.OK
    ended = finished(["explain", bad, "--watch", "--json"], dev.environment)
    assert json.loads(ended.stdout)["status"] == "ERROR"
    assert finished(["get", "run", bad, "--watch"], dev.environment).returncode == exits.RUN_FAILED


def test_in_a_pipe_each_change_is_appended_until_ctrl_c(lhredis: Call, dev: Dev) -> None:
    email = f"{uuid4().hex}@a.b"
    search = ("search", "runs", "--spec", "story-find", "--where", f"email={email}", "--watch")
    with started(dev, *search) as process:
        assert process.stdout is not None
        assert re.fullmatch(r"\d\d:\d\d:\d\d\n", process.stdout.readline())
        assert process.stdout.readline() == "none\n"
        lhredis("run", "story-find", f"email={email}", "age=1", "--id", f"found-{email[:8]}")
        lines = [process.stdout.readline() for _ in range(4)]
        assert lines[0] == "\n"
        assert lines[2].split() == ["wf-run", "wf-spec", "status", "started", "took"]
        assert lines[3].startswith(f"found-{email[:8]}")
        process.send_signal(signal.SIGINT)
        assert process.wait(ANSWER_S_MAX) == exits.INTERRUPTED
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_ends_with_the_reader_of_its_pipe(dev: Dev) -> None:
    with started(dev, "search", "runs", "--spec", "story-nobody", "--watch") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()  # `| head -1`
        process.stdout = None
        assert process.wait(ANSWER_S_MAX) == exits.OK


def test_a_reader_that_has_read_enough_is_no_failure(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    runs = tmp_path / "runs.jsonl"
    runs.write_text('{"wf_spec_name": "story-wait"}\n' * 2000)  # more than a pipe holds
    with started(dev, "run-batch", str(runs)) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        assert process.wait(ANSWER_S_MAX) == exits.OK
        assert process.stderr.read() == ""
    lhredis("bulk-delete", "story-wait", "--yes", "--wait")


def test_at_a_terminal_the_table_is_redrawn_in_place(lhredis: Call, dev: Dev, waiting: str) -> None:
    with at_terminal(["get", "run", waiting, "--watch"], dev.environment) as (process, terminal):
        first = terminal.read_until("Ctrl-C ends it")
        assert "RUNNING" in first
        assert not REDRAWN.search(first)
        lhredis("stop", waiting)
        assert REDRAWN.search(terminal.read_until("HALTED"))
        process.send_signal(signal.SIGINT)
        assert process.wait(ANSWER_S_MAX) == exits.INTERRUPTED


def test_an_api_that_goes_away_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lhredis.cli.watch.LOOK_PAUSE_S", 0)
    looks: list[Look | Exception] = [
        look("one"), Unavailable("it is away"), Unavailable("it is away"), look("two"), look("two"),
        look("three", ended=True),
    ]  # fmt: skip

    def next_look() -> Look:
        one = looks.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    assert watched(next_look, as_json=True).found == {"is": "three"}
    shown = capsys.readouterr()
    assert [json.loads(line)["is"] for line in shown.out.splitlines()] == ["one", "two", "three"]
    assert shown.err.count("it is away; trying again") == 1


def test_what_is_not_there_is_not_waited_for() -> None:
    def gone() -> Look:
        raise NotFound("gone")

    with pytest.raises(NotFound):
        watched(gone, as_json=True)


def look(word: str, ended: bool = False) -> Look:
    return Look({"is": word}, lambda: Text(word), ended)


def test_a_bulk_job_is_watched_until_it_is_done(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    id = f"job-{uuid4().hex[:8]}"
    lhredis("bulk-delete", "story-refuse", "--id", id, "--yes")
    ended = finished(["get", "bulk-job", id, "--watch", "--json"], dev.environment)
    assert ended.returncode == exits.OK
    assert json.loads(ended.stdout.splitlines()[-1])["status"] == "COMPLETED"
    assert id in lhredis("list", "bulk-jobs", "--status", "COMPLETED").out
    assert "COMPLETED, 8 of 8 partitions done" in lhredis("get", "bulk-job", id).out
    assert "deleted" in lhredis("delete", "bulk-job", id).out
    assert lhredis("get", "bulk-job", id).code == exits.NOT_FOUND

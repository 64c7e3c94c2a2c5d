"""Errors are one red line and an exit code; help is quick."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from lhredis import __version__
from lhredis.cli import exits
from lhredis.cli.main import app
from lhredis.client.connection import Connection
from tests.cli.conftest import Call

NOBODY = "http://127.0.0.1:1"


def test_an_api_that_is_away_is_code_4_and_who_knows_more_is_named(alone: Call) -> None:
    outcome = alone("get", "wf-run", "x", "--api-url", NOBODY)
    assert outcome.code == exits.UNREACHABLE
    assert outcome.out == ""
    error, hint = outcome.err.splitlines()
    assert error.startswith(f"error: {NOBODY} cannot be reached")
    assert "`lhredis doctor`" in hint


@pytest.mark.parametrize("url", ["nonsense", "ftp://somewhere", "localhost:8000"])
def test_a_url_of_no_api_is_wrong_usage(alone: Call, url: str) -> None:
    outcome = alone("list", "runs", "--api-url", url)
    assert outcome.code == exits.USAGE
    assert f"{url!r} is no URL of an API" in outcome.err


@pytest.mark.parametrize(
    "process", [("server", "--port", "1"), ("scheduler",), ("worker", "tests.cli.stories")]
)
def test_a_url_of_no_redis_is_wrong_usage(
    lhredis: Call, monkeypatch: pytest.MonkeyPatch, process: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LHREDIS_REDIS_URL", "https://ada:secret@somewhere")
    outcome = lhredis(*process)
    assert outcome.code == exits.USAGE, outcome.err
    assert "'https://…@somewhere' is no URL of a Redis: Redis URL must specify" in outcome.err


def test_a_setting_that_is_empty_is_not_set(lhredis: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LHREDIS_TENANT", "")
    assert lhredis("get", "wf-spec", "story-greet").code == exits.OK


def test_with_json_an_error_is_a_problem_on_stderr(alone: Call) -> None:
    outcome = alone("list", "wf-runs", "--json", "--api-url", NOBODY)
    assert outcome.code == exits.UNREACHABLE
    assert outcome.out == ""
    problem = json.loads(outcome.err)
    assert problem["code"] == "UNAVAILABLE"
    assert problem["type"] == "https://lhredis.dev/problems/unavailable"


def test_debug_shows_the_traceback(alone: Call) -> None:
    assert "Traceback" not in alone("health", "--api-url", NOBODY).err
    assert "Traceback" in alone("health", "--api-url", NOBODY, "--log-level", "debug").err


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "x", "--major-version", "-1"], ["gett"], ["get", "x"]]
)
def test_wrong_usage_is_code_2(alone: Call, arguments: list[str]) -> None:
    outcome = alone(*arguments)
    assert outcome.code == exits.USAGE
    assert "Error" in outcome.err


def test_a_bug_is_one_line_and_code_70(alone: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lhredis.cli.where.find_api_url", lambda given: 1 / 0)
    outcome = alone("list", "wf-runs")
    assert outcome.code == exits.BUG
    assert outcome.err.startswith("error: ZeroDivisionError: division by zero (a bug in lhredis;")


def test_the_version_is_told_as_everywhere(alone: Call) -> None:
    assert alone("--version").out == f"lhredis {__version__}\n"
    assert alone().code == exits.USAGE, "nothing to do is wrong usage, and shows the help"


def test_a_file_is_no_folder_of_data(alone: Call) -> None:
    refused = alone("dev", "--data", "/dev/null")
    assert refused.code == exits.USAGE
    assert "error: /dev/null cannot be the folder of the data: File exists" in refused.err


@pytest.mark.parametrize("group", [(), ("get",), ("list",), ("user-task",), ("metrics",)])
def test_help_cuts_no_sentence_off(alone: Call, group: tuple[str, ...]) -> None:
    outcome = alone(*group, "--help")
    assert outcome.code == exits.OK
    assert "..." not in outcome.out.replace("]...", "")


def test_help_shows_every_exit_code(alone: Call) -> None:
    outcome = alone("--help")
    assert outcome.code == 0
    for code, meaning in exits.MEANINGS.items():
        assert f"{code}  {meaning}" in outcome.out


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["dev", "--help"]])
def test_help_loads_nothing_that_is_slow(arguments: list[str]) -> None:
    script = (
        f"import sys; sys.argv = ['lhredis', *{arguments!r}]\n"
        "from lhredis.cli.main import app\n"
        "try: app()\n"
        "except SystemExit: pass\n"
        "print(sorted({'lhredis.model', 'httpx', 'redis', 'starlette', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("run", "story-gret"), "story-greet"),
        (("run", "Story-Greet/0"), "story-greet"),
        (("get", "task-def", "stry-break"), "story-break"),
    ],
)
def test_who_names_nothing_is_told_what_is_like_it(lhredis: Call, words: tuple[str, ...], meant: str) -> None:
    outcome = lhredis(*words)
    assert outcome.code == exits.NOT_FOUND
    assert f"did you mean '{meant}'?" in outcome.err


def test_what_is_there_in_another_version_is_not_said_to_be_meant(lhredis: Call) -> None:
    outcome = lhredis("get", "wf-spec", "story-greet/77")
    assert outcome.code == exits.NOT_FOUND
    assert "did you mean" not in outcome.err


def test_a_negative_number_is_told_to_stand_behind_two_hyphens(alone: Call) -> None:
    outcome = alone("post-event", "some-run", "some-def", "-5")
    assert outcome.code == exits.USAGE
    assert "No such option: -5. Write -- before a value" in outcome.err


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from _commands(command, (*path, name))


@pytest.mark.parametrize("path", list(_commands(get_command(app))), ids=" ".join)
def test_help_of_every_command_writes_its_arguments_once(alone: Call, path: tuple[str, ...]) -> None:
    outcome = alone(*path, "--help")
    assert outcome.code == exits.OK
    assert "[[" not in outcome.out


def test_an_answer_that_is_not_understood_may_be_one_of_another_version(
    lhredis: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = lhredis("run", "story-greet", "name=Ada", "--json").json["id"]
    call = Connection.call

    async def of_tomorrow(self: Connection, *arguments: Any, **options: Any) -> Any:
        return {**await call(self, *arguments, **options), "new_field": 1}

    monkeypatch.setattr(Connection, "call", of_tomorrow)
    outcome = lhredis("explain", run)
    assert outcome.code == exits.BUG
    assert "new_field" in outcome.err
    assert "the API is of another version: see `lhredis version`" in " ".join(outcome.err.split())


@pytest.mark.parametrize("content", [(), ("content",)])
def test_an_event_of_an_unknown_def_is_not_found_whatever_it_holds(
    lhredis: Call, tmp_path: Path, content: tuple[str, ...]
) -> None:
    file = tmp_path / "def.json"
    file.write_text(json.dumps({"kind": "ExternalEventDef", "name": "story-came"}))
    lhredis("deploy", str(file))
    for words in (("post-event", "some-run", "story-cme"), ("put-correlated-event", "story-cme", "key")):
        outcome = lhredis(*words, *content)
        assert outcome.code == exits.NOT_FOUND
        assert "did you mean 'story-came'?" in outcome.err
    lhredis("delete", "external-event-def", "story-came")

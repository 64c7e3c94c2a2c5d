"""conftest: one `lhredis dev` as real processes for all tests of the command line, and a way to call it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lhredis.cli.main import app
from tests.cli.processes import UNSET, Dev, running_dev


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Outcome]


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """A whole lhredis with a worker of tests/cli/stories.py, which are deployed."""
    folder = tmp_path_factory.mktemp("dev")
    with running_dev(folder, "--module", "tests.cli.stories", "--durability", "memory") as running:
        environment = {"LHREDIS_API_URL": running.where["api_url"]}
        result = CliRunner().invoke(app, ["deploy", "tests.cli.stories"], env=environment)
        assert result.exit_code == 0, result.output
        yield running


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Call]:
    """Calls a command in this process, in an empty folder, with nothing set: no API is known."""
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield _call
    root.handlers[:], root.level = handlers, level  # --log-level set up those of the command


@pytest.fixture
def lhredis(alone: Call, dev: Dev, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls a command in this process; it finds the session's `dev`."""
    monkeypatch.setenv("LHREDIS_API_URL", dev.where["api_url"])
    monkeypatch.setenv("LHREDIS_REDIS_URL", dev.where["redis_url"])
    return alone


def _call(*arguments: str) -> Outcome:
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)

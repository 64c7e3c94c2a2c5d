"""A shell completes commands, options, and the names of what the server has."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import uuid4

import pytest

from tests.cli.conftest import Call
from tests.cli.processes import Dev, clean_environment

PROGRAM = "from lhredis.cli.main import app; app(prog_name='lhredis')"


def completed(environment: dict[str, str], *words: str) -> list[str]:
    """What bash is given for the last of these words."""
    asked = {
        **environment,
        "_LHREDIS_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("lhredis", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=asked, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_shown(shell: str) -> None:
    asked = {**os.environ, "_LHREDIS_COMPLETE": f"source_{shell}"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=asked, capture_output=True, text=True, check=True
    )
    assert "_LHREDIS_COMPLETE=complete_" in done.stdout


def test_show_completion_is_for_the_shell_that_asks() -> None:
    of_bash = ("bash", "-c", '"$0" -c "$1" --show-completion; exit $?', sys.executable, PROGRAM)
    done = subprocess.run(of_bash, capture_output=True, text=True, check=True)
    assert "complete_bash" in done.stdout


def test_commands_and_options_are_completed() -> None:
    environment = clean_environment()
    assert {"search", "server"} <= set(completed(environment, "se"))
    assert completed(environment, "search", "user") == ["user-task-runs"]
    assert "--watch" in completed(environment, "get", "wf-run", "--w")


def test_names_come_from_the_server(dev: Dev, lhredis: Call) -> None:
    assert "story-greet" in completed(dev.environment, "run", "story-gr")
    assert completed(dev.environment, "search", "runs", "--spec", "story-fi") == ["story-find"]
    assert completed(dev.environment, "get", "task-def", "story-br") == ["story-break"]
    assert completed(dev.environment, "list", "wf-runs", "--status", "COMP") == ["COMPLETED"]
    id = f"new-{uuid4().hex[:8]}"
    lhredis("run", "story-wait", "--id", id)
    assert completed(dev.environment, "explain", id[:9]) == [id]


def test_no_server_completes_nothing() -> None:
    nobody = {**clean_environment(), "LHREDIS_API_URL": "http://127.0.0.1:1"}
    assert completed(nobody, "get", "wf-spec", "story") == []

"""What comes from anybody is shown to a terminal without obeying it, and streams may be closed or full."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lhredis.cli import exits
from lhredis.cli.console import out
from tests.cli.conftest import Call
from tests.cli.processes import Dev, command
from tests.cli.terminal import ANSWER_S_MAX, at_terminal
from tests.cli.test_user_tasks import pressed_ctrl_c, started

CLEARS_THE_SCREEN = "\x1b[2Jred\x1b[31m \x9b31m\x07done"


def test_no_value_moves_the_cursor(lhredis: Call, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "save", run, f"remark={CLEARS_THE_SCREEN}")
    lhredis("user-task", "comment", run, CLEARS_THE_SCREEN, "--user", "eve")
    seen = lhredis("user-task", "get", run).out
    assert seen.count("[2Jred[31m 31mdone") == 2
    assert not set("\x1b\x07\x9b") & set(seen)
    kept = lhredis("user-task", "get", run, "--json").json["results"]["remark"]
    assert kept == CLEARS_THE_SCREEN


def test_lines_and_tabs_stay(capsys: pytest.CaptureFixture[str]) -> None:
    out().print("a\nb\tc")
    assert capsys.readouterr().out == "a\nb       c\n"


def test_a_form_does_not_move_the_cursor_of_who_fills_it_in(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "save", run, f"remark={CLEARS_THE_SCREEN}", "amount=1", "sure=true")
    with at_terminal(["user-task", "complete", run], dev.environment) as (process, terminal):
        terminal.read_until("How much")
        terminal.type("\n")
        terminal.read_until("sure (BOOL)")
        terminal.type("\n")
        assert "\x1b[2J" not in terminal.read_until("31mdone]: ")
        pressed_ctrl_c(process)


def test_a_word_that_is_no_utf8_is_asked_for_again(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "save", run, "amount=1", "sure=true")
    with at_terminal(["user-task", "complete", run], dev.environment) as (process, terminal):
        for question, answer in (
            ("How much", b"\n"), ("sure (BOOL)", b"\n"), ("remark (STR", b"a\xff\n"),
            ("as UTF-8", b""), ("remark (STR", b"fine\n"),
        ):  # fmt: skip
            terminal.read_until(question)
            terminal.type(answer.decode(errors="surrogateescape"))
        terminal.read_until("DONE")
        assert process.wait(ANSWER_S_MAX) == exits.OK


def test_what_the_shell_says_after_ctrl_c_is_on_its_own_line(lhredis: Call, dev: Dev, tmp_path: Path) -> None:
    run = started(lhredis, tmp_path)
    with at_terminal(["user-task", "complete", run], dev.environment) as (process, terminal):
        terminal.read_until("How much (INT):")
        assert pressed_ctrl_c(process) == exits.INTERRUPTED
        assert terminal.read_until("\n").endswith("\n")


@pytest.mark.parametrize(
    ("words", "closing", "code"),
    [
        ("list wf-runs", ">&-", exits.OK),
        ("list wf-runs --json", ">&-", exits.OK),
        ("get wf-run nobody-at-all", "2>&-", exits.NOT_FOUND),
        ("user-task complete nobody-at-all", "<&-", exits.NOT_FOUND),
        ("list wf-runs", ">/dev/full", exits.FILE),
        ("list wf-runs --json", ">/dev/full", exits.FILE),
    ],
)
def test_a_closed_or_full_stream_is_no_bug(dev: Dev, words: str, closing: str, code: int) -> None:
    shell = ["sh", "-c", f'"$@" {closing}', "sh", *command(*words.split())]
    done = subprocess.run(shell, env=dev.environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "a bug" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_is_not_utf8_gets_escapes(
    lhredis: Call, dev: Dev, tmp_path: Path, encoding: str
) -> None:
    run = started(lhredis, tmp_path)
    lhredis("user-task", "save", run, "remark=漢 é")
    environment = {**dev.environment, "PYTHONIOENCODING": encoding}

    def shown(*options: str) -> str:
        words = command("user-task", "get", run, *options)
        done = subprocess.run(words, env=environment, capture_output=True, check=True, encoding=encoding)
        return done.stdout

    assert "\\u6f22 " in shown()
    assert json.loads(shown("--json"))["results"] == {"remark": "漢 é"}

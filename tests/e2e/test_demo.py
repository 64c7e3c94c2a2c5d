"""The examples, run as their README says; and the demo, which leaves nothing behind."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.processes import REPOSITORY, clean_environment, command, is_alive, running_dev

DEMO = [sys.executable, "-m", "examples.kyc.demo"]
DEMO_S_MAX = 60


@pytest.fixture
def demo_environment(tmp_path: Path) -> dict[str, str]:
    """A temporary folder of its own, so that what is left in it shows."""
    return {**clean_environment(), "TMPDIR": str(tmp_path)}


def test_the_demo_shows_seven_runs_that_complete_and_why_one_fails(
    tmp_path: Path, demo_environment: dict[str, str]
) -> None:
    with ExitStack() as stack:
        for port in (8000, 6379):  # taken, as on many a machine
            _take(stack, port)
        done = subprocess.run(
            DEMO,
            cwd=REPOSITORY,
            env=demo_environment,
            capture_output=True,
            text=True,
            timeout=DEMO_S_MAX,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout
    assert len(re.findall(r"COMPLETED", text)) == 7
    assert "to ada@example.com: Welcome, Ada Lovelace!" in text
    assert "to nobody@example.com: Sorry, Nobody Atall: no such number." in text
    assert re.search(r"^unlucky-luke +verify-identity +4 of 4 TASK_FAILED +ERROR", text, re.MULTILINE)
    assert "raise RegistryDown(" in text, "the stack trace of the attempt"
    assert "127.0.0.1:8000" not in text
    assert "100-00-0009" not in text, "the number is masked"
    pids = [
        int(pid) for pid in re.findall(r"^(?:lhredis dev|api|scheduler|worker \d) +(\d+)", text, re.MULTILINE)
    ]
    assert len(pids) == 5
    assert [pid for pid in pids if is_alive(pid)] == []
    assert list(tmp_path.iterdir()) == []


def test_a_demo_that_is_kept_answers_until_it_is_interrupted(
    tmp_path: Path, demo_environment: dict[str, str]
) -> None:
    demo = subprocess.Popen(
        [*DEMO, "--keep"], cwd=REPOSITORY, env=demo_environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert demo.stdout is not None
        lines: list[str] = []
        for line in demo.stdout:
            lines.append(line)
            if "Ctrl-C ends it" in line:
                break
        curls = [line[line.index("curl") :].split() for line in lines if " curl " in line]
        assert len(curls) == 3
        for curl in curls:
            assert b"kyc" in subprocess.run(curl, capture_output=True, check=True).stdout
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    finally:
        demo.kill()
        demo.wait()
    assert list(tmp_path.iterdir()) == []


def test_the_hello_example_does_what_its_readme_says(tmp_path: Path) -> None:
    folder = REPOSITORY / "examples" / "hello"
    readme = (folder / "README.md").read_text()
    typed = [line.removeprefix("$ ").split() for line in readme.splitlines() if line.startswith("$ lhredis")]
    assert [words[1] for words in typed] == ["dev", "deploy", "worker", "run"]
    with running_dev(tmp_path, "--durability", "memory") as dev:
        _, deploy, worker, run = (command(*words[1:]) for words in typed)
        environment = {**dev.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        deployed = subprocess.run(
            deploy, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        assert deployed.stdout.split() == [
            "TaskDef",
            "greet",
            "registered",
            "WfSpec",
            "greet/0.0",
            "registered",
        ]
        working = subprocess.Popen(worker, cwd=folder, env=environment)
        try:
            ran = subprocess.run(
                run, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
        finally:
            working.terminate()
            assert working.wait(30) == 0
    assert ran.returncode == 0, ran.stderr
    assert "Hello, Ada!" in ran.stdout


def test_the_readme_of_the_repository_shows_the_same_program() -> None:
    program = (REPOSITORY / "examples" / "hello" / "hello.py").read_text()
    _, _, body = program.partition("\n\n")
    assert body.strip() in (REPOSITORY / "README.md").read_text()


def _take(stack: ExitStack, port: int) -> None:
    taken = stack.enter_context(socket.socket())
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(("127.0.0.1", port))
        taken.listen()
    except OSError:
        pass  # somebody else has it: as good

"""`lhredis dev`: all of it comes up, stays up, is found from its folder, and ends without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from littlehorse.model import LittleHorseStub
from redis import Redis

from lhredis.cli import exits
from lhredis.cli.dev import who_finds_it
from lhredis.cli.where import find_api_url, find_redis_url
from lhredis.client import SyncClient
from lhredis.embedded import EmbeddedServer
from lhredis.errors import LHRedisError
from tests.cli.conftest import Call
from tests.cli.processes import UNSET, Dev, clean_environment, finished, is_alive, running, running_dev
from tests.cli.stories import waiting
from tests.support import wait_until


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(alone: Call) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ("--port", "--redis-port", "--grpc-port"):
            outcome = alone("dev", option, str(port))
            assert outcome.code == exits.USAGE
            assert outcome.err == f"error: port {port} of 127.0.0.1 is taken by another process\n"


async def test_it_survives_the_death_of_its_parts_and_leaves_nothing(tmp_path: Path) -> None:
    with (
        running_dev(tmp_path, "--durability", "fsync", "--module", "tests.cli.stories") as dev,
        SyncClient(dev.where["api_url"]) as client,
    ):
        assert "story-greet/0.0" in finished(["deploy", "tests.cli.stories"], dev.environment).stdout
        pids = dev.pids()
        os.kill(dev.pid_of("scheduler"), signal.SIGKILL)
        await wait_until(lambda: "scheduler (process" in dev.log.read_text())
        _shut_down(dev.where["redis_url"])
        await wait_until(lambda: "Valkey ended unexpectedly" in dev.log.read_text())
        await wait_until(lambda: _answers(client))
        run = client.run_wf("story-greet", {"name": "Ada"}, wait_ms=20_000)
        assert run.thread_runs[0].output == "Hello, Ada!"
        assert dev.stop() == 0
    assert "was killed by SIGKILL unexpectedly; starting it again" in dev.log.read_text()
    assert [pid for pid in pids if is_alive(pid)] == []
    with EmbeddedServer(tmp_path / "data"):
        pass  # nobody holds the folder


async def test_data_survives_a_restart_and_commands_find_it_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in UNSET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    for round_number in range(2):
        with running(["dev", "--json"], clean_environment(), tmp_path) as (process, _):
            assert process.stdout is not None
            assert process.stdout.readline()
            assert (Path(".lhredis") / ".gitignore").read_text() == "*\n"
            with SyncClient(find_api_url(None)) as client:
                if round_number == 0:
                    client.put_wf_spec(waiting.compile())
                    client.run_wf("story-wait", id="kept")
                assert client.get_wf_run("kept").id == "kept"
            with Redis.from_url(find_redis_url(None)) as redis:
                assert redis.ping()
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        assert not (Path(".lhredis") / "dev.json").exists()


async def test_a_second_one_is_refused_and_one_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    with running_dev(tmp_path, "--durability", "memory") as dev:
        second = finished(["dev", "--data", str(tmp_path / "data")], clean_environment())
        assert second.returncode == exits.USAGE
        assert "is in use by another server" in second.stderr
        assert (tmp_path / "data" / "dev.json").exists()
        with SyncClient(dev.where["api_url"]) as client:
            assert client.ready()["status"] == "ready"
        dev.process.kill()
        await wait_until(lambda: not any(is_alive(pid) for pid in dev.pids()[1:]))
    with EmbeddedServer(tmp_path / "data"):
        pass


def _shut_down(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        redis.shutdown(nosave=True, force=True)


def _answers(client: SyncClient) -> bool:
    try:
        return client.ready()["status"] == "ready"
    except LHRedisError:
        return False


def test_clients_of_littlehorse_are_served(dev: Dev) -> None:
    with grpc.insecure_channel(dev.where["grpc_address"]) as channel:
        assert LittleHorseStub(channel).Whoami(Empty(), timeout=20).id.id == "anonymous"


@pytest.mark.parametrize("arguments", [("server", "--grpc-port", "2023"), ("dev", "--grpc-port", "2023")])
def test_without_the_extra_it_says_what_to_install(
    alone: Call, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "littlehorse", None)
    outcome = alone(*arguments)
    assert outcome.code == exits.USAGE
    assert outcome.err == "error: gRPC needs the extra grpc: pip install 'lhredis[grpc]'\n"


def test_nothing_else_needs_the_extra() -> None:
    loaded = "import lhredis.cli.main, lhredis.cli.server, lhredis.cli.dev, lhredis.api.process, lhredis.worker, sys"
    check = f"{loaded}; print([name for name in ('grpc', 'google', 'littlehorse') if name in sys.modules])"
    outcome = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert outcome.stdout == "[]\n"


def test_commands_are_said_to_find_it_only_where_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "this folder" in who_finds_it(tmp_path / ".lhredis")
    assert "LHREDIS_API_URL" in who_finds_it(tmp_path / "elsewhere")

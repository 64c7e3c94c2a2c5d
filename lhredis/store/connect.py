"""connect: a client for one Redis or Valkey, and what that server must be able to do."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, RedisError, TimeoutError

from lhredis import __version__
from lhredis.errors import FailedPrecondition, InvalidArgument, Unavailable
from lhredis.store import keys
from lhredis.store.wire import make_pool

SERVER_VERSION_MIN = (7, 0)
PARTITIONS_DEFAULT = 8
PARTITIONS_MAX = 1024
CONNECT_TIMEOUT_S = 5.0
RETRIES_DEFAULT = 3
KEEPS_ALL = "noeviction"
"""The `maxmemory-policy` that refuses writes when memory is full, and throws nothing away."""

_NAME = "lhredis"

log = logging.getLogger("lhredis.store")


def connect(
    url: str, max_connections: int = 64, retries: int = RETRIES_DEFAULT, role: str = "client"
) -> Redis:
    """A client, whose connections the server knows by our `role`, version and process. Commands are tried
    again for a few seconds while the server is away: every command that lhredis sends this way may be sent
    twice, because each is idempotent or compares a version. Claiming tasks is not: there, `retries` is 0.
    InvalidArgument when `url` is none of a Redis."""
    try:
        pool = make_pool(
            url,
            client_name=f"{_NAME}:{role}:{__version__}:{socket.gethostname()}-{os.getpid()}",
            protocol=2,
            max_connections=max_connections,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            health_check_interval=0,
            retry=Retry(ExponentialWithJitterBackoff(cap=0.5, base=0.02), retries),
            retry_on_error=[BusyLoadingError],
        )
    except ValueError as error:
        raise InvalidArgument(f"{without_password(url)!r} is no URL of a Redis: {error}") from None
    return Redis.from_pool(pool)


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    scheme, told, rest = url.rpartition("@")
    return url if not told else f"{scheme.partition('://')[0]}://…@{rest}"


def process_of(client_name: str) -> tuple[str, str, str] | None:
    """The role, the version and the process (host and pid) that a connection of `connect` tells by its name;
    None for one that is not ours."""
    ours, *told = client_name.split(":", 3)
    return (told[0], told[1], told[2]) if ours == _NAME and len(told) == 3 else None


@dataclass(slots=True, frozen=True)
class Cluster:
    """What all processes of a deployment agree on."""

    partitions: int
    server: str


async def join_cluster(redis: Redis, partitions: int | None) -> Cluster:
    """Check the server, and agree on the number of partitions.

    The first process that comes fixes the number (`partitions`, else PARTITIONS_DEFAULT). Raises
    FailedPrecondition when another number was fixed before, or the server is too old; Unavailable
    when it cannot be reached.
    """
    try:
        info = await redis.info("server")
        policy = (await redis.info("memory")).get("maxmemory_policy", KEEPS_ALL)
        wanted = PARTITIONS_DEFAULT if partitions is None else partitions
        if not 1 <= wanted <= PARTITIONS_MAX:
            raise FailedPrecondition(f"partitions must be 1 to {PARTITIONS_MAX}; got {wanted}")
        await redis.hsetnx(keys.cluster(), "partitions", wanted)
        fixed = int(await redis.hget(keys.cluster(), "partitions") or 0)
    except (ConnectionError, TimeoutError, OSError) as error:
        raise Unavailable(f"Redis cannot be reached: {error}") from error
    except RedisError as error:
        raise Unavailable(f"Redis refused: {error}") from error
    if partitions is not None and fixed != partitions:
        raise FailedPrecondition(
            f"this cluster was started with {fixed} partitions, and {partitions} were asked for; "
            "the number cannot change: leave it out, or use another database"
        )
    version = str(info["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < SERVER_VERSION_MIN:
        raise FailedPrecondition(f"Redis 7.0 or Valkey 7.2 is needed; this server is {version}")
    if policy != KEEPS_ALL:
        log.error(
            "maxmemory-policy of this Redis is %s: it throws WfRuns away when its memory is full. "
            "CONFIG SET maxmemory-policy %s",
            policy,
            KEEPS_ALL,
        )
    name = "Valkey" if "valkey_version" in info else "Redis"
    return Cluster(fixed, f"{name} {info.get('valkey_version', version)}")


async def stay_joined(redis: Redis, partitions: int) -> None:
    """See that the database is still divided as it was when this process joined. One that was emptied
    meanwhile is told of in the log, and divided in the same way again. FailedPrecondition when it is divided
    in another way now: whoever went on would look for runs where they are not."""
    now = await redis.hget(keys.cluster(), "partitions")
    if now is None:
        if await redis.hsetnx(keys.cluster(), "partitions", partitions):
            log.error(
                "this Redis was emptied: its definitions, WfRuns and tasks are gone. Register the definitions again "
                "(workers do so when they start), or load a backup"
            )
        now = await redis.hget(keys.cluster(), "partitions")
    if now is not None and int(now) != partitions:
        raise FailedPrecondition(
            f"this Redis was emptied or replaced: it had {partitions} partitions and has {int(now)} now. "
            "Start this process again"
        )

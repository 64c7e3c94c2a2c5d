"""front: the gRPC server: listen, answer every RPC of LittleHorse's service, stop without losing one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from littlehorse.model.service_pb2 import DESCRIPTOR

from lhredis.api.services import Services
from lhredis.errors import FailedPrecondition
from lhredis.grpc.context import Context, Front, context_of
from lhredis.grpc.errors import Unimplemented, refusal_of
from lhredis.grpc.service import MISSING, RPCS
from lhredis.grpc.workers.dispatch import Dispatch
from lhredis.model.limits import BODY_BYTES_MAX

log = logging.getLogger("lhredis.grpc")

SERVICE = DESCRIPTOR.services_by_name["LittleHorse"]

DRAIN_S = 10
"""How long calls under way may still take once the server is to end."""

CLIENT_GONE = 499
"""The status in our metrics of a call that its client gave up, or whose deadline was over."""

OPTIONS = (
    ("grpc.max_receive_message_length", BODY_BYTES_MAX),
    ("grpc.keepalive_time_ms", 20_000),  # a worker that is gone without a word polls no more
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_send_message_length", -1),  # what was stored can be read
    ("grpc.so_reuseport", 0),  # a port that is taken is told
    ("grpc.keepalive_permit_without_calls", 1),  # clients ping every 45 s, and faster
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
    ("grpc.http2.max_ping_strikes", 0),
)


@asynccontextmanager
async def serving(
    services: Services, host: str, port: int, advertised: str | None = None
) -> AsyncIterator[Front]:
    """Answer gRPC calls meanwhile; `port` 0 takes a free one. `advertised` is the `host:port` that workers
    are told to come to; without it, where the server listens. FailedPrecondition when the port is taken, or
    what is advertised is no address."""
    told = _address(advertised) if advertised is not None else None
    server = grpc.aio.server(options=OPTIONS)
    try:
        bound = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError as error:
        raise FailedPrecondition(f"gRPC cannot listen on {host}:{port}: {error}") from None
    dispatch = Dispatch(services)
    worker_host, worker_port = told or (_reached(host), bound)
    front = Front(services, worker_host, worker_port, dispatch)
    server.add_generic_rpc_handlers((_handlers(front),))
    await server.start()
    log.info("grpc: %s:%d", host, bound)
    try:
        yield front
    finally:
        services.stop_waiting()
        await dispatch.close()
        await server.stop(DRAIN_S)


def _reached(host: str) -> str:
    """How those on this machine reach a server that listens there."""
    return "localhost" if host in ("0.0.0.0", "::", "") else host


def _address(advertised: str) -> tuple[str, int]:
    name, colon, number = advertised.rpartition(":")
    if not (colon and name and number.isdecimal() and 0 < int(number) < 2**16):
        raise FailedPrecondition(f"the advertised address is <host>:<port>; got {advertised!r}")
    return name.strip("[]"), int(number)


def _handlers(front: Front) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(
        SERVICE.full_name, {method.name: _handler(front, method) for method in SERVICE.methods}
    )


def _handler(front: Front, method: MethodDescriptor) -> grpc.RpcMethodHandler:
    path = f"/{SERVICE.full_name}/{method.name}"
    read = GetMessageClass(method.input_type).FromString
    write = GetMessageClass(method.output_type).SerializeToString
    function, sentence = RPCS.get(method.name), MISSING.get(method.name, "")
    if method.client_streaming:
        return grpc.stream_stream_rpc_method_handler(
            _stream(front, path, function or _nothing(sentence)),
            request_deserializer=read,
            response_serializer=write,
        )
    return grpc.unary_unary_rpc_method_handler(
        _call(front, path, function or _nothing(sentence)),
        request_deserializer=read,
        response_serializer=write,
    )


def _call(
    front: Front, path: str, function: Callable[[Any, Context], Awaitable[Any]]
) -> Callable[[Any, Any], Awaitable[Any]]:
    """An RPC with one request and one reply."""

    async def answer(request: Any, call: Any) -> Any:
        began = time.perf_counter()
        status = 200
        try:
            return await function(request, context_of(front, path, call))
        except Exception as error:  # noqa: BLE001 - every error has its answer
            refusal = refusal_of(error, path)
            status = refusal.http_status
            await call.abort(refusal.status, refusal.detail)
        except asyncio.CancelledError:
            status = CLIENT_GONE
            raise
        finally:
            front.services.requests.count(path, "POST", status, time.perf_counter() - began)

    return answer


def _stream(
    front: Front,
    path: str,
    function: Callable[[AsyncIterator[Any], Context, Callable[[Any], Awaitable[None]]], Awaitable[None]],
) -> Callable[[AsyncIterator[Any], Any], Awaitable[None]]:
    """An RPC with streams of requests and replies."""

    async def answer(requests: AsyncIterator[Any], call: Any) -> None:
        try:
            await function(requests, context_of(front, path, call), call.write)
        except Exception as error:  # noqa: BLE001 - every error has its answer
            refusal = refusal_of(error, path)
            await call.abort(refusal.status, refusal.detail)

    return answer


def _nothing(sentence: str) -> Callable[..., Awaitable[Any]]:
    async def refuse(*call: Any) -> Any:
        raise Unimplemented(sentence)

    return refuse

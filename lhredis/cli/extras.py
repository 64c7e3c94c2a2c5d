"""extras: whether what only some installations have is there."""

from __future__ import annotations

from importlib.util import find_spec

from lhredis.errors import FailedPrecondition


def has_grpc() -> bool:
    """Whether the extra `grpc` is installed."""
    return find_spec("grpc") is not None and find_spec("littlehorse") is not None


def check_grpc() -> None:
    """FailedPrecondition, which says what to install, without the extra `grpc`."""
    if not has_grpc():
        raise FailedPrecondition("gRPC needs the extra grpc: pip install 'lhredis[grpc]'")

"""ports: find the ports of 127.0.0.1 that a server may have."""

from __future__ import annotations

import socket

from lhredis.errors import FailedPrecondition


def choose_port(given: int | None, default: int) -> int:
    """The port that was asked for; else the default; else, if that is taken, any free one.

    FailedPrecondition when the one that was asked for is taken.
    """
    if given is None:
        return default if is_free(default) else _any_free()
    if not is_free(given):
        raise FailedPrecondition(f"port {given} of 127.0.0.1 is taken by another process")
    return given


def is_free(port: int) -> bool:
    """Whether nothing listens there, so that a server could."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port

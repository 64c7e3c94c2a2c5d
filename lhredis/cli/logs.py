"""logs: set up logging for people: coloured on a terminal, plain lines elsewhere; always to stderr."""

from __future__ import annotations

import logging
import os
import sys
import time

NOISY = ("httpx", "httpcore", "asyncio")
"""Libraries that log every request: heard at debug only."""


def set_up_logs(level: str | None, default: str = "info") -> None:
    """Log what is at least of this level. Called again, it replaces what was set up before."""
    level = level or os.environ.get("LHREDIS_LOG_LEVEL") or default
    logging.basicConfig(level=level.upper(), handlers=[_handler()], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.WARNING)


def _handler() -> logging.Handler:
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.logging import RichHandler

        handler: logging.Handler = RichHandler(
            console=Console(stderr=True), show_path=False, omit_repeated_times=False, log_time_format="%X"
        )
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        return handler
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s")
    formatter.datefmt, formatter.converter = "%Y-%m-%dT%H:%M:%S", time.gmtime
    handler.setFormatter(formatter)
    return handler

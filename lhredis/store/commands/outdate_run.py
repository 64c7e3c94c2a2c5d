"""outdate_run: read a run, and give it a new version: whoever steps it as it was has to load it again.

Mirror of scripts/lua/outdate_run.lua.
"""

from __future__ import annotations

from typing import Any

from lhredis.store.script import Script, load


def script() -> Script:
    """The script that `command` calls."""
    return load("outdate_run")


def command(run_key: str) -> tuple[Any, ...]:
    """The call; it replies as HGETALL does."""
    return script().command({"run": run_key}, {})

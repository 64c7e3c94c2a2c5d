"""add_metrics: add what one process counted of a definition to its totals, and to its windows of one hour.

Mirror of scripts/lua/add_metrics.lua.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from lhredis.store.script import Argument, Script, load


def script() -> Script:
    return load("add_metrics")


def add_metrics(
    totals_key: str,
    windows_key: str,
    keep_ms: int,
    totals: Mapping[str, int],
    windows: Mapping[str, tuple[int, int, int, int]],
) -> tuple[Any, ...]:
    """The command. `totals` are field → what to add, `windows` field → count, total, min and max."""
    more: list[Argument] = list(chain.from_iterable(totals.items()))
    for name, timing in windows.items():
        more += name, *timing
    return script().command(
        {"totals": totals_key, "windows": windows_key},
        {"keep_ms": keep_ms, "n_totals": len(totals)},
        more_argv=more,
    )

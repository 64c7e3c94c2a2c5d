"""report: one result as a JSON line (`--json`), or as lines for people; the machine goes with it."""

from __future__ import annotations

import json
import os
import platform
from typing import Any


def report(name: str, figures: dict[str, Any], as_json: bool) -> None:
    """Print the figures of one benchmark."""
    figures = {"benchmark": name, **figures, "cores": os.cpu_count(), "python": platform.python_version()}
    if as_json:
        print(json.dumps(figures), flush=True)
        return
    print(name)
    for key, value in figures.items():
        if key != "benchmark":
            print(f"  {key:<24} {value}")


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of the values lie; the values need not be sorted."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

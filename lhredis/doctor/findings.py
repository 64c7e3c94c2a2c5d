"""findings: what a check has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """WARN: it works, but not as well or as safely as it could. FAIL: it does not work, or loses data."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how that is, and unless it is OK what to change."""

    level: Level
    subject: str
    text: str
    change: str = ""

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


def ok(subject: str, text: str) -> Finding:
    return Finding(Level.OK, subject, text)


def warn(subject: str, text: str, change: str) -> Finding:
    return Finding(Level.WARN, subject, text, change)


def fail(subject: str, text: str, change: str) -> Finding:
    return Finding(Level.FAIL, subject, text, change)


def worst(findings: list[Finding]) -> Level:
    """The level of all together."""
    order = list(Level)
    return max((one.level for one in findings), key=order.index, default=Level.OK)

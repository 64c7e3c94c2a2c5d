"""commit_steps: write what steps decided, each unit only if its runs are still as they were read.

Mirror of scripts/lua/commit_steps.lua.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lhredis.store import keys
from lhredis.store.script import Argument, Script, load

WRITE_ARGS_MAX = 1000
"""Arguments of one write: Lua's unpack() fails near 8,000."""

UNITS_MAX = 2000
"""Units of one commit, for the same reason: the answer may list all of them."""

Write = tuple[str, str, *tuple[Argument, ...]]
"""(command, key, args…): a plain Redis command, ("ENQUEUE", stream, field, payload) before a ("KEEP", hash,
fields…), which is an HSET that takes the entry's id into that field, too, or ("FINISH", stream, entry)."""

_FIXED = frozenset(("ENQUEUE", "FINISH"))
"""Words whose number of arguments the script knows."""


@dataclass(slots=True)
class Unit:
    """Writes that happen together if every run still has its version; 0 means it does not exist."""

    checks: list[tuple[str, int]]
    writes: list[Write]


@dataclass(slots=True)
class CommitSteps:
    """One commit of a partition under construction."""

    partition: int
    consumed: Sequence[str] = ()
    units: list[Unit] = field(default_factory=list)

    def command(self) -> tuple[Any, ...]:
        """The EVALSHA to send."""
        assert len(self.units) <= UNITS_MAX
        numbers: dict[str, int] = {}
        argv: list[Argument] = list(self.consumed)
        for unit in self.units:
            argv.append(len(unit.checks))
            for key, version in unit.checks:
                argv += numbers.setdefault(key, len(numbers) + 2), version
            argv.append(len(unit.writes))
            for write in unit.writes:
                command, key, *arguments = write
                argv += command, numbers.setdefault(key, len(numbers) + 2)
                if command not in _FIXED:
                    assert len(arguments) <= WRITE_ARGS_MAX
                    argv.append(len(arguments))
                argv += arguments
        return script().command(
            {"results": keys.results(self.partition)},
            {"n_consumed": len(self.consumed), "n_units": len(self.units), "group": keys.WORKERS},
            tuple(numbers),
            argv,
        )

    @staticmethod
    def stale_units(reply: Sequence[Any]) -> list[int]:
        """Indexes (from 0) of the units that were not written."""
        return [] if reply[0] == b"committed" else [int(number) - 1 for number in reply[1:]]


def script() -> Script:
    return load("commit_steps")

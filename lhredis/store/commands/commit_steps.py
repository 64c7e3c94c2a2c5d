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

Write = tuple[Argument, ...]
"""(command, key, args…): a plain Redis command, or one of the pairs ("ENQUEUE", stream, run key, field,
payload) and ("FINISH", stream, group, entry)."""


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
        append, extend = argv.append, argv.extend

        def number(key: str) -> int:
            return numbers.setdefault(key, len(numbers) + 2)

        for unit in self.units:
            append(len(unit.checks))
            for key, version in unit.checks:
                extend((number(key), version))
            append(len(unit.writes))
            for write in unit.writes:
                command, key = write[0], str(write[1])
                if command == "ENQUEUE":
                    extend((command, number(key), 3, number(str(write[2])), write[3], write[4]))
                    continue
                assert len(write) <= WRITE_ARGS_MAX + 2
                extend((command, number(key), len(write) - 2))
                extend(write[2:])
        return script().command(
            {"results": keys.results(self.partition)},
            {"n_consumed": len(self.consumed), "n_units": len(self.units)},
            tuple(numbers),
            argv,
        )

    @staticmethod
    def stale_units(reply: Sequence[Any]) -> list[int]:
        """Indexes (from 0) of the units that were not written."""
        return [] if reply[0] == b"committed" else [int(number) - 1 for number in reply[1:]]


def script() -> Script:
    return load("commit_steps")

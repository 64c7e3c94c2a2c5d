"""network: brings commands to the double and replies back, late, twice or not at all, as the seed says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redis.exceptions import ConnectionError

from lhredis.store.commands.commit_steps import script as commit_script
from tests.simulation.connection import Command, Session
from tests.simulation.double import Reply

TRIP_S = 0.0004
"""What one way takes, on average."""

SLOW_S = 0.3
LATE_S_MAX = 1.5
"""How long after the caller was told of a broken connection its commands may still arrive."""

BLOCKING = ("XREAD", "XREADGROUP")


@dataclass(slots=True)
class Weather:
    """How often (0 to 1) a round trip goes wrong, and how."""

    refused: float = 0.0  # an error, and the commands never arrive
    reply_lost: float = 0.0  # an error, and the commands arrived
    late: float = 0.0  # an error, and the commands arrive later, perhaps after they were sent again
    slow: float = 0.0

    @property
    def is_calm(self) -> bool:
        return not (self.refused or self.reply_lost or self.late or self.slow)


class FaultyNetwork:
    """One for all processes. A process in `dead` cannot send any more; one in `stalled_until` hears
    nothing until then (a long pause of its machine). One in `doomed` dies, by the function there, when
    it next writes: with True before the server has its commands, else after."""

    def __init__(
        self,
        seed: int,
        weather: Weather,
        note: Callable[[str, str, Sequence[Command], Sequence[Reply]], None],
    ) -> None:
        self._rng = random.Random(f"network {seed}")
        self._note = note
        self.weather = weather
        self.dead: set[str] = set()
        self.doomed: dict[str, tuple[bool, Callable[[], None]]] = {}
        self.stalled_until: dict[str, float] = {}

    async def carry(self, who: str, commands: Sequence[Command], session: Session) -> list[Reply]:
        loop = asyncio.get_running_loop()
        blocking = commands[-1][0] in BLOCKING
        await self._not_stalled(who)
        if who in self.dead:
            raise ConnectionError(f"{who} is dead")
        before, die = self.doomed.pop(who, (False, None)) if _writes(commands) else (False, None)
        if before and die is not None:
            die()
            raise ConnectionError(f"{who} is dead")
        what = self._chance()
        if what in ("refused", "late"):
            if what == "late" and not blocking:
                loop.call_later(self._rng.uniform(0, LATE_S_MAX), self._arrive, who, commands, session, what)
            self._note(who, what, commands, ())
            await asyncio.sleep(self._trip_s())
            raise ConnectionError(f"the network is broken ({what})")
        try:
            await asyncio.sleep(self._trip_s() + (self._rng.expovariate(1 / SLOW_S) if what == "slow" else 0))
        except asyncio.CancelledError:
            if not blocking:  # they were on their way already
                loop.call_later(self._trip_s(), self._arrive, who, commands, session, "sender gone")
            raise
        replies = await session.serve(commands)
        self._note(who, what, commands, replies)
        if die is not None:
            die()
        await asyncio.sleep(self._trip_s())
        await self._not_stalled(who)
        if what == "reply lost":
            raise ConnectionError("the network is broken (reply lost)")
        return replies

    def _arrive(self, who: str, commands: Sequence[Command], session: Session, what: str) -> None:
        self._note(who, f"arrives: {what}", commands, session.execute(commands))

    async def _not_stalled(self, who: str) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self.stalled_until.get(who, 0.0) - loop.time()))

    def _chance(self) -> str:
        weather, roll = self.weather, self._rng.random()
        for what, rate in (
            ("refused", weather.refused),
            ("reply lost", weather.reply_lost),
            ("late", weather.late),
            ("slow", weather.slow),
        ):
            if roll < rate:
                return what
            roll -= rate
        return ""

    def _trip_s(self) -> float:
        return self._rng.expovariate(1 / TRIP_S)


def _writes(commands: Sequence[Command]) -> bool:
    """Is there a commit, or the report of a result, among these?"""
    return any(
        command[0] == "XADD" or command[:2] == ("EVALSHA", commit_script().sha) for command in commands
    )

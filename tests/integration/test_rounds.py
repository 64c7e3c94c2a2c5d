"""Many change the same correlations and schedules: each change is made once, in its order."""

from __future__ import annotations

from typing import Any

import pytest

from lhredis.engine.correlation import CorrelatedEvent, Correlation, Delivery
from lhredis.engine.run import SpecVersion
from lhredis.engine.schedule import Schedule
from lhredis.errors import Unavailable
from lhredis.model.enums import MissedTicks
from lhredis.stepper import rounds
from lhredis.stepper.correlator import Change, Correlator
from lhredis.stepper.schedules import Changed, ScheduleChange, Schedules
from lhredis.store import keys
from lhredis.store.correlations import load_correlations
from tests.integration.stage import PARTITIONS, Stage, T, now_ms

DEF = "paid"


def noting(key: str, word: str) -> Change:
    """Adds a word to what is kept by a key."""

    def apply(correlation: Correlation) -> list[Delivery]:
        before = correlation.event.content if correlation.event is not None else ""
        correlation.event = CorrelatedEvent(now_ms(), f"{before}{word}", False, word)
        return []

    return Change(T, DEF, key, apply)


async def kept(stage: Stage, key: str) -> object:
    (stored,) = await load_correlations(stage.redis, PARTITIONS, [(T, DEF, key)])
    return stored.correlation.event.content if stored.correlation.event is not None else None


async def test_changes_of_one_key_are_made_in_their_order_however_many_there_are(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rounds, "UNITS_MAX", 2)
    changes = [noting(f"order-{number % 7}", str(number)) for number in range(14)]
    await Correlator(stage.redis, PARTITIONS).advance(changes, now_ms())
    assert [await kept(stage, f"order-{number}") for number in range(7)] == [
        f"{number}{number + 7}" for number in range(7)
    ]


async def test_what_the_last_round_commits_is_done(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rounds, "ROUNDS_MAX", 1)
    await Correlator(stage.redis, PARTITIONS).advance([noting("a", "1")], now_ms())
    assert await kept(stage, "a") == "1"
    made = Schedule(
        "nightly",
        SpecVersion("greet", 0, 0),
        {},
        None,
        "0 3 * * *",
        None,
        "UTC",
        MissedTicks.SKIP,
        now_ms(),
        now_ms(),
    )
    change = ScheduleChange(T, "nightly", lambda there: Changed(made))
    await Schedules(stage.redis, PARTITIONS).advance([change], now_ms())
    assert change.schedule is made


async def test_who_never_comes_first_is_told_so(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """Somebody else changes the key between each load and commit."""
    await Correlator(stage.redis, PARTITIONS).advance([noting("a", "theirs")], now_ms())
    true_run_all, tries = rounds.run_all, []

    async def run_all(*args: Any) -> Any:
        tries.append(1)
        key = keys.correlation(keys.partition_of_key(DEF, "a", PARTITIONS), T, DEF, "a")
        await stage.redis.hincrby(key, "version", 1)
        return await true_run_all(*args)

    monkeypatch.setattr(rounds, "run_all", run_all)
    with pytest.raises(Unavailable, match="a correlation was changed by others 50 times in a row"):
        await Correlator(stage.redis, PARTITIONS).advance([noting("a", "mine")], now_ms())
    assert (len(tries), await kept(stage, "a")) == (rounds.ROUNDS_MAX, "theirs")

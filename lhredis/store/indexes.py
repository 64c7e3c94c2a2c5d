"""indexes: the entries that runs and events are found by, written with what they tell of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

import orjson

from lhredis.engine.effects import ClaimEvent, DropEvent, IndexVariable, PutEvent, ThrowEvent
from lhredis.engine.run import Run
from lhredis.store import keys
from lhredis.store.commands.commit_steps import Write
from lhredis.store.index_words import index_word
from lhredis.store.runs import INDEXED, StoredRun
from lhredis.store.script import Argument


def index_run(partition: int, stored: StoredRun, writes: list[Write]) -> None:
    """A run is new, has another status, or follows another version."""
    run, was = stored.run, stored.listed
    tenant, run_id, started_ms = run.tenant, run.id, run.started_ms
    if was is None:
        writes.append(("ZADD", keys.index_runs(partition, tenant), started_ms, run_id))
        root, _, is_child = run_id.partition("_")
        if is_child:
            writes.append(("ZADD", keys.index_tree(partition, tenant, root), started_ms, run_id))
    else:
        assert stored.listed_spec is not None
        writes.append(("ZREM", keys.index_status(partition, tenant, stored.listed_spec, was.name), run_id))
    key = keys.index_status(partition, tenant, run.followed, run.status.name)
    writes.append(("ZADD", key, started_ms, run_id))


def forget_run(partition: int, stored: StoredRun, writes: list[Write]) -> None:
    """A run is deleted: nothing leads to it, to its variables or its events any more."""
    run, tenant, run_id = stored.run, stored.run.tenant, stored.run.id
    if stored.listed is not None:
        assert stored.listed_spec is not None
        listed = keys.index_status(partition, tenant, stored.listed_spec, stored.listed.name)
        writes.append(("ZREM", keys.index_runs(partition, tenant), run_id))
        writes.append(("ZREM", listed, run_id))
        root, _, is_child = run_id.partition("_")
        if is_child:
            writes.append(("ZREM", keys.index_tree(partition, tenant, root), run_id))
        for word in {word for words in stored.indexed.values() for word in words}:
            writes.append(("ZREM", keys.index_variable(partition, tenant, run.followed.name, word), run_id))
    for event_def, guid in stored.kept_events:
        key = keys.index_external_events(partition, tenant, event_def, claimed=True)
        writes.append(("ZREM", key, f"{run_id}/{guid}"))
    for event_def, number in stored.kept_thrown:
        key = keys.index_workflow_events(partition, tenant, event_def)
        writes.append(("ZREM", key, f"{run_id}/{number}"))


def index_variables(
    partition: int,
    stored: StoredRun,
    effects: Iterable[IndexVariable],
    fields: dict[str, Argument],
    dropped: dict[str, None],
    writes: list[Write],
) -> None:
    """Searchable variables have other values. What the run is found by is kept in fields of its hash; only
    what has changed is written."""
    for effect in effects:
        words = tuple(dict.fromkeys([index_word(name, value) for name, value in effect.entries]))
        _keep(partition, stored, (effect.thread, effect.name), words, fields, dropped, writes)


def forget_threads(
    partition: int,
    stored: StoredRun,
    numbers: Collection[int],
    fields: dict[str, Argument],
    dropped: dict[str, None],
    writes: list[Write],
) -> None:
    """These ThreadRuns go, and their variables with them."""
    for where in [where for where in stored.indexed if where[0] in numbers]:
        _keep(partition, stored, where, (), fields, dropped, writes)


def _keep(
    partition: int,
    stored: StoredRun,
    where: tuple[int, str],
    words: tuple[str, ...],
    fields: dict[str, Argument],
    dropped: dict[str, None],
    writes: list[Write],
) -> None:
    """From now on the run is found by these words because of this (thread, variable); by those of before no
    more, unless another thread's variable of the name says the same."""
    run, indexed = stored.run, stored.indexed
    before = indexed.pop(where, ())
    if words:
        indexed[where] = words
    if words == before:
        return
    name = f"{INDEXED}:{where[0]}:{where[1]}"
    if words:
        fields[name] = orjson.dumps(words)
        dropped.pop(name, None)
    else:
        fields.pop(name, None)
        dropped[name] = None
    others = [said for at, said in indexed.items() if at[1] == where[1] and at[0] != where[0]]
    shared = set(chain.from_iterable(others))
    spec = run.followed.name
    for word in sorted(set(before) - set(words) - shared):
        writes.append(("ZREM", keys.index_variable(partition, run.tenant, spec, word), run.id))
    for word in sorted(set(words) - set(before) - shared):
        key = keys.index_variable(partition, run.tenant, spec, word)
        writes.append(("ZADD", key, run.started_ms, run.id))


def index_event(
    partition: int, run: Run, effect: PutEvent | ClaimEvent | DropEvent | ThrowEvent
) -> list[Write]:
    """An event was posted, claimed, forgotten or thrown."""
    if isinstance(effect, ThrowEvent):
        key = keys.index_workflow_events(partition, run.tenant, effect.event_def)
        return [("ZADD", key, effect.thrown_ms, f"{run.id}/{effect.number}")]
    tenant, event = run.tenant, effect.event
    member = f"{run.id}/{event.guid}"
    unclaimed = keys.index_external_events(partition, tenant, event.event_def, claimed=False)
    if isinstance(effect, PutEvent):
        return [("ZADD", unclaimed, event.posted_ms, member)]
    if isinstance(effect, DropEvent):
        return [("ZREM", unclaimed, member)]
    claimed = keys.index_external_events(partition, tenant, event.event_def, claimed=True)
    return [("ZREM", unclaimed, member), ("ZADD", claimed, event.posted_ms, member)]

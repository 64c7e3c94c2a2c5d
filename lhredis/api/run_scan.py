"""run_scan: pages of what is inside of WfRuns and has no index of its own: the runs are read, in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lhredis.api.answers import Answer, json_answer
from lhredis.api.bookmarks import read_bookmark, write_bookmark
from lhredis.api.call import Call
from lhredis.engine.run import NodeRun, Run
from lhredis.model.limits import NUMBER_MAX
from lhredis.model.search import Paging
from lhredis.store.runs import StoredRun, load_histories, load_readable
from lhredis.store.search import Search, find_page
from lhredis.store.walk import Place, Row

SCANNED_RUNS_MAX = 1_000
"""WfRuns that one page reads; a page that is short then has a bookmark that goes on."""

RUNS_PER_TRIP = 50

Inside = tuple[int, int]
"""Thread and position, or a thread and 0: the place of something in its run."""

Items = Callable[["list[Scanned]"], Awaitable[list[list[tuple[Inside, dict[str, Any]]]]]]
"""For each of some runs what is wanted of it, in order."""


@dataclass(slots=True)
class Scanned:
    """A run, as it is now."""

    stored: StoredRun
    partition: int

    @property
    def run(self) -> Run:
        return self.stored.run


async def scan_page(call: Call, kind: str, paging: Paging, search: Search, items: Items) -> Answer:
    """A page of the items of the runs that are found."""
    kind = f"{kind} {paging.order.name}"
    began = read_bookmark(kind, paging.bookmark, inside=2)
    results: list[dict[str, Any]] = []
    last: tuple[Place, Inside] | None = None
    rows: list[Row] = []
    after: Place | None = None
    skip: Inside | None = None
    if began is not None:
        after, skip = began[0], (began[1][0], began[1][1])
        rows = [(*after, call.services.partition_of(after[1]))]
    looked_at = 0
    while True:
        for row, of_run in zip(rows, await items(await _load(call, rows)), strict=True):
            for inside, item in of_run:
                if skip is not None and row[:2] == after and inside <= skip:
                    continue
                if len(results) == paging.limit:
                    assert last is not None
                    return _answer(results, write_bookmark(kind, *last))
                results.append(item)
                last = (row[:2], inside)
        if looked_at >= SCANNED_RUNS_MAX and after is not None:
            return _answer(results, write_bookmark(kind, after, (NUMBER_MAX, NUMBER_MAX)))
        found = await find_page(call.services.redis, search, after, RUNS_PER_TRIP)
        if not found.rows and found.more is None:
            return _answer(results, None)
        rows, skip = found.rows, None
        after = rows[-1][:2] if found.more is None else found.more
        looked_at += max(1, len(rows))


async def _load(call: Call, rows: list[Row]) -> list[Scanned]:
    """The runs, in this order; one that is gone meanwhile, or cannot be read, is empty."""
    runs = [(partition, call.tenant, wf_run_id) for _, wf_run_id, partition in rows]
    loaded = await load_readable(call.services.redis, runs)
    return [
        Scanned(stored or StoredRun(Run(wf_run_id, call.tenant, None), 0, {}), partition)
        for (_, wf_run_id, partition), stored in zip(rows, loaded, strict=True)
    ]


async def node_runs_in(call: Call, scanned: list[Scanned]) -> list[list[tuple[Inside, NodeRun]]]:
    """All NodeRuns of each run, by thread and position."""
    where = [(one.partition, call.tenant, one.run.id) for one in scanned]
    found = []
    for one, history in zip(scanned, await load_histories(call.services.redis, where), strict=True):
        nodes = {
            (number, thread.node.position): thread.node
            for number, thread in one.run.threads.items()
            if thread.node is not None
        }
        nodes.update(history)
        found.append(sorted(nodes.items(), key=lambda item: item[0]))
    return found


def _answer(results: list[dict[str, Any]], bookmark: str | None) -> Answer:
    return json_answer({"results": results, **({"bookmark": bookmark} if bookmark is not None else {})})

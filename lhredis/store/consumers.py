"""consumers: the names under which tasks are claimed, and who stands behind each.

A worker that reads the task streams itself is a consumer of its own name. One that is served by a front is
claimed for under a name of that front's, a JSON array: who has the task can be seen, and no two
processes ever use the same name.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson


@dataclass(slots=True, frozen=True)
class Consumer:
    """A worker as the consumer groups know it. `front` is the process that claims for it, if one does."""

    worker_id: str
    worker_version: str | None = None
    front: str | None = None

    @property
    def name(self) -> str:
        if self.front is None:
            return self.worker_id
        return orjson.dumps([self.worker_id, self.worker_version, self.front]).decode()


def consumer_named(name: str) -> Consumer:
    """Who stands behind a consumer's name: of a name that no front made, a worker of that id."""
    if name.startswith("["):
        try:
            worker_id, version, front = orjson.loads(name)
            if isinstance(worker_id, str) and isinstance(front, str):
                return Consumer(worker_id, version if isinstance(version, str) else None, front)
        except ValueError:
            pass
    return Consumer(name)

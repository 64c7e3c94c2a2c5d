"""witness: looks at every commit, and at what is left at the end, for what must never be."""

from __future__ import annotations

import orjson

from lhredis.engine.run import Run
from lhredis.model.enums import TERMINAL_STATUSES, LHStatus
from lhredis.store import keys
from lhredis.store.codec import decode_run
from tests.simulation.double import Double, ZSet
from tests.simulation.double_streams import Stream
from tests.simulation.scripts import Committed


class Witness:
    """Watches a double. `violations` says in words what was wrong."""

    def __init__(self, double: Double, partitions: int, tenant: str) -> None:
        self._double, self._partitions, self._tenant = double, partitions, tenant
        self._run_prefixes = [keys.run(p, tenant, "").encode() for p in range(partitions)]
        self._versions: dict[bytes, int] = {}
        self._states: dict[bytes, bytes] = {}
        self._tokens: dict[str, str] = {}
        self.violations: list[str] = []
        self.statuses: dict[str, LHStatus] = {}
        double.watchers.append(self.committed)

    def committed(self, unit: Committed) -> None:
        for word, key, *args in unit.writes:
            if word == b"ENQUEUE":
                self._sent(orjson.loads(args[2]))
            elif any(key.startswith(prefix) for prefix in self._run_prefixes):
                self._changed(key)

    def _sent(self, task: dict[str, str]) -> None:
        if task["task"] in self._tokens:
            self.violations.append(f"task {task['task']} was handed out twice")
        self._tokens[task["task"]] = task["token"]

    def _changed(self, key: bytes) -> None:
        fields = self._double.data[key]
        wf_run_id = key.decode().rpartition(":")[2]
        version, seen = int(fields[b"version"]), self._versions.get(key, 0)
        if version == seen:
            if fields[b"state"] != self._states[key]:
                self.violations.append(f"{wf_run_id} changed and kept its version {version}")
            return
        if version != seen + 1:
            self.violations.append(f"{wf_run_id} went from version {seen} to {version}")
        run = self._read(wf_run_id, key)
        if self.statuses.get(wf_run_id) in TERMINAL_STATUSES:
            self.violations.append(f"{wf_run_id} moved after it had ended: version {version}")
        self._versions[key], self._states[key] = version, fields[b"state"]
        self.statuses[wf_run_id] = run.status

    def _read(self, wf_run_id: str, key: bytes) -> Run:
        fields = {name.decode(): value for name, value in self._double.data[key].items()}
        return decode_run(wf_run_id, self._tenant, fields)

    def unended(self) -> list[str]:
        """The runs that have not ended, each with what its threads stand on."""
        found = []
        for key in self._versions:
            wf_run_id = key.decode().rpartition(":")[2]
            run = self._read(wf_run_id, key)
            if run.status not in TERMINAL_STATUSES:
                at = [
                    f"thread {thread.number} {thread.status.name} on {thread.node.name if thread.node else None}"
                    for thread in run.threads.values()
                ]
                found.append(f"{wf_run_id} {run.status.name}: {', '.join(at)}")
        return found

    def leftovers(self) -> list[str]:
        """What should be gone once everything has ended: entries, claims, timers, and what was set aside."""
        found = []
        for key, value in self._double.data.items():
            name = key.decode()
            if isinstance(value, Stream) and not name.endswith(":changes"):
                found += [f"{name} {entry} {fields!r:.300}" for entry, fields in value.entries.items()]
                found += [
                    f"claim of {name} {entry}" for group in value.groups.values() for entry in group.claims
                ]
            elif isinstance(value, ZSet) and name.endswith(":timers"):
                found += [f"timer {member.decode()}" for member in value]
        return found

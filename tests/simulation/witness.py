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
    """Watches a double. `violations` says in words what was wrong, `statuses` which runs there are, `gone`
    which there were. Runs below those of `may_be_rescued` may leave ERROR and EXCEPTION."""

    def __init__(self, double: Double, partitions: int, tenant: str) -> None:
        self._double, self._partitions, self._tenant = double, partitions, tenant
        self._run_prefixes = [keys.run(p, tenant, "").encode() for p in range(partitions)]
        self._versions: dict[bytes, int] = {}
        self._states: dict[bytes, bytes] = {}
        self._threads: dict[tuple[str, int], LHStatus] = {}
        self._tokens: dict[str, str] = {}
        self.violations: list[str] = []
        self.statuses: dict[str, LHStatus] = {}
        self.gone: set[str] = set()
        self.may_be_rescued: set[str] = set()
        double.watchers.append(self.committed)

    def committed(self, unit: Committed) -> None:
        made_of = {key: int(version) for key, version in unit.checks}
        for word, key, *args in unit.writes:
            if word == b"ENQUEUE":
                self._sent(orjson.loads(args[1]))
            elif any(key.startswith(prefix) for prefix in self._run_prefixes):
                self._changed(key, made_of.get(key))

    def _sent(self, task: dict[str, str]) -> None:
        if task["task"] in self._tokens:
            self.violations.append(f"task {task['task']} was handed out twice")
        self._tokens[task["task"]] = task["token"]

    def _changed(self, key: bytes, made_of: int | None) -> None:
        fields = self._double.data.get(key)
        wf_run_id = key.decode().rpartition(":")[2]
        if fields is None:
            self._gone(wf_run_id, key)
            return
        version, seen = int(fields[b"version"]), self._versions.get(key)
        if version == seen:
            if fields[b"state"] != self._states[key]:
                self.violations.append(f"{wf_run_id} changed and kept its version {version}")
            return
        if made_of != (seen or 0) or version < made_of:
            self.violations.append(f"{wf_run_id} went from version {seen} to {version}, made of {made_of}")
        run = self._read(wf_run_id, key)
        self._check_ends(run)
        self._versions[key], self._states[key] = version, fields[b"state"]
        self.statuses[wf_run_id] = run.status

    def _gone(self, wf_run_id: str, key: bytes) -> None:
        """It was deleted, or had only events that were posted before a start that never came."""
        if self._versions.pop(key, None) is None:
            return
        del self._states[key]
        self.gone.add(wf_run_id)
        self.statuses.pop(wf_run_id, None)
        self._threads = {where: status for where, status in self._threads.items() if where[0] != wf_run_id}

    def _check_ends(self, run: Run) -> None:
        """What has ended stays as it is: the run, and each of its threads."""
        ended = TERMINAL_STATUSES
        if run.id.partition("_")[0] in self.may_be_rescued:
            ended = frozenset((LHStatus.COMPLETED,))
        before = self.statuses.get(run.id)
        if before in ended and run.status is not before:
            self.violations.append(f"{run.id} went from {before.name} to {run.status.name}")
        for number, thread in run.threads.items():
            was = self._threads.get((run.id, number))
            if was in ended and thread.status is not was:
                self.violations.append(f"{run.id}/{number} went from {was.name} to {thread.status.name}")
            self._threads[run.id, number] = thread.status
        if run.status in TERMINAL_STATUSES:
            going = [number for number, thread in run.threads.items() if thread.status is LHStatus.RUNNING]
            if going:
                self.violations.append(f"{run.id} has ended, and its threads {going} run")

    def _read(self, wf_run_id: str, key: bytes) -> Run:
        fields = {name.decode(): value for name, value in self._double.data[key].items()}
        return decode_run(wf_run_id, self._tenant, fields)

    def is_over(self, wf_run_id: str) -> bool:
        """Has a run ended, or was it deleted?"""
        return wf_run_id in self.gone or self.statuses.get(wf_run_id) in TERMINAL_STATUSES

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
            elif ":schedule:" in name or name.endswith(":bulk"):
                found.append(name)
            elif name.rpartition(":")[2] in self.gone and not name.startswith("lh:meta"):
                found.append(f"{name} of a run that is gone")
            elif key in self._versions:
                marks = [field.decode() for field in value if field.startswith((b"claim:", b"reminder:"))]
                found += [f"{mark} in {name}" for mark in marks]
        return found

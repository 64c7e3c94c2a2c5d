"""metric_families: what was counted of every TaskDef and version of a WfSpec, as Prometheus has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from lhredis.store.metric_series import LATENCY_BITS_MAX, SeriesTotals

_TASK_LABELS = ("tenant", "task_def")
_WF_LABELS = ("tenant", "wf_spec", "version")

_TASK_HISTOGRAMS = {
    "schedule_to_start": "From an attempt's way into its queue to its start by a worker",
    "start_to_end": "From the start of an attempt by a worker to the commit of its report",
    "schedule_to_report": "From an attempt's way into its queue to the commit of its report",
}
_BOUNDS = [f"{2**bits / 1000:g}" for bits in range(LATENCY_BITS_MAX + 1)]
"""In seconds. A latency has as many bits as `bits` if it is below 2^bits ms."""


def families(series: Sequence[SeriesTotals]) -> Iterator[Metric]:
    """All of them: those that nothing was counted for are there without samples."""
    tasks = _Kind(_TASK_LABELS, [one for one in series if one.version is None])
    yield tasks.counter("task_attempts", "Attempts that ended", "attempts", "status")
    yield tasks.counter("task_retries", "Attempts that were followed by another one", "retries")
    for name, description in _TASK_HISTOGRAMS.items():
        yield tasks.histogram(f"task_{name}_seconds", description, name)
    wf_specs = _Kind(_WF_LABELS, [one for one in series if one.version is not None])
    yield wf_specs.counter("wf_runs_started", "WfRuns started", "started")
    yield wf_specs.counter("wf_runs_ended", "WfRuns that ended", "ended", "status")
    yield wf_specs.histogram("wf_run_duration_seconds", "From the start of a WfRun to its end", "duration")


@dataclass(slots=True)
class _Kind:
    """TaskDefs or versions of WfSpecs."""

    labels: tuple[str, ...]
    series: Sequence[SeriesTotals]

    def counter(self, name: str, description: str, word: str, by: str | None = None) -> Metric:
        """The totals of this word, or, `by` a label, of all words that begin with it and a colon."""
        labels = self.labels if by is None else (*self.labels, by)
        family = CounterMetricFamily(f"lhredis_{name}", description, labels=labels)
        for one in self.series:
            for found, total in sorted(one.totals.items()):
                kind, _, value = found.partition(":")
                if kind == word:
                    family.add_metric(_values(one) if by is None else (*_values(one), value), total)
        return family

    def histogram(self, name: str, description: str, word: str) -> Metric:
        family = HistogramMetricFamily(f"lhredis_{name}", description, labels=self.labels)
        for one in self.series:
            sum_ms = one.totals.get(f"{word}:ms")
            if sum_ms is not None:
                family.add_metric(_values(one), _buckets(one.totals, word), sum_ms / 1000)
        return family


def _values(one: SeriesTotals) -> tuple[str, ...]:
    return (one.tenant, one.name) if one.version is None else (one.tenant, one.name, one.version)


def _buckets(totals: Mapping[str, int], word: str) -> list[tuple[str, float]]:
    """(upper bound in seconds, how many are at most so long)."""
    buckets: list[tuple[str, float]] = []
    so_far = 0
    for bits, bound in enumerate((*_BOUNDS, "+Inf")):
        so_far += totals.get(f"{word}:{bits}", 0)
        buckets.append((bound, so_far))
    return buckets

"""metrics: the deployment and this process for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

import lhredis
from lhredis.api.answers import Answer, text_answer
from lhredis.api.call import Call
from lhredis.api.metric_families import families
from lhredis.errors import LHRedisError
from lhredis.store.counters import DESCRIPTIONS
from lhredis.store.figures import Figures, read_figures

TIMEOUT_S = 5.0


async def get_metrics(call: Call) -> Answer:
    """Read metrics in the format of Prometheus

    Totals and gauges are the whole deployment's, of all tenants; `lhredis_http_…` are this process's.
    While Redis is away, `lhredis_redis_up` is 0 and the deployment's figures are left out.
    """
    services = call.services
    figures: Figures | None = None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            figures = await read_figures(services.redis, services.metadata, services.partitions)
    except (RedisError, OSError, TimeoutError, LHRedisError):
        pass
    registry = CollectorRegistry()
    registry.register(_Deployment(figures))
    return text_answer(services.requests.text() + generate_latest(registry), CONTENT_TYPE_LATEST)


class _Deployment(Collector):
    """Figures as metrics."""

    def __init__(self, figures: Figures | None) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        build = GaugeMetricFamily("lhredis_build_info", "Version of lhredis", labels=("version",))
        build.add_metric((lhredis.__version__,), 1)
        yield build
        up = 0 if figures is None else 1
        yield GaugeMetricFamily("lhredis_redis_up", "1 when Redis answered this scrape", up)
        writable = int(figures is not None and figures.takes_writes)
        yield GaugeMetricFamily("lhredis_redis_writable", "1 when Redis takes writes", writable)
        if figures is None:
            return
        for name, total in figures.totals.items():
            yield CounterMetricFamily(f"lhredis_{name}", DESCRIPTIONS[name], total)
        waiting = GaugeMetricFamily(
            "lhredis_tasks_waiting", "Task attempts that wait for a worker", labels=("tenant", "task_def")
        )
        claimed = GaugeMetricFamily(
            "lhredis_tasks_claimed", "Task attempts that a worker holds", labels=("tenant", "task_def")
        )
        oldest = GaugeMetricFamily(
            "lhredis_oldest_task_age_seconds",
            "How long the oldest task attempt that waits for a worker has waited; 0 when none does",
            labels=("tenant", "task_def"),
        )
        for queue in figures.queues:
            labels = (queue.tenant, queue.task_def)
            age_ms = figures.now_ms - queue.oldest_ms if queue.oldest_ms is not None else 0
            waiting.add_metric(labels, queue.waiting)
            claimed.add_metric(labels, queue.claimed)
            oldest.add_metric(labels, max(0, age_ms) / 1000)
        yield from (waiting, claimed, oldest)
        yield from families(figures.series)
        owned = GaugeMetricFamily(
            "lhredis_scheduler_partitions", "Partitions that this scheduler works", labels=("scheduler",)
        )
        for scheduler, partitions in sorted(figures.owners.items()):
            owned.add_metric((scheduler,), partitions)
        yield owned
        n_owned = figures.owners.total()
        gauges = (
            ("quarantine_entries", "Events that were set aside", figures.quarantined),
            ("timers_waiting", "Timers that are not due yet", figures.timers),
            ("partitions_owned", "Partitions that a scheduler works", n_owned),
            ("partitions_unowned", "Partitions that no scheduler works", figures.partitions - n_owned),
            ("schedulers_live", "Schedulers alive", figures.schedulers),
            ("series_left_out", "Definitions whose counts are too many to be here", figures.series_left_out),
        )
        for name, description, value in gauges:
            yield GaugeMetricFamily(f"lhredis_{name}", description, value)

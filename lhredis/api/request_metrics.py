"""request_metrics: how many requests this process answered, and how fast."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

LABELS = ("route", "method", "status")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class RequestMetrics:
    """Counts by route template, method and status: bounded, whatever people ask for."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._count = Counter(
            "lhredis_http_requests", "HTTP requests answered", LABELS, registry=self._registry
        )
        self._seconds = Histogram(
            "lhredis_http_request_duration_seconds",
            "Time from the first byte of a request to its answer; waiting for a WfRun included",
            LABELS,
            registry=self._registry,
            buckets=SECONDS,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        key = (route, method if method in METHODS else "other", status)
        children = self._children.get(key)
        if children is None:
            labels = (key[0], key[1], str(status))
            children = self._children[key] = (self._count.labels(*labels), self._seconds.labels(*labels))
        children[0].inc()
        children[1].observe(seconds)

    def text(self) -> bytes:
        """In the format of Prometheus."""
        return generate_latest(self._registry)

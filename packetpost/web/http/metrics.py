"""What `/metrics` counts: every name, its labels, and how it is read. Names and labels never hold ids.

Counters belong to processes: with several workers they lie in files that all share (`server` sets the folder up before
this is imported). Facts are read from the records when somebody asks.
"""

import logging
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from packetpost.errors import Unavailable
from packetpost.sweeper import Swept

log = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

Ending = Literal["whole", "refused", "broken"]

_registry = CollectorRegistry()
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(f"packetpost_{name}", meaning, labels, registry=_registry)


def _histogram(name: str, meaning: str, buckets: Iterable[float], *labels: str) -> Histogram:
    return Histogram(f"packetpost_{name}", meaning, labels, buckets=tuple(buckets), registry=_registry)


_requests = _counter("requests", "Requests that were answered", "method", "endpoint", "status")
_request_seconds = _histogram(
    "request_seconds", "From a request's head to its answer's last byte", _QUICK, "method", "endpoint"
)
_uploads_begun = _counter("uploads_begun", "Requests that bring file bytes, when they begin")
_uploads_ended = _counter("uploads_ended", "Requests that brought file bytes, by how they ended", "how")
_downloads_begun = _counter("downloads_begun", "Answers that send file bytes, when they begin")
_downloads_ended = _counter("downloads_ended", "Answers that sent file bytes, by how they ended", "how")
received_bytes = _counter("received_bytes", "File bytes that arrived")
sent_bytes = _counter("sent_bytes", "File bytes that were sent")
limited = _counter("rate_limited", "Requests that met a rate limit, by its name", "limit")
_errors = _counter("errors", "Errors and crashes in the log, by the room they come from", "room")
_sweeps = _counter("sweeps", "Sweeps that ended well")
_swept = _counter("swept", "What sweeps have freed: links, uploads, files without a record", "what")
reports = _counter("reports", "Reports about links", "complaint")
webhooks = _counter("report_webhooks", "Reports that were posted to the operator, by how that ended", "how")
sockets = Gauge("packetpost_sockets", "WebSockets that are open now", registry=_registry, multiprocess_mode="livesum")
signal_answers = Gauge(
    "packetpost_signal_answers",
    "Answers that are open in place of WebSockets",
    registry=_registry,
    multiprocess_mode="livesum",
)
road_bytes = _counter("road_bytes", "Bytes that arrived to be carried from page to page, sealed")
road_bodies = _counter("road_bodies", "Requests that brought such bytes, by how they ended", "how")
road_answers = Gauge(
    "packetpost_road_answers", "Answers that are open for such bytes", registry=_registry, multiprocess_mode="livesum"
)
road_seconds = _counter("road_seconds", "How long such answers were open, in all")
live_attempts = _counter("live_attempts", "Live attempts by how they ended", "outcome", "reason")
live_connect_seconds = _histogram(
    "live_connect_seconds",
    "From both sides present to an open channel",
    (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 30),
)
live_bytes = _counter("live_bytes", "File bytes that went from browser to browser")
live_rate = _histogram(
    "live_bytes_per_second", "Goodput of attempts that moved bytes", (2.0**power for power in range(14, 31, 2))
)


def known_method(method: str) -> str:
    """Clients may invent methods; the labels have few."""
    return method if method in _METHODS else "other"


def answered(method: str, endpoint: str, status: int, seconds: float | None) -> None:
    """An answer ended; `seconds` None where its length says nothing, as a socket's."""
    method, endpoint = known_method(method), endpoint or "none"
    _requests.labels(method, endpoint, str(status)).inc()
    if seconds is not None:
        _request_seconds.labels(method, endpoint).observe(seconds)


def begun(moves: str) -> None:
    """Count an upload or a download that begins."""
    (_uploads_begun if moves == "upload" else _downloads_begun).inc()


def ended(moves: str, how: Ending) -> None:
    """Count an upload or a download that ended, and how."""
    (_uploads_ended if moves == "upload" else _downloads_ended).labels(how).inc()


def note_sweep(swept: Swept) -> None:
    """A sweep ended well."""
    _sweeps.inc()
    for what, count in asdict(swept).items():
        _swept.labels(what).inc(count)


class _ErrorCount(logging.Handler):
    """Counts what is logged as an error, wherever that happens."""

    def emit(self, record: logging.LogRecord) -> None:
        _errors.labels(record.name.rpartition(".")[2] if record.name.startswith("packetpost") else "other").inc()


_error_count = _ErrorCount(logging.ERROR)


def count_errors() -> None:
    """Count every error that is logged from now on. Once or many times, it is the same."""
    for logger in (logging.getLogger(), logging.getLogger("gunicorn.error")):
        logger.addHandler(_error_count)


# What a fact is called, what it means, and its samples: a label's value ('' for none) with the number.
Fact = tuple[str, str, str, dict[str, float]]


class _Facts:
    """A collector that asks when it is asked."""

    def __init__(self, read: Callable[[], Iterable[Fact]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        try:
            facts = self._read()
        except Unavailable:
            log.warning("the store is away: no facts in the metrics")
            return
        for name, meaning, label, samples in facts:
            family = GaugeMetricFamily(f"packetpost_{name}", meaning, labels=[label] if label else [])
            for value, number in samples.items():
                family.add_metric([value] if label else [], number)
            yield family


def exposition(read_facts: Callable[[], Iterable[Fact]]) -> bytes:
    """Everything in Prometheus's text form: of all workers together, and the facts as they are now."""
    registry = CollectorRegistry()
    if os.environ.get(SHARED_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_registry)
        ProcessCollector(registry=registry)
    registry.register(_Facts(read_facts))
    return generate_latest(registry)

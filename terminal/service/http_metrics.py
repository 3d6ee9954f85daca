"""What a server measures of itself, for Prometheus: numbers and names of ours, no text of anybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index_data.errors import DragomanError
from terminal.service.http_embeddings import served_name

if TYPE_CHECKING:
    from terminal.engine.engine import Engine
    from terminal.service.http_gate import Gates
    from terminal.service.http_readiness import Readiness

PATH = "/metrics"
OF_BALANCERS = frozenset({"health", "ready", "metrics"})
"""Operations that nobody waits for when the server ends."""
_NOWHERE = "none"
"""The operation of a request to a path that is not served."""
_GONE = 499
"""The status, as nginx has it, where whoever asked did not wait for the answer."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


Operation = tuple[BaseRoute, str]
"""A route, and what it is called here."""


class Metrics:
    """Counts requests, and looks at the rest when it is asked."""

    def __init__(self, engine: Engine, gates: Gates, readiness: Readiness) -> None:
        self._readiness = readiness
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_State(engine, gates, readiness))
        self._answered = Counter(
            "dragoman_requests", "Requests answered.", ("operation", "status"), registry=registry
        )
        self._seconds = Histogram(
            "dragoman_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("operation",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._under_way = Gauge(
            "dragoman_requests_under_way", "Requests without their whole answer.", registry=registry
        )

    async def answer(self, _request: Request) -> Response:
        """Write them in the text format of Prometheus."""
        text = await asyncio.to_thread(generate_latest, self._registry)
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    def measured(self, app: ASGIApp, operations: Sequence[Operation]) -> ASGIApp:
        """Count what `app` answers, by the operation that each route is."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            operation = _operation(scope, operations)
            if operation not in OF_BALANCERS:
                self._readiness.note()
            status, start = _GONE, perf_counter()

            async def noting(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    self._readiness.mark(message)
                await send(message)

            self._under_way.inc()
            try:
                await app(scope, receive, noting)
            finally:
                self._under_way.dec()
                self._answered.labels(operation, str(status)).inc()
                self._seconds.labels(operation).observe(perf_counter() - start)

        return counted


class _State(Collector):
    """How index, encoder and queues are when somebody looks."""

    def __init__(self, engine: Engine, gates: Gates, readiness: Readiness) -> None:
        self._engine, self._gates, self._readiness = engine, gates, readiness

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: an index that cannot be opened is no reason not to start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Look."""
        yield _gauge("build_info", "The program.", 1, version=version("dragoman"))
        yield _gauge("draining", "Whether the end has begun.", self._readiness.draining)
        yield _gauge("encoder_loaded", "Whether questions by meaning need not wait.", self._engine.loaded)
        yield from self._queues()
        try:
            summary = self._engine.summary()
        except DragomanError:
            yield _gauge("index_usable", "Whether the index can be opened.", 0)
            return
        made_by = summary.fingerprint
        yield _gauge("index_usable", "Whether the index can be opened.", 1)
        yield _gauge("index_generation", "Grows by one with each change of the index.", summary.generation)
        yield _gauge("index_documents", "Documents in the index.", summary.documents)
        yield _gauge("index_passages", "Passages in the index.", summary.passages)
        yield _gauge(
            "encoder_info",
            "The encoder of the index: its name, and the start of its fingerprint.",
            1,
            model=served_name(made_by.model),
            version=made_by.encoder[:12],
        )

    def _queues(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "dragoman_queue_calls", "Calls at work and in line for threads.", labels=["queue"]
        )
        refused = CounterMetricFamily(
            "dragoman_queue_refusals", "Calls that found the line full.", labels=["queue"]
        )
        for name, gate in (("reading", self._gates.reading), ("encoding", self._gates.encoding)):
            waiting.add_metric([name], gate.inside)
            refused.add_metric([name], gate.refused)
        yield from (waiting, refused)


def _gauge(name: str, meaning: str, value: float, **labels: str) -> Metric:
    gauge = GaugeMetricFamily(f"dragoman_{name}", meaning, labels=list(labels))
    gauge.add_metric(list(labels.values()), value)
    return gauge


def _operation(scope: Scope, operations: Sequence[Operation]) -> str:
    """Name what is asked for in one of our own words, whatever stands in the path."""
    for route, name in operations:
        if route.matches(scope)[0] is not Match.NONE:
            return name
    return _NOWHERE

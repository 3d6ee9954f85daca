"""Actors are asked for: readers and encoders, as many as the cluster has room for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ray

from encoder.interface import Embedder
from ingest.cluster.crew import Crew
from ingest.cluster.encoding_worker import EncoderFacts, EncodingWorker
from ingest.cluster.reading_worker import ReaderFacts, ReadingWorker
from ingest.cluster.staff import Staff, Wishes, staff
from ingest.cutter import Cutter
from ingest.parser import Parser


def staff_of_cluster(wishes: Wishes, *, on_gpus: bool) -> Staff:
    """Look at the nodes that are there.

    Raises:
        UsageError: what was asked for does not fit.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    return staff(nodes, wishes, on_gpus=on_gpus)


def hire_encoders(staff: Staff, load: Callable[[], Embedder]) -> Crew[EncoderFacts]:
    """Have encoders loaded; `load` is called on their nodes.

    Raises:
        EncoderUnavailable: an encoder cannot be loaded there, or nobody has room.
    """
    # Ray gives a process as many threads as cores.
    options = {"num_cpus": staff.encoder_cpus, "num_gpus": staff.encoder_gpus}
    return Crew(_actors(EncodingWorker, staff.encoders, options, load))


def hire_readers(
    staff: Staff, open_parser: Callable[[], Parser], make_cutter: Callable[[str], Cutter]
) -> Crew[ReaderFacts]:
    """Have readers made ready; both callables are called on their nodes.

    Raises:
        EncoderUnavailable: a reader cannot be made ready there, or nobody has room.
    """
    options = {"num_cpus": staff.reader_cpus, "num_gpus": 0}
    return Crew(_actors(ReadingWorker, staff.readers, options, open_parser, make_cutter))


def _actors(worker: type, count: int, options: dict[str, Any], *parts: object) -> list[Any]:
    # Ray starts an actor anew when it dies; its work is given out again by the crew, to one that lives.
    hired: Any = ray.remote(max_restarts=-1, max_task_retries=0, scheduling_strategy="SPREAD", **options)(
        worker
    )
    return [hired.remote(*parts) for _ in range(count)]

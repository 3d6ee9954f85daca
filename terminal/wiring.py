"""The one place where the real parts are put together."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from index_data.errors import EncoderUnavailable, IndexMismatch, UsageError
from terminal.named_servers import refuse_unnamed, remember_server
from terminal.rerankers import load_reranker
from terminal.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from encoder.interface import Embedder
    from encoder.tuning.corpus import Corpus
    from encoder.tuning.tuner import Tuner
    from index_data.index import Index
    from index_data.records import Fingerprint
    from ingest.ingester import Ingester
    from search.searcher import Searcher
    from search.united_index import Searchable, UnitedIndex

Announce = Callable[[str], None]
"""Takes one line for people."""


@contextmanager
def open_index(settings: Settings) -> Iterator[Index]:
    """Open the index for reading.

    Raises:
        IndexProblem: it is missing, foreign or damaged.
    """
    from index_data.index import Index

    with Index.open(settings.index) as index:
        yield index


def searcher_by_words(index: Searchable) -> Searcher:
    """Answer lexical questions at once, without an encoder."""
    from search.fan_out import FanOut
    from search.searcher import Searcher
    from search.united_index import UnitedIndex

    if isinstance(index, UnitedIndex):
        return FanOut(index, None)
    return Searcher(index, None)


def load_searcher(index: Searchable, settings: Settings) -> Searcher:
    """Load the encoder that made `index`, or each of them, and put it before it; takes seconds.

    Raises:
        EncoderUnavailable: the encoder, the re-ranker or the device cannot be used.
        IndexMismatch: the settings name another encoder than the one that made the index.
    """
    from search.searcher import Searcher
    from search.united_index import UnitedIndex
    from terminal.index_fingerprint import check_encoder

    if isinstance(index, UnitedIndex):
        return _load_fan_out(index, settings)
    embedder = _load_embedder(settings, index.fingerprint, None)
    check_encoder(embedder, index.fingerprint)
    return Searcher(index, embedder, load_reranker(embedder, settings))


def _load_fan_out(index: UnitedIndex, settings: Settings) -> Searcher:
    """Load each encoder once; an index whose encoder cannot be had takes no part."""
    from search.fan_out import FanOut
    from terminal.index_fingerprint import check_encoder

    embedders: dict[str, Embedder] = {}
    for place, member in index.members.items():
        made_by = member.fingerprint
        try:
            if made_by.encoder not in embedders:
                embedder = _load_embedder(settings, made_by, None)
                check_encoder(embedder, made_by)
                embedders[made_by.encoder] = embedder
        except (EncoderUnavailable, IndexMismatch) as error:
            index = index.without(place, error)
    first = embedders[index.fingerprint.encoder]
    return FanOut(index, first, load_reranker(first, settings), embedders=embedders)


@contextmanager
def open_ingester(
    settings: Settings, announce: Announce | None = None, *, any_file_system: bool = False
) -> Iterator[Ingester]:
    """Load the encoder and open the index for writing; a new one where there is none.

    Raises:
        EncoderUnavailable: the encoder or the device cannot be used.
        IndexProblem: the index is locked, foreign, damaged, or was made otherwise than the settings say.
        UsageError: the encoder cannot see as many tokens at once as the settings ask for.
    """
    with (
        load_ingester(settings, announce, any_file_system=any_file_system)()
        if settings.engine == "local"
        else _on_a_cluster(settings, announce, any_file_system=any_file_system)
    ) as ingester:
        yield ingester


def load_ingester(
    settings: Settings, announce: Announce | None = None, *, any_file_system: bool = False
) -> Callable[[], AbstractContextManager[Ingester]]:
    """Load the encoder, and return what opens the index for writing, as often as it is needed.

    It raises what `open_ingester` raises.
    """
    from index_data.cluster.elsewhere import Elsewhere
    from index_data.file_system import refuse_network
    from index_data.index import Index
    from ingest.ingester import Ingester
    from ingest.parser import Parser
    from ingest.pipeline import LocalPipeline
    from ingest.recognition import Ocr, find_recognition
    from terminal.index_fingerprint import index_fingerprint

    elsewhere = Elsewhere.of(settings.index)
    if not any_file_system and not (elsewhere and elsewhere.catalogue):
        # Told before the seconds that an encoder takes.
        refuse_network(settings.index)
    recognition = find_recognition(Ocr(settings.ocr), settings.ocr_languages)
    embedder = _load_embedder(settings, Index.read_fingerprint(settings.index), announce)

    @contextmanager
    def opened() -> Iterator[Ingester]:
        wanted = index_fingerprint(embedder, settings, Index.read_fingerprint(settings.index))
        opening = Index.create_or_open(settings.index, wanted, any_file_system=any_file_system)
        with opening as index, Parser(recognition=recognition) as parser:
            pipeline = LocalPipeline(
                embedder, parser, wanted.window_tokens, wanted.passage_tokens, wanted.overlap_tokens
            )
            yield Ingester(index, pipeline)

    return opened


@contextmanager
def _on_a_cluster(
    settings: Settings, announce: Announce | None, *, any_file_system: bool
) -> Iterator[Ingester]:
    """Start Ray or join its cluster, have encoder and readers loaded there, and open the index here."""
    from index_data.file_system import refuse_network
    from index_data.index import Index
    from ingest.cluster.session import connected
    from ingest.ingester import Ingester
    from terminal.index_fingerprint import index_fingerprint
    from terminal.parts_of_nodes import make_cutter, make_parser, refuse_to_send

    if not any_file_system:
        refuse_network(settings.index)
    made_by = Index.read_fingerprint(settings.index)
    refuse_to_send(settings, made_by)
    with connected(settings.engine):
        from ingest.cluster.hiring import hire_encoders, hire_readers, staff_of_cluster
        from ingest.cluster.pipeline import RayPipeline
        from ingest.cluster.staff import Wishes

        wishes = Wishes(settings.ray_readers, settings.ray_encoders, settings.ray_gpus)
        staff = staff_of_cluster(wishes, on_gpus=settings.device != "cpu")
        there = settings if staff.encoder_gpus else replace(settings, device="cpu")
        with hire_encoders(staff, partial(_load_embedder, there, made_by, None)) as encoders:
            wanted = index_fingerprint(encoders.description, settings, made_by)
            if announce:
                announce(f"encoder: {wanted.model}; by Ray, {staff}")
            with (
                Index.create_or_open(settings.index, wanted, any_file_system=any_file_system) as index,
                hire_readers(
                    staff, partial(make_parser, settings), partial(make_cutter, settings, wanted)
                ) as readers,
            ):
                yield Ingester(index, RayPipeline(readers, encoders))


def load_tuner(
    index: Index,
    settings: Settings,
    corpus: Corpus,
    general: Path | None,
    *,
    minutes: float,
    seed: int,
    rate: float,
) -> Tuner:
    """Load the encoder that made `index`, to be tuned on `corpus`; takes seconds.

    Raises:
        EncoderUnavailable: the encoder or the device cannot be used, or a server has it.
        IndexMismatch: the settings name another encoder than the one that made the index.
        UsageError: the facts in `general` cannot be read.
    """
    from encoder.served.server_address import is_served
    from encoder.tuning.trials import GENERAL, general_trials
    from terminal.index_fingerprint import check_encoder

    trials = general_trials(general or GENERAL)
    made_by = index.fingerprint
    if is_served(made_by.model):
        raise EncoderUnavailable(
            f"{made_by.model} is behind a server, where it cannot learn",
            remedy="Ingest into another --index with --model builtin or a folder, and tune that.",
        )
    embedder = _load_embedder(settings, made_by, None)
    check_encoder(embedder, made_by)

    from encoder.checkpoint import resolve
    from encoder.embedder import TransformerEmbedder
    from encoder.tuning.tuner import Tuner

    assert isinstance(embedder, TransformerEmbedder)  # the only kind that is not served
    checkpoint = resolve(embedder.model, settings.models)
    return Tuner(checkpoint, embedder, corpus, tuple(trials), minutes, seed, rate)


def _load_embedder(settings: Settings, made_by: Fingerprint | None, announce: Announce | None) -> Embedder:
    """As asked, else as the index was made, else as `encoder.choice` says."""
    from encoder.choice import AUTO, choose
    from encoder.served.server_address import is_served

    model = None if settings.model == AUTO else settings.model
    model = model or (made_by.model if made_by else None)
    if model and is_served(model):
        if model == settings.model:
            remember_server(model)
        else:
            refuse_unnamed(model)
        return _served(model, settings, made_by)
    if settings.offline is not False:
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    # Threads that spin while waiting halve the speed on a machine that is busy; read when torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    reason = "as asked for" if settings.model == model else "with which the index was made"
    if model is None:
        model, reason = (choice := choose(settings.models, settings.device)).model, choice.reason
    return _local(model, reason, settings, announce)


def _local(model: str, reason: str, settings: Settings, announce: Announce | None) -> Embedder:
    from encoder.checkpoint import resolve

    # A wrong name is told before the seconds that torch takes.
    checkpoint = resolve(model, settings.models)
    with _uncollected():
        from encoder.device import NumberFormat, place
        from encoder.embedder import TransformerEmbedder
        from encoder.m3 import M3Embedder

        placement = place(settings.device, NumberFormat(settings.dtype))
        if announce:
            announce(f"encoder: {model}, {reason}; on {placement.reason}")
        kind = M3Embedder if M3Embedder.fits(checkpoint) else TransformerEmbedder
        return kind(checkpoint, placement)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector out of what is made to stay: it takes a tenth of loading and of the exit."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _served(model: str, settings: Settings, made_by: Fingerprint | None) -> Embedder:
    from encoder.models.registry import USUAL_WINDOW, known_models
    from encoder.served.served_embedder import open_server
    from encoder.served.server_address import server_address

    if settings.offline:
        raise UsageError(f"{model} is behind a server", remedy="Leave out --offline, or use another --model.")
    # Ollama's names end in a tag, as in `bge-m3:latest`.
    known = known_models().get(server_address(model, os.environ).name.partition(":")[0])
    return open_server(
        model,
        query_prompt=known.query_prompt if known else "",
        passage_prompt=known.passage_prompt if known else "",
        window_tokens=settings.window_tokens or (made_by.window_tokens if made_by else USUAL_WINDOW),
        known_fingerprint=made_by.encoder if made_by else "",
    )

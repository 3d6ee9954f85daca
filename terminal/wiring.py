"""The one place where the real parts are put together."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from index_data.errors import EncoderUnavailable, IndexMismatch, UsageError
from terminal.named_servers import refuse_unnamed, remember_server
from terminal.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from encoder.interface import Embedder, Reranker
    from encoder.tuning.corpus import Corpus
    from encoder.tuning.tuner import Tuner
    from index_data.index import Index
    from index_data.records import Fingerprint
    from ingest.ingester import Ingester
    from search.searcher import Searcher

DEFAULT_PASSAGE_TOKENS = 256

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


def searcher_by_words(index: Index) -> Searcher:
    """Answer lexical questions at once, without an encoder."""
    from search.searcher import Searcher

    return Searcher(index, None)


def load_searcher(index: Index, settings: Settings) -> Searcher:
    """Load the encoder that made `index` and put it before it; takes seconds.

    Raises:
        EncoderUnavailable: the encoder, the re-ranker or the device cannot be used.
        IndexMismatch: the settings name another encoder than the one that made the index.
    """
    from search.searcher import Searcher

    embedder = _load_embedder(settings, index.fingerprint, None)
    _check_encoder(embedder, index.fingerprint)
    return Searcher(index, embedder, _load_reranker(embedder, settings))


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
    with load_ingester(settings, announce, any_file_system=any_file_system)() as ingester:
        yield ingester


def load_ingester(
    settings: Settings, announce: Announce | None = None, *, any_file_system: bool = False
) -> Callable[[], AbstractContextManager[Ingester]]:
    """Load the encoder, and return what opens the index for writing, as often as it is needed.

    It raises what `open_ingester` raises.
    """
    from index_data.file_system import refuse_network
    from index_data.index import Index
    from ingest.ingester import Ingester
    from ingest.parser import Parser
    from ingest.recognition import Ocr, find_recognition

    if not any_file_system:
        # Told before the seconds that an encoder takes.
        refuse_network(settings.index)
    recognition = find_recognition(Ocr(settings.ocr), settings.ocr_languages)
    embedder = _load_embedder(settings, Index.read_fingerprint(settings.index), announce)

    @contextmanager
    def opened() -> Iterator[Ingester]:
        wanted = _fingerprint(embedder, settings, Index.read_fingerprint(settings.index))
        opening = Index.create_or_open(settings.index, wanted, any_file_system=any_file_system)
        with opening as index, Parser(recognition=recognition) as parser:
            yield Ingester(
                index, embedder, parser, wanted.window_tokens, wanted.passage_tokens, wanted.overlap_tokens
            )

    return opened


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

    trials = general_trials(general or GENERAL)
    made_by = index.fingerprint
    if is_served(made_by.model):
        raise EncoderUnavailable(
            f"{made_by.model} is behind a server, where it cannot learn",
            remedy="Ingest into another --index with --model builtin or a folder, and tune that.",
        )
    embedder = _load_embedder(settings, made_by, None)
    _check_encoder(embedder, made_by)

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


def _load_reranker(embedder: Embedder, settings: Settings) -> Reranker | None:
    """Load the one asked for, else let the encoder compare token by token if it shows them."""
    from encoder.interface import TokenEmbedder

    if settings.rerank is False:
        return None
    if settings.reranker:
        from encoder.served.server_address import is_served_reranker

        if is_served_reranker(settings.reranker):
            return _served_reranker(settings.reranker, settings)
        from encoder.checkpoint import resolve
        from encoder.cross_encoder import CrossEncoderReranker
        from encoder.device import NumberFormat, place

        checkpoint = resolve(settings.reranker, settings.models)
        return CrossEncoderReranker(checkpoint, place(settings.device, NumberFormat(settings.dtype)))
    if not isinstance(embedder, TokenEmbedder):
        return None
    from encoder.m3 import M3Embedder, M3Reranker
    from encoder.reranker import MaxSimReranker

    return M3Reranker(embedder) if isinstance(embedder, M3Embedder) else MaxSimReranker(embedder)


def _served_reranker(reranker: str, settings: Settings) -> Reranker:
    from encoder.served.served_reranker import open_reranker

    if settings.offline:
        raise UsageError(
            f"{reranker} is behind a server", remedy="Leave out --offline, or use another --reranker."
        )
    return open_reranker(reranker)


def _check_encoder(embedder: Embedder, made_by: Fingerprint) -> None:
    if embedder.fingerprint == made_by.encoder:
        return
    names = made_by.model, embedder.model
    raise IndexMismatch(
        f"the index was made by {names[0]} ({made_by.encoder[:12]}), "
        f"not by {names[1]} ({embedder.fingerprint[:12]})",
        remedy=f"{names[0]} is another encoder since then; ingest into a new folder with --index."
        if names[0] == names[1]
        else f"Leave out --model, or ingest into a folder for {names[1]} with --index.",
    )


def _fingerprint(embedder: Embedder, settings: Settings, made_by: Fingerprint | None) -> Fingerprint:
    # As asked, else as the index was made, else as usual.
    from encoder.models.registry import USUAL_WINDOW, known_models
    from index_data.records import Fingerprint
    from ingest.passages import SPLITTER_VERSION

    known = known_models().get(embedder.model)
    usual_window = min(known.usual_window if known else USUAL_WINDOW, embedder.max_window_tokens)
    window_tokens = settings.window_tokens or (made_by.window_tokens if made_by else usual_window)
    usual_passage = min(DEFAULT_PASSAGE_TOKENS, window_tokens)
    passage_tokens = settings.passage_tokens or (made_by.passage_tokens if made_by else usual_passage)
    asked, usual_overlap = settings.overlap_tokens, made_by.overlap_tokens if made_by else 0
    if not passage_tokens <= window_tokens <= embedder.max_window_tokens:
        raise UsageError(
            f"passages of {passage_tokens} tokens do not fit windows of {window_tokens} tokens, "
            f"or these do not fit the encoder, which sees {embedder.max_window_tokens}",
            remedy="Choose --passage-tokens <= --window-tokens <= what the encoder sees.",
        )
    return Fingerprint(
        model=embedder.model,
        encoder=embedder.fingerprint,
        dimension=embedder.dimension,
        window_tokens=window_tokens,
        passage_tokens=passage_tokens,
        splitter=SPLITTER_VERSION,
        overlap_tokens=usual_overlap if asked is None else asked,
    )

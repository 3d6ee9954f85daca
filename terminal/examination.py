"""All that `dragoman doctor` looks at, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from index_data.observations import Observation, Verdict
from terminal.settings import Settings

_GIB = 1 << 30
_LEAST_MEMORY = 3 * _GIB
"""Bytes: the built-in encoder, and a reader at its limit."""


def examine(settings: Settings) -> Iterator[Observation]:
    """Look at one thing after the other; nothing is changed, and no encoder loaded."""
    from encoder.resources import usable_cores, usable_memory
    from index_data.cluster.elsewhere import Elsewhere
    from index_data.suitability import examine_folder
    from ingest.recognition import Ocr, examine_recognition
    from terminal.floors import examine_versions, installed_versions

    yield from examine_versions(installed_versions())
    yield from _confinement()
    yield from examine_folder(settings.index)
    if elsewhere := Elsewhere.of(settings.index):
        from index_data.cluster.reachability import examine_servers

        yield from examine_servers(elsewhere)
    yield from _index_and_encoder(settings)
    yield resident_engine(settings)
    yield examine_recognition(Ocr(settings.ocr), settings.ocr_languages)
    yield machine(usable_cores(), usable_memory())


def machine(cores: int, memory: int) -> Observation:
    """Judge how much there is to compute with; `memory` in bytes."""
    what = f"{cores} core{'s' if cores > 1 else ''} and {memory / _GIB:,.1f} GiB of memory can be used"
    if memory < _LEAST_MEMORY:
        remedy = f"Give it {_LEAST_MEMORY // _GIB} GiB: with less, an ingest of large files may be stopped."
        return Observation("machine", Verdict.WARNING, what, remedy)
    return Observation("machine", Verdict.OK, what)


def resident_engine(settings: Settings) -> Observation:
    """Say whether `dragoman serve` keeps an engine for these settings; without one all goes on, slower."""
    from terminal.engine.opening import resident
    from terminal.engine.remote_engine import EngineGone

    what = "no engine is resident; `dragoman serve` keeps one, so that searches need not load it"
    if (engine := resident(settings)) is not None:
        with engine, suppress(EngineGone):
            presence = engine.greet()
            loaded = "with its encoder loaded" if presence.loaded else "whose encoder is not loaded"
            what = f"an engine is resident, process {presence.process}, {loaded}"
    return Observation("engine", Verdict.OK, what)


def _confinement() -> Iterator[Observation]:
    from ingest.trial import examine_confinement, try_confinement

    try:
        yield from examine_confinement(try_confinement())
    except OSError as error:
        what = f"what confines readers cannot be tried out: {error}"
        yield Observation("limits", Verdict.FAULT, what, "See that new processes can be started here.")


def _index_and_encoder(settings: Settings) -> Iterator[Observation]:
    """Look at the index, and at the encoder that it, or a new one, would be used with."""
    from encoder.checkpoint import BUILTIN
    from encoder.choice import AUTO
    from encoder.models.soundness import examine_encoder
    from index_data.errors import IndexProblem
    from index_data.index import Index

    made_by = None
    try:
        made_by = Index.read_fingerprint(settings.index)
    except IndexProblem as error:
        yield Observation("index", Verdict.FAULT, error.message, error.remedy)
    else:
        told = (
            f"made with {made_by.model}; `dragoman check --full` looks at every byte"
            if made_by
            else "none yet"
        )
        yield Observation("index", Verdict.OK, f"the index in {settings.index}: {told}")
    named = None if settings.model == AUTO else settings.model
    yield examine_encoder(named or (made_by.model if made_by else BUILTIN), settings.models)

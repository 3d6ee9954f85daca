"""How long each stage takes for each file, alone: the trace that is simulated."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from scipy.optimize import nnls

from benchmarks.pipeline.recording import Recording, Stored, children_seconds, fingerprint, recorded
from benchmarks.pipeline.trace import EncoderSpeed, FileWork, Trace
from benchmarks.report import say
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from index_data.index import Index
from ingest.parser import Parser

_TIMED_BATCHES = 8
"""Batches of each size, at most, on which the encoder is timed."""

Tokens = dict[str, int]
"""How many tokens each window has, by its text."""


def measure(tree: Path, embedder: TransformerEmbedder, threads: Sequence[int]) -> tuple[Trace, Tokens]:
    """Ingest `tree` twice, the first time to warm up, and take each stage by itself."""
    torch.set_num_threads(max(threads))
    with TemporaryDirectory() as folder:
        say("warming up")
        recorded(tree, Path(folder, "warm"), embedder)
        say("recording")
        recording = recorded(tree, Path(folder, "recorded"), embedder)
        say("parsing alone")
        child, fresh, warm, handover = _parsed(recording.documents)
        say("storing alone")
        stored = _stored(recording, Path(folder), embedder)
        keep, keep_wait = _kept(recording, embedder, Path(folder))
    tokens = {
        window.text: len(embedder.token_spans(window.text)) for batch in recording.batches for window in batch
    }
    windows = _by_document(recording, tokens)
    cuts = np.diff([0.0, *recording.index.cut_until])
    files = tuple(
        FileWork(str(path.relative_to(tree)), warm[n], handover[n], float(cuts[n]), windows[n], *stored[n])
        for n, path in enumerate(recording.documents)
    )
    encoders = {}
    for count in threads:
        say(f"encoding alone, {count} threads")
        encoders[str(count)] = _encoder(embedder, recording.batches, tokens, count)
    passages = sum(file.passages for file in files)
    return Trace(
        files=files,
        encoders=encoders,
        begin=recording.begin,
        child=child,
        kinds=_kinds(recording.documents, fresh, warm),
        publish=recording.index.published / passages,
        keep=keep,
        keep_wait=keep_wait,
        glue=recording.glue / passages,
    ), tokens


def _parsed(paths: Sequence[Path]) -> tuple[float, list[float], list[float], list[float]]:
    """Seconds of a child's start, of each file in a fresh child, and in a warm one, there and here."""
    with TemporaryDirectory() as folder, Parser() as parser:
        (nothing := Path(folder, "nothing.txt")).write_text("nothing\n", encoding="ascii")
        _timed(lambda: parser.parse(nothing))
        child = children_seconds()
        fresh = [_timed(lambda path=path: parser.parse(path))[0] for path in paths]  # type: ignore[misc]
        again = [_timed(lambda path=path: parser.parse(path)) for path in paths]  # type: ignore[misc]
    return child, fresh, [there for there, _ in again], [here for _, here in again]


def _timed(parse: Callable[[], object]) -> tuple[float, float]:
    """Seconds of computing of the children, and of this process."""
    there, here = children_seconds(), time.process_time()
    parse()
    # The clock of a process is looked up in a walk through all of them, which counts for nobody.
    here = time.process_time() - here
    return max(children_seconds() - there, 0.0), here


def _kinds(paths: Sequence[Path], fresh: Sequence[float], warm: Sequence[float]) -> dict[str, float]:
    kinds: dict[str, float] = {}
    for path, first, later in zip(paths, fresh, warm, strict=True):
        kinds.setdefault(path.suffix, max(first - later, 0.0))
    return kinds


def _stored(recording: Recording, folder: Path, embedder: TransformerEmbedder) -> list[tuple[float, float]]:
    """Seconds of computing and of waiting of each document, the better of two times."""
    rounds = [_replayed(recording.index.stored, folder / f"stored-{number}", embedder) for number in range(2)]
    return [min(times, key=sum) for times in zip(*rounds, strict=True)]


def _replayed(
    stored: Sequence[Stored], folder: Path, embedder: TransformerEmbedder
) -> list[tuple[float, float]]:
    times = []
    with Index.create_or_open(folder, fingerprint(embedder)) as index:
        for given, named in stored:
            started, computed = time.perf_counter(), time.thread_time()
            index.replace(*given, **named)
            seconds = time.thread_time() - computed
            times.append((seconds, max(time.perf_counter() - started - seconds, 0.0)))
    return times


def _kept(recording: Recording, embedder: TransformerEmbedder, folder: Path) -> tuple[float, float]:
    """Seconds of computing a passage, and of waiting each time."""
    kept = recording.index.kept
    if not kept:
        return 0.0, 0.0
    passages = sum(len(window.vectors) for windows in kept for window in windows.values())
    with Index.create_or_open(folder / "kept", fingerprint(embedder)) as index:
        started, computed = time.perf_counter(), time.thread_time()
        for windows in kept:
            index.keep_begun(windows)
        seconds = time.thread_time() - computed
        wait = max(time.perf_counter() - started - seconds, 0.0)
    return seconds / passages, wait / len(kept)


def _by_document(recording: Recording, tokens: Tokens) -> list[tuple[tuple[int, int], ...]]:
    """Tokens and passages of the windows of each document, which were embedded in order."""
    windows = [(tokens[window.text], len(window.spans)) for batch in recording.batches for window in batch]
    ends = np.cumsum([0, *(passages for _, passages in windows)])
    borders = np.cumsum([0, *(len(given[1]) for given, _ in recording.index.stored)])
    # A document whose windows were all known has none here.
    places = np.searchsorted(ends, borders).tolist()
    return [tuple(windows[start:end]) for start, end in pairwise(places)]


def _encoder(
    embedder: TransformerEmbedder, batches: Sequence[Sequence[Window]], tokens: Tokens, threads: int
) -> EncoderSpeed:
    """Fit seconds to calls of three sizes."""
    torch.set_num_threads(threads)
    whole = batches[:: max(1, len(batches) // _TIMED_BATCHES)]
    calls = [part for batch in whole for part in (batch, batch[: len(batch) // 3], batch[:1]) if part]
    rows, seconds, computed = [], [], 0.0
    for call in calls:
        times = []
        for _ in range(2):
            started, here = time.perf_counter(), time.process_time()
            embedder.embed_passages(call)
            times.append((time.perf_counter() - started, time.process_time() - here))
        passed, busy = min(times)
        rows.append([1.0, len(call), sum(tokens[window.text] for window in call)])
        seconds.append(passed)
        computed += busy
    a_call, a_window, a_token = nnls(np.array(rows), np.array(seconds))[0].tolist()
    # One thread has one core, whatever else the machine does meanwhile.
    busy = min(max(computed / sum(seconds), 1.0), float(threads))
    return EncoderSpeed(a_call, a_window, a_token, busy)

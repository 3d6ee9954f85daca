"""Quality: every stage measured on the development sets, side by side."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from index_data.errors import UsageError
from training import teacher
from training.encoders import Embed, Sides, alike, load_folder, load_student, load_teacher
from training.exported import sha256
from training.measures import FILES, Cell, Sets, cells, load_sets
from training.progress import Bar, bar
from training.scores import read_scores, scores_table, summary, write_scores
from training.static import StaticEncoder

LOG = logging.getLogger("training.quality")


class Stage(NamedTuple):
    """An encoder that can be measured."""

    weights: Path
    load: Callable[[], Sides]


def stages(work: Path, target: Path, first: Path | None) -> dict[str, Stage]:
    """Return the stages that exist, in the order in which they are made.

    The folders are loaded as the product loads them; bfloat16 moves the third decimal of the others.

    Raises:
        UsageError: there is no encoder in the folder `first`.
    """
    if first and not (first / "model.safetensors").exists():
        raise UsageError(f"there is no model.safetensors in {first}", remedy="Name an exported folder.")
    tokenizer = work / "vocabulary" / "tokenizer.json"
    found = {
        "teacher": Stage(
            teacher.folder() / "model.safetensors", lambda: alike(load_teacher(torch.bfloat16).embed)
        ),
        "static": Stage(work / "static" / "vectors.npy", lambda: alike(StaticEncoder(work / "static").embed)),
    }
    for name in ("transplant", "distil", "average"):
        body = work / name / "model.safetensors"
        found[name] = Stage(body, partial(student, body, tokenizer))
    folders = {"first": first, "builtin": target}
    for name, folder in folders.items():
        if folder:
            found[name] = Stage(folder / "model.safetensors", partial(load_folder, folder))
    return {name: stage for name, stage in found.items() if stage.weights.exists()}


def student(weights: Path, tokenizer: Path) -> Sides:
    """Load the network of a stage by itself; it reads every text the same way."""
    return alike(load_student(weights, tokenizer, torch.bfloat16).embed)


def shown(embed: Embed, progress: Bar) -> Embed:
    """Return `embed` so that it tells how many texts it has embedded: (N, D) float32."""

    def embed_and_tell(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = embed(texts)
        progress.update(len(texts))
        return vectors

    return embed_and_tell


def measure(name: str, encoder: Sides, sets: Sets) -> list[Cell]:
    """Return every cell of one stage, and tell how long it took."""
    started = time.monotonic()
    with bar(sets.texts(), "texts", name) as progress:
        told = Sides(shown(encoder.queries, progress), shown(encoder.passages, progress))
        found = list(cells(told, sets))
    LOG.info("%s measured in %.0f s", name, time.monotonic() - started)
    return found


def report(work: Path, folder: Path | None, target: Path, first: Path | None, threads: int) -> None:
    """Measure the stages whose weights are new; write `work/quality.json`, and a table to the log.

    What was measured on other sets is forgotten; a stage whose weights are gone keeps its numbers.

    Raises:
        UsageError: no folder of measuring sets was named, or there is no encoder in the folder `first`.
    """
    if folder is None:
        raise UsageError("there is nothing to measure on", remedy="Name the measuring sets: --held-out DIR.")
    sets, measured_on = load_sets(folder), sha256(folder / name for name in FILES)
    results = {name: old for name, old in read_scores(work).items() if old.get("sets") == measured_on}
    for name, stage in stages(work, target, first).items():
        weights = sha256([stage.weights])
        if name not in results or results[name]["weights"] != weights:
            encoder = stage.load()
            torch.set_num_threads(threads)
            results[name] = summary(measure(name, encoder, sets), weights, measured_on)
            write_scores(work, results)
    LOG.info("\n%s", scores_table(results))

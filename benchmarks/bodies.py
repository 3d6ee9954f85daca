"""Two bodies for the built-in encoder, trained equally long on the same batches and measured alike.

One is the English teacher's, transplanted under the new vocabulary; the other is a small bidirectional
Gemma 3 that starts as the static stage's bag of pieces. `--work` is what `python -m training` has left of the
steps up to the transplant; nothing is written there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.adaptation import differences, means
from benchmarks.body_training import FITTING, PREDICTING, Body, Lesson, Stage, train_sibling, train_transplant
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.sibling import RATIO, Sibling
from benchmarks.transplanted import Transplant
from encoder.checkpoint import resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from training.batches import Batches
from training.encoders import load_folder, load_teacher
from training.export import static_vectors
from training.exported import sha256
from training.measures import Cell, Sets, load_sets, reading, retrieval, translation

MINUTES = 10.0
SEED = 20261124
LANGUAGES = ("en", "ar", "de", "ru", "zh")
"""Of XQuAD."""
NEWS_LANGUAGES = ("eng", "arb", "ces", "deu", "hin", "ind", "jpn", "rus", "tha", "tur", "zho")
"""Of NTREX."""
EVERY = 10
"""Every so many paragraphs are read to take the time."""
ROUNDS = 3

STARTS = ("transplant, start", "sibling, start")
TRANSPLANT, SIBLING = "transplant", "sibling"
REMARK = f"""\
Both arms have the same wall time, teacher and batches, and the distillation's losses of whole texts: cosine,
and cross-entropy against the bank. Its targets of single pieces, made for the transplant, are left out. Both
are packed without padding and compute in bfloat16. The sibling starts as the static stage, since its layers
add nothing at first and its dense layer is the identity. It tells hidden pieces for {PREDICTING:.0%} of the
time ({RATIO:.0%} are hidden, each to be told from all pieces of the batch), finds the dense layer that comes
nearest to the teacher for {FITTING:.0%} of it, and spends the rest on those losses. `loss` is the mean of the
last tenth of a stage's steps; for the dense layer, how far from the teacher it was before. Quality is that of
the contextual vector alone; XQuAD is measured in {len(LANGUAGES)} languages, NTREX in {len(NEWS_LANGUAGES)}.
The difference is the sibling's less the transplant's on the same questions, with the bounds of 95 % of its
means over redrawn questions. CPU time is that of all threads, of which the network has one, tokenising
included; the least of {ROUNDS} rounds, in which the encoders take turns."""


def measured(folder: Path, sets: Sets, threads: int) -> list[Cell]:
    """Return what every query got."""
    encoder = load_folder(folder)
    torch.set_num_threads(threads)
    news = [{name: row[name] for name in ("id", *NEWS_LANGUAGES)} for row in sets.news]
    return [
        *retrieval(encoder, sets.passages, sets.queries),
        *translation(encoder, "parallel", sets.parallel, "en"),
        *translation(encoder, "NTREX", news, "eng"),
        *reading(
            encoder,
            [row for row in sets.paragraphs if row["lang"] in LANGUAGES],
            [row for row in sets.questions if row["lang"] in LANGUAGES],
        ),
    ]


def cpu_milliseconds(folders: Mapping[str, Path], texts: Sequence[str]) -> dict[str, float]:
    """Return the CPU time of each encoder on one thread for a thousand tokens, special ones included."""
    windows = [Window(text, ((0, len(text)),)) for text in texts]
    embedders = {
        name: TransformerEmbedder(resolve(str(folder)), place("cpu")) for name, folder in folders.items()
    }
    torch.set_num_threads(1)
    taken: dict[str, list[float]] = {name: [] for name in embedders}
    for _ in range(ROUNDS + 1):
        for name, embedder in embedders.items():
            started = time.process_time()
            embedder.embed_passages(windows)
            taken[name].append(time.process_time() - started)
    tokens = sum(len(next(iter(embedders.values())).token_spans(text)) + 2 for text in texts)
    # The first round prepares kernels.
    return {name: min(seconds[1:]) * 1e6 / tokens for name, seconds in taken.items()}


def arms(work: Path, folder: Path, minutes: float, lesson: Lesson) -> Iterator[tuple[str, Body, list[Stage]]]:
    """Write both starts, and then both encoders after so many minutes each, to folders of these names."""
    vocabulary = work / "vocabulary"
    vectors = static_vectors(work / "static" / "vectors.npy", vocabulary / "tokenizer.json").numpy()
    transplant = Transplant(work / "transplant" / "model.safetensors")
    sibling = Sibling(vectors, lesson.seed)
    bodies: tuple[Body, Body] = (transplant, sibling)
    for name, body in zip(STARTS, bodies, strict=True):
        body.write(folder / name, vocabulary)
        yield name, body, []
    stages = train_transplant(transplant, lesson, minutes)
    transplant.write(folder / TRANSPLANT, vocabulary)
    yield TRANSPLANT, transplant, stages
    stages = train_sibling(sibling, lesson, minutes)
    sibling.write(folder / SIBLING, vocabulary)
    yield SIBLING, sibling, stages


def quality_table(found: Mapping[str, Sequence[Cell]]) -> Table:
    """Lay out every metric of every encoder, and how much better the sibling is than the transplant."""
    by_name = {name: means(cells) for name, cells in found.items()}
    gains = differences(found[SIBLING], found[TRANSPLANT])
    rows = tuple(
        (
            metric,
            *(f"{values[metric]:.3f}" for values in by_name.values()),
            *(f"{value:+.3f}" for value in gains[metric]),
        )
        for metric in gains
    )
    return Table("Quality", ("", *found, "difference", "from", "to"), rows)


def training_table(stages: Mapping[str, Sequence[Stage]]) -> Table:
    """Lay out what each stage took."""
    rows = tuple(
        (
            f"{name}, {stage.name}",
            f"{stage.seconds:.0f}",
            f"{stage.cpu_seconds:.0f}",
            f"{stage.steps:,}",
            f"{stage.inputs:,}",
            f"{stage.pieces / stage.seconds:,.0f}",
            f"{stage.loss:.3f}",
        )
        for name, those in stages.items()
        for stage in those
    )
    return Table("Training", ("", "seconds", "CPU s", "steps", "inputs", "pieces/s", "loss"), rows)


def size_table(sizes: Mapping[str, int], milliseconds: Mapping[str, float]) -> Table:
    """Lay out what each body costs."""
    rows = tuple((name, f"{size:,}", f"{milliseconds[name]:.1f}") for name, size in sizes.items())
    return Table("Cost", ("", "weights, the table's aside", "CPU ms for 1,000 tokens"), rows)


def main() -> None:
    """Train, measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bodies", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the dev_* files")
    parser.add_argument("--work", type=Path, default=Path("training/work"), metavar="DIR")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of each arm (default: {MINUTES:g})")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    starts = [options.work / "transplant" / "model.safetensors", options.work / "static" / "vectors.npy"]
    context = surroundings() | {
        "arguments": {name: getattr(options, name) for name in ("minutes", "threads", "seed")},
        "starts": {path.parent.name: sha256([path]) for path in starts},
        "measured on": place("cpu").reason,
    }
    sets = load_sets(options.data)
    torch.set_num_threads(options.threads)
    lesson = Lesson(Batches(options.work, options.seed), load_teacher(torch.bfloat16), options.seed)
    found, stages, sizes = {}, {}, {}
    with TemporaryDirectory() as folder:
        for name, body, trained in arms(options.work, Path(folder), options.minutes, lesson):
            say(f"measure {name}")
            found[name] = measured(Path(folder, name), sets, options.threads)
            stages[name], sizes[name] = trained, body.size()
        names = (TRANSPLANT, SIBLING)
        texts = [row["text"] for row in sets.paragraphs if row["lang"] in LANGUAGES][::EVERY]
        milliseconds = cpu_milliseconds({name: Path(folder, name) for name in names}, texts)
    results = {
        "metrics": {name: means(cells) for name, cells in found.items()},
        "sibling less transplant": differences(found[SIBLING], found[TRANSPLANT]),
        "training": {name: [asdict(stage) for stage in stages[name]] for name in names},
        "weights": {name: sizes[name] for name in names},
        "CPU ms for 1,000 tokens": milliseconds,
    }
    tables = [
        quality_table(found),
        size_table({name: sizes[name] for name in names}, milliseconds),
        training_table(stages),
    ]
    publish("bodies", context, results, tables, REMARK)


if __name__ == "__main__":
    main()

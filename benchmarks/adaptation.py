"""The mission's recipe on a small causal model that is trained on the spot: what each of its parts is worth.

All arms take as many contrastive steps, on the same pairs in the same order. `--pairs` is the folder of the
training corpora, as `python -m training corpora` leaves them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from safetensors.torch import load_file

from benchmarks.report import Table, publish, say, surroundings
from benchmarks.small_causal import MAX_TOKENS, MICRO_TOKENS, last_loss, write_causal, write_longer
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import NumberFormat, place
from training.adaptation.folder import write_folder
from training.adaptation.network import merged, open_base, stored_dtype
from training.adaptation.recipe import Adaptation, Recipe, Stage
from training.adaptation.rows import Texts
from training.adaptation.stage import Length
from training.encoders import load_folder
from training.measures import Cell, Sets, load_sets, reading, retrieval, translation
from training.pairs import Pair, read_pairs
from training.scores import interval

LANGUAGES = ("en", "de", "es", "fr", "it", "pt", "ru", "tr")
NEWS_LANGUAGES = ("eng", "deu", "spa", "fra", "ita", "por", "rus", "tur")
"""The same, as NTREX calls them."""
TEXT = ("sentences", "other-sentences", "english", "wesnoth", "description-passages")
PAIRS = ("sentences", "queries")
ROWS = 60_000
"""The most that are taken of one file."""
MINUTES = 45.0
"""What the steps below take on two cores."""
BASE = Stage(Length(steps=2_400), 2e-3, 32)
PREDICTION = Stage(Length(steps=1_800), 1e-3, 32)
CONTRAST = Stage(Length(steps=260), 1e-3, 64)
SEED = 20261124
PROMPT = "Query: "

CAUSAL, NONE, LONGER = "causal", "both ways", "both ways, longer causal"
MASKED, MERGED = "both ways, MNTP", "both ways, MNTP, merged"
REMARK = """\
Every arm ends with the same contrastive steps and pools by the mean. MNTP is masked next-token prediction;
`merged` goes on from the mean of its weights and the causal model's. The arms with MNTP have seen more text
than `both ways`; `longer causal` is the control for that: the base trained on causally, for as many steps of
the same batches and rates. Only the languages of the training texts are measured. Differences are of the same
questions, between the arm with MNTP and one without, with the bounds of 95 % of their means over redrawn
questions."""


def kept(pairs: Iterator[Pair], random: np.random.Generator) -> list[Pair]:
    """Return a part of the pairs in the languages of the comparison."""
    known = [pair for pair in pairs if {pair.first_lang, pair.second_lang} <= set(LANGUAGES)]
    chosen = random.permutation(len(known))[:ROWS]
    return [known[number] for number in chosen.tolist()]


def write_data(corpora: Path, folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the texts and the pairs that are trained on; return their files.

    A query is in either language of its pair; of a heading and its paragraph it is the heading.
    """
    random = np.random.default_rng(SEED)
    rows = {
        name: kept(read_pairs(corpora / f"{name}.tsv"), random) for name in dict.fromkeys((*TEXT, *PAIRS))
    }
    texts, pairs = [folder / f"{name}.txt" for name in TEXT], [folder / f"{name}.tsv" for name in PAIRS]
    for name, path in zip(TEXT, texts, strict=True):
        lines = dict.fromkeys(text for pair in rows[name] for text in (pair.first, pair.second))
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for name, path in zip(PAIRS, pairs, strict=True):
        turned = (random.random(len(rows[name])) < 0.5) | (name == "queries")
        with path.open("w", encoding="utf-8") as file:
            for pair, turn in zip(rows[name], turned, strict=True):
                query, passage = (pair.second, pair.first) if turn else (pair.first, pair.second)
                file.write(f"{query}\t{passage}\n")
    return texts, pairs


def arms(
    texts: Sequence[Path], pairs: Sequence[Path], folder: Path, share: float
) -> Iterator[tuple[str, Path]]:
    """Train the base and the arms, each for a `share` of its steps; yield an arm's name and its encoder."""
    placement = place("auto", NumberFormat.FLOAT32)  # such small matrices are no faster in bfloat16
    base, masked, mixed = folder / "base", folder / "masked", folder / "mixed"
    say("the causal base")
    tokenizer = resolve(BUILTIN).folder
    weights = write_causal(base, tokenizer, Texts(texts), shortened(BASE, share), SEED)
    say(f"{weights:,} weights, loss {last_loss(base):.3f}")
    recipe = Recipe(
        prediction=shortened(PREDICTION, share),
        contrast=shortened(CONTRAST, share),
        warm_up=max(round(20 * share), 1),
        prompt=PROMPT,
        max_tokens=MAX_TOKENS,
        micro_tokens=4 * MICRO_TOKENS,
        seed=SEED,
    )
    only_masks = replace(recipe, text=tuple(texts), merge=1.0, micro_tokens=MICRO_TOKENS)
    Adaptation(base, only_masks, folder / "masked.work", placement).write(masked)
    say(f"masked prediction, loss {last_loss(folder / 'masked.work/prediction'):.3f}")
    longer = folder / "longer"
    write_longer(base, longer, Texts(texts), shortened(PREDICTION, share), SEED)
    say(f"the base for longer, loss {last_loss(longer):.3f}")
    checkpoint = open_base(masked)
    before = {
        name.removeprefix("model."): value for name, value in load_file(base / "model.safetensors").items()
    }
    mean = merged(before, load_file(masked / "model.safetensors"), 0.5)
    write_folder(mixed, checkpoint, mean, stored_dtype(checkpoint), PROMPT, MAX_TOKENS)
    drawn = replace(recipe, pairs=tuple(pairs))
    starts = {CAUSAL: base, NONE: base, LONGER: longer, MASKED: masked, MERGED: mixed}
    for number, (name, start) in enumerate(starts.items()):
        work, out = folder / f"{number}.work", folder / f"{number}"
        Adaptation(start, replace(drawn, both_ways=name != CAUSAL), work, placement).write(out)
        say(f"{name}: contrast, loss {last_loss(work / 'contrast'):.3f}")
        yield name, out


def shortened(stage: Stage, share: float) -> Stage:
    """Return the stage with a share of its steps."""
    return replace(stage, length=Length(steps=max(round((stage.length.steps or 0) * share), 2)))


def measured(folder: Path, sets: Sets) -> list[Cell]:
    """Measure an encoder in the languages of the comparison."""
    encoder = load_folder(folder)
    passages = [row for row in sets.passages if row["lang"] in LANGUAGES]
    known = {row["id"] for row in passages}
    queries = [row for row in sets.queries if row["lang"] in LANGUAGES and known >= set(row["relevant"])]
    return [
        *retrieval(encoder, passages, queries),
        *translation(encoder, "parallel", _columns(sets.parallel, LANGUAGES), "en"),
        *translation(encoder, "NTREX", _columns(sets.news, NEWS_LANGUAGES), "eng"),
        *reading(
            encoder,
            [row for row in sets.paragraphs if row["lang"] in LANGUAGES],
            [row for row in sets.questions if row["lang"] in LANGUAGES],
        ),
    ]


def _columns(rows: list[dict[str, str]], languages: Sequence[str]) -> list[dict[str, str]]:
    return [{name: row[name] for name in ("id", *languages)} for row in rows]


def means(cells: Sequence[Cell]) -> dict[str, float]:
    """Average each metric over its questions."""
    metrics = dict.fromkeys(cell.metric for cell in cells)
    return {
        metric: float(np.concatenate([cell.values for cell in cells if cell.metric == metric]).mean())
        for metric in metrics
    }


def differences(cells: Sequence[Cell], others: Sequence[Cell]) -> dict[str, tuple[float, ...]]:
    """By metric how much better `cells` are than `others` on the same questions, and the bounds of that."""
    gained = [
        cell._replace(values=cell.values - other.values) for cell, other in zip(cells, others, strict=True)
    ]
    return {
        metric: (mean, *interval([cell for cell in gained if cell.metric == metric]))
        for metric, mean in means(gained).items()
    }


def tables(found: dict[str, list[Cell]]) -> list[Table]:
    """Lay out the arms, and what MNTP adds."""
    by_arm = {name: means(cells) for name, cells in found.items()}
    rows = tuple((metric, *(f"{by_arm[name][metric]:.3f}" for name in found)) for metric in by_arm[NONE])
    return [
        Table("After the same contrastive steps", ("", *found), rows),
        *(
            Table(f"What MNTP adds to `{other}`", ("", "difference", "from", "to"), gains)
            for other, gains in ((name, _signed(found[MASKED], found[name])) for name in (NONE, LONGER))
        ),
    ]


def _signed(cells: Sequence[Cell], others: Sequence[Cell]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (metric, *(f"{value:+.3f}" for value in values))
        for metric, values in differences(cells, others).items()
    )


def main() -> None:
    """Train, measure and publish."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adaptation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the dev_* files")
    parser.add_argument("--pairs", type=Path, default=Path("training/work/pairs"), metavar="DIR")
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help=f"about so long, on two cores (default: {MINUTES:g})"
    )
    options = parser.parse_args()
    context = surroundings() | {"minutes": options.minutes, "seed": SEED}
    sets = load_sets(options.data)
    found = {}
    with TemporaryDirectory() as folder:
        say("texts and pairs")
        texts, pairs = write_data(options.pairs, Path(folder))
        for name, encoder in arms(texts, pairs, Path(folder), options.minutes / MINUTES):
            found[name] = measured(encoder, sets)
    results = {name: means(cells) for name, cells in found.items()}
    gains = {name: differences(found[MASKED], found[name]) for name in (NONE, LONGER)}
    publish("adaptation", context, {"arms": results, "MNTP": gains}, tables(found), REMARK)


if __name__ == "__main__":
    main()

"""The model card: written from what the recipe left behind, so that the same inputs give the same bytes."""

import logging
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from string import Template

from index_data.atomic_file import write_atomically
from index_data.errors import UsageError
from training.counts import Counts, counts_table, read_counts
from training.exported import read_exported, sha256
from training.fertility import read_fertility
from training.journal import entries, wall_time_table
from training.languages import FOCUS, short_code
from training.licences import used_sources
from training.losses import course_table, read_losses, totals_table
from training.markdown import table
from training.scores import DRAWS, NAME, SEED, read_scores, scores_table

LOG = logging.getLogger("training.card")
HERE = Path(__file__).parent
HASHED = ("model.safetensors", "tokenizer.json", "config.json")
TRAINED = ("static", "distil")
"""The stages that keep a log of losses."""
BY_LANGUAGE = {
    "parallel x->en": "parallel", "NTREX x->en": "NTREX", "XQuAD same other": "XQuAD", "XQuAD en": "XQuAD",
}  # fmt: skip
"""The metrics quoted by language, and their columns."""


def write_card(work: Path, target: Path) -> None:
    """Write `README.md` of the exported folder.

    Raises:
        UsageError: a step that the card tells of has not been run, or not on these weights.
    """
    counts = read_counts(needed(work / "pairs" / "counts.json", "corpora"))
    text = Template((HERE / "card_template.md").read_text(encoding="utf-8"))
    card = text.substitute(facts(target) | course(work) | measured(work, target, counts) | data(counts))
    write_atomically(target / "README.md", card.encode(), mode=0o644)
    LOG.info("%s written", target / "README.md")


def needed(path: Path, step: str) -> Path:
    """Return a path that a step has to have written.

    Raises:
        UsageError: it is not there.
    """
    if not path.exists():
        raise UsageError(f"{path} is missing", remedy=f"Run `python -m training {step}` first.")
    return path


def facts(target: Path) -> dict[str, str]:
    """Return what the exported folder says of itself."""
    needed(target / "model.safetensors", "export")
    encoder = read_exported(target)
    return {
        "dimensions": f"{encoder.dimensions}",
        "contextual": f"{encoder.contextual}",
        "static": f"{encoder.static}",
        "layers": f"{encoder.layers}",
        "pieces": f"{encoder.pieces:,}",
        "max_pieces": f"{encoder.max_pieces}",
        "parameters": f"{encoder.parameters / 1e6:.1f}",
        "table_parameters": f"{encoder.table_parameters / 1e6:.1f}",
        "megabytes": f"{encoder.bytes / 1e6:.0f}",
        "formats": " and ".join(encoder.formats),
        "hashes": "\n".join(f"- `{name}`: `{sha256([target / name])}`" for name in HASHED),
        "limits": (HERE / "card_limits.md").read_text(encoding="utf-8").rstrip(),
    }


def course(work: Path) -> dict[str, str]:
    """Return how the training went: steps, losses, wall time, machines and seeds.

    Raises:
        UsageError: a stage said nothing.
    """
    logs = {stage: read_losses(needed(work / stage / "losses.jsonl", stage)) for stage in TRAINED}
    if silent := [stage for stage, rounds in logs.items() if not rounds]:
        raise UsageError(
            f"the losses of {silent[0]} are empty", remedy=f"Run `python -m training {silent[0]}`."
        )
    if (other := work / "average" / "losses.jsonl").exists():
        logs["beside"] = read_losses(other)
    runs = entries(work)
    return {
        "training": totals_table(logs),
        "losses": course_table(logs),
        "journal": wall_time_table(runs) if runs else "No journal of wall time and machines was kept.",
    }


def measured(work: Path, target: Path, counts: Counts) -> dict[str, str]:
    """Return the quality of every stage, and of these weights by language.

    Raises:
        UsageError: these weights were not measured.
    """
    results = read_scores(needed(work / NAME, "quality").parent)
    weights = sha256([target / "model.safetensors"])
    if "builtin" not in results or results["builtin"].get("weights") != weights:
        raise UsageError(
            f"the weights in {target} were not measured", remedy="Run `python -m training quality` first."
        )
    return {
        "quality": scores_table(results),
        "draws": f"{DRAWS:,}",
        "bootstrap_seed": f"{SEED}",
        "focus": ", ".join(sorted(FOCUS)),
        "by_language": language_table(work, results["builtin"]["by language"], counts),
    }


def language_table(work: Path, numbers: Mapping[str, Mapping[str, float]], counts: Counts) -> str:
    """Return a row for every language that was measured or that the pieces were made for."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for metric, column in BY_LANGUAGE.items():
        for lang, value in numbers[metric].items():
            found[short_code(lang)][column] = f"{value:.2f}"
    for lang, counted in read_fertility(work / "vocabulary" / "fertility.json").items():
        found[lang]["pieces"] = f"{counted.pieces / counted.english_pieces:.2f}"
    pairs, columns = counts.by_language(), ["pieces", *dict.fromkeys(BY_LANGUAGE.values())]
    rows = [
        [lang, f"{pairs[lang]:,}", *(found[lang].get(column, "–") for column in columns)]
        for lang in sorted(FOCUS | found.keys())
    ]
    return table(["language", "pairs", *columns], rows)


def data(counts: Counts) -> dict[str, str]:
    """Return the pairs by file, what was dropped, and the sources with their licences."""
    pairs = counts.by_language()
    sources = [
        [source.name, source.origin, source.licence, source.use] for source in used_sources(counts.pairs)
    ]
    return {
        "pairs": f"{pairs.total():,}",
        "languages": f"{len(pairs)}",
        "held_out": f"{counts.held_out:,}",
        "misnamed": f"{counts.misnamed:,}",
        "counts": counts_table(counts),
        "sources": table(["source", "from", "licence", "used for"], sources),
    }

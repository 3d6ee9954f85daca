"""Quality: the development sets, measured for every stage side by side."""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.encoders import Encoder, load_student, load_teacher
from training.held_out import text_of
from training.static import StaticEncoder

LOG = logging.getLogger("training.quality")
CUT = 10
Row = dict[str, Any]
Metrics = dict[str, float]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a `.jsonl` or `.jsonl.gz` file."""
    return [json.loads(line) for line in text_of(path).splitlines()]


def ranks(
    queries: NDArray[np.float32], passages: NDArray[np.float32], right: Iterable[int]
) -> NDArray[np.int64]:
    """Return at which place, from 0, each query's passage comes: (Q,) int64.

    `queries` is (Q, D) float32, `passages` (N, D) float32; `right` names the passage of each query.
    """
    scores = queries @ passages.T
    rows = list(right)
    own = scores[np.arange(len(rows)), rows]
    found: NDArray[np.int64] = (scores > own[:, None]).sum(1)
    return found


def gain(places: NDArray[np.int64]) -> float:
    """Return the mean nDCG@10 of queries with one right passage at these places."""
    return float(np.where(places < CUT, 1 / np.log2(places + 2), 0).mean())


def hits(places: NDArray[np.int64]) -> float:
    """Return recall@1."""
    return float((places == 0).mean())


def dev_retrieval(encoder: Encoder, folder: Path) -> Metrics:
    """Measure the hand-written passages: the same language (English, others) and across languages."""
    passages, queries = read_rows(folder / "dev_docs.jsonl"), read_rows(folder / "dev_queries.jsonl")
    numbers = {row["id"]: at for at, row in enumerate(passages)}
    vectors = encoder.embed([f"{row['title']}. {row['text']}" for row in passages])
    places = ranks(
        encoder.embed([row["query"] for row in queries]),
        vectors,
        (numbers[row["relevant"][0]] for row in queries),
    )
    kinds = defaultdict(list)
    for place, row in zip(places, queries, strict=True):
        kind = "cross" if row["kind"] == "cross" else "same en" if row["lang"] == "en" else "same other"
        kinds[kind].append(place)
    return {
        f"dev {name} {kind}": measure(np.array(found))
        for kind, found in sorted(kinds.items())
        for name, measure in (("nDCG", gain), ("R@1", hits))
    }


def translation(
    encoder: Encoder, rows: list[Row], english: str, langs: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """Return by language: recall@1 of its sentences among the English ones, and of English among its own."""
    source = encoder.embed([row[english] for row in rows])
    found = {}
    for lang in langs:
        other = encoder.embed([row[lang] for row in rows])
        numbers = range(len(rows))
        found[lang] = (hits(ranks(other, source, numbers)), hits(ranks(source, other, numbers)))
    return found


def means(prefix: str, found: dict[str, tuple[float, float]]) -> Metrics:
    """Return the two directions' means over the languages."""
    to_english, from_english = np.array(list(found.values())).mean(0)
    return {f"{prefix} x->en": float(to_english), f"{prefix} en->x": float(from_english)}


def dev_parallel(encoder: Encoder, folder: Path) -> Metrics:
    """Measure translation retrieval among the 20 hand-written sentences."""
    rows = read_rows(folder / "dev_parallel.jsonl")
    return means(
        "parallel", translation(encoder, rows, "en", [key for key in rows[0] if key not in ("id", "en")])
    )


def ntrex(encoder: Encoder, folder: Path) -> Metrics:
    """Measure translation retrieval among 500 news sentences."""
    rows = read_rows(folder / "dev_ntrex.jsonl.gz")
    found = translation(encoder, rows, "eng", [key for key in rows[0] if key not in ("id", "eng")])
    LOG.info("NTREX x->en: %s", {lang: round(one, 3) for lang, (one, _) in found.items()})
    return means("NTREX", found)


def xquad(encoder: Encoder, folder: Path) -> Metrics:
    """Measure questions against 120 Wikipedia paragraphs, for every pair of languages."""
    passages = read_rows(folder / "dev_xquad_docs.jsonl.gz")
    queries = read_rows(folder / "dev_xquad_queries.jsonl.gz")
    langs = sorted({row["lang"] for row in passages})
    vectors = {
        lang: encoder.embed([row["text"] for row in passages if row["lang"] == lang]) for lang in langs
    }
    groups = {lang: [row["group"] for row in passages if row["lang"] == lang] for lang in langs}
    cells = defaultdict(list)
    for asked in langs:
        own = [row for row in queries if row["lang"] == asked]
        questions = encoder.embed([row["query"] for row in own])
        for lang in langs:
            numbers = {group: at for at, group in enumerate(groups[lang])}
            places = ranks(questions, vectors[lang], (numbers[row["relevant_group"]] for row in own))
            cells[cell(asked, lang)].append(hits(places))
    return {f"XQuAD {name}": float(np.mean(values)) for name, values in sorted(cells.items())}


def cell(asked: str, lang: str) -> str:
    """Return to which mean a pair of languages belongs."""
    if asked == lang:
        return "en" if lang == "en" else "same other"
    return f"{'en' if asked == 'en' else 'other'}->{'en' if lang == 'en' else 'other'}"


def measure(encoder: Encoder, folder: Path) -> Metrics:
    """Return every metric."""
    found: Metrics = {}
    for part in (dev_retrieval, dev_parallel, ntrex, xquad):
        found |= part(encoder, folder)
    return found


def stages(work: Path, target: Path) -> dict[str, Callable[[], Encoder]]:
    """Return the stages that exist, each as a function that loads it; bfloat16 moves the third decimal."""
    fast = torch.bfloat16
    tokenizer = work / "vocabulary" / "tokenizer.json"
    found: dict[str, Callable[[], Encoder]] = {"teacher": lambda: load_teacher(fast)}
    if (work / "static" / "vectors.npy").exists():
        found["static"] = lambda: StaticEncoder(work / "static")
    if (work / "transplant" / "model.safetensors").exists():
        found["transplant"] = lambda: load_student(work / "transplant" / "model.safetensors", tokenizer, fast)
    if (target / "model.safetensors").exists():
        found["builtin"] = lambda: load_student(target / "model.safetensors", target / "tokenizer.json", fast)
    return found


def report(work: Path, folder: Path | None, target: Path, threads: int) -> None:
    """Measure every stage and write `work/quality.json` and a table to the log.

    Raises:
        ValueError: no folder of measuring sets was named.
    """
    if folder is None:
        raise ValueError("quality needs --held-out DIR, the measuring sets")
    torch.set_num_threads(threads)
    path = work / "quality.json"
    results: dict[str, Metrics] = json.loads(path.read_text()) if path.exists() else {}
    for name, load in stages(work, target).items():
        if name == "builtin" or name not in results:
            started = time.monotonic()
            results[name] = measure(load(), folder)
            LOG.info("%s measured in %.0f s", name, time.monotonic() - started)
            path.write_text(json.dumps(results, indent=1))
    LOG.info("\n%s", table(results))


def table(results: dict[str, Metrics]) -> str:
    """Return the results as a Markdown table, a metric a row."""
    names = list(results)
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for metric in next(iter(results.values())):
        cells = [f"{results[name].get(metric, float('nan')):.3f}" for name in names]
        lines += [f"| {metric} | {' | '.join(cells)} |"]
    return "\n".join(lines)

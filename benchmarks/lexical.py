"""Full text against other full-text engines: what each finds, language by language, and what it costs.

`--rivals-python` is an interpreter in an environment of its own where
`pip install -r benchmarks/requirements-lexical.txt` was done; without it, bm25s and tantivy are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.lexical_scale import LENGTHS, crowd, questions_by_length
from benchmarks.lexical_tasks import (
    Task,
    fetch_guide,
    questions_about_paragraphs,
    questions_in_one_language,
    sentences_without_their_paragraphs,
)
from benchmarks.metrics import ndcgs, recalls
from benchmarks.report import Table, publish, say, surroundings

ROOT = Path(__file__).parent.parent
WORK = Path(__file__).parent / "work"
ENGINES = Path(__file__).parent / "lexical_engines.py"
DEPTH = 10
CANDIDATES = 100
"""Asked for where time is measured, as a search does."""
BEFORE = "8f8a0f1"
"""The commit whose words have neither stems nor triples."""
SHOWN = {
    "before": "ours before",
    "ours": "ours",
    "bm25s_english": "bm25s, English",
    "bm25s_told": "bm25s, told the language",
    "tantivy": "tantivy",
    "trigram": "SQLite trigram",
}

REMARK = """\
Each cell: recall@1 / nDCG@10. `XQuAD`: questions among the 120 paragraphs of their language. `guide`: a
sentence taken out of its paragraph of Debian's installation guide looks for what is left of it. `dev set`:
paraphrased questions among 40 passages in 12 languages. `bm25s, told the language` has the language's own
stemmer and stop words, where there are any; the others are not told. Times are of the CPU."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How an engine is started."""

    name: str
    command: tuple[str, ...]
    tree: Path
    """Whose index is asked, if it is ours."""

    def ask(self, tasks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Have the tasks done in a process of its own.

        Raises:
            CalledProcessError: it failed; what it said is on stderr.
        """
        environment = os.environ | {"PYTHONPATH": str(self.tree)}
        done = subprocess.run(
            self.command,
            input=json.dumps(tasks),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
            env=environment,
        )
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers


def engines(rivals_python: Path | None, before: Path) -> list[Engine]:
    """Name those that can run here."""
    own = [
        Engine("before", (sys.executable, str(ENGINES), "ours"), before),
        Engine("ours", (sys.executable, str(ENGINES), "ours"), ROOT),
    ]
    rivals = () if rivals_python is None else ("bm25s_english", "bm25s_told", "tantivy")
    return [
        *own,
        *(Engine(name, (str(rivals_python), str(ENGINES), name), before) for name in rivals),
        Engine("trigram", (sys.executable, str(ENGINES), "trigram"), before),
    ]


def quality(task: Task, rankings: Sequence[Sequence[int]]) -> dict[str, float]:
    """Judge the rankings of one engine."""
    relevant = np.zeros((len(rankings), DEPTH), dtype=np.bool_)
    for row, (ranking, right) in enumerate(zip(rankings, task.right, strict=True)):
        relevant[row, : len(ranking)] = np.array(ranking, dtype=np.int64) == right
    totals = np.ones(len(rankings), dtype=np.int64)
    return {
        "recall_at_1": float(recalls(relevant, totals, 1).mean()),
        "ndcg_at_10": float(ndcgs(relevant, totals, DEPTH).mean()),
    }


def find(tasks: Sequence[Task], engine: Engine) -> dict[str, Any]:
    """Ask one engine everything."""
    say(engine.name)
    answers = engine.ask([asked(task.passages, task.questions, task.language, DEPTH) for task in tasks])
    return {
        "quality": {
            task.name: quality(task, answer["rankings"]) for task, answer in zip(tasks, answers, strict=True)
        },
        "build_seconds": sum(answer["build_seconds"] for answer in answers),
        "milliseconds_a_question": float(
            np.mean(np.concatenate([answer["milliseconds"] for answer in answers]))
        ),
    }


def asked(passages: Sequence[str], questions: Sequence[str], language: str, depth: int) -> dict[str, Any]:
    """Write a task down for an engine."""
    return {"passages": list(passages), "questions": list(questions), "language": language, "depth": depth}


def time_at_scale(count: int, pages: Path, engine: Engine) -> dict[str, Any]:
    """Measure building, room and questions by their number of words among `count` passages."""
    say(f"{engine.name}: {count} passages")
    passages = crowd(pages, count)
    questions = questions_by_length(passages)
    [answer] = engine.ask([asked(passages, [*chain.from_iterable(questions)], "en", CANDIDATES)])
    milliseconds = np.array(answer["milliseconds"]).reshape(len(LENGTHS), -1)
    return {
        "build_seconds": answer["build_seconds"],
        "megabytes": answer["megabytes"],
        "p50": np.percentile(milliseconds, 50, axis=1).round(2).tolist(),
        "p95": np.percentile(milliseconds, 95, axis=1).round(2).tolist(),
    }


def tables(found: dict[str, dict[str, Any]], scale: dict[str, dict[str, dict[str, Any]]]) -> list[Table]:
    """Lay out what was found, its cost, and the times at each scale."""
    names = list(next(iter(found.values()))["quality"]) if found else []
    rows = [(name, *(_cell(result["quality"][name]) for result in found.values())) for name in names]
    rows += [
        (f"mean, {kind}", *(_mean(result["quality"], kind) for result in found.values()))
        for kind in ("XQuAD", "guide", "dev set")
    ]
    costs = [
        (SHOWN[name], f"{result['build_seconds']:.1f}", f"{result['milliseconds_a_question']:.2f}")
        for name, result in found.items()
    ]
    laid_out = [Table("Found, recall@1 / nDCG@10", ("", *(SHOWN[name] for name in found)), tuple(rows))]
    laid_out.append(Table("Cost of these", ("", "building, s", "a question, ms"), tuple(costs)))
    for count, results in scale.items():
        times = [
            (
                SHOWN[name],
                f"{result['build_seconds']:.0f}",
                f"{result['megabytes']:.0f}",
                *(f"{p50:.1f} / {p95:.1f}" for p50, p95 in zip(result["p50"], result["p95"], strict=True)),
            )
            for name, result in results.items()
        ]
        columns = ("", "building, s", "MB", *(f"{length} words" for length in LENGTHS))
        laid_out.append(Table(f"{count} passages, ms a question, p50 / p95", columns, tuple(times)))
    return laid_out


def _cell(judged: dict[str, float]) -> str:
    return f"{judged['recall_at_1']:.3f} / {judged['ndcg_at_10']:.3f}"


def _mean(judged: dict[str, dict[str, float]], kind: str) -> str:
    chosen = [cell for name, cell in judged.items() if name.startswith(kind)]
    return _cell({measure: float(np.mean([cell[measure] for cell in chosen])) for measure in chosen[0]})


def earlier(commit: str, folder: Path) -> Path:
    """Unpack `index_data` as it was at a commit.

    Raises:
        CalledProcessError: git does not know the commit.
    """
    archive = subprocess.run(
        ["git", "archive", commit, "index_data"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


def main() -> None:
    """Compare the engines that are there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lexical", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the dev_* files")
    parser.add_argument("--rivals-python", type=Path, metavar="FILE", help="with bm25s and tantivy")
    parser.add_argument("--before", default=BEFORE, metavar="COMMIT", help="whose words are `ours before`")
    parser.add_argument(
        "--passages", type=int, nargs="*", default=[], metavar="N", help="also measure times among N passages"
    )
    options = parser.parse_args()
    context = surroundings() | {"before": options.before}
    pages = fetch_guide(WORK)
    tasks = [
        *questions_about_paragraphs(options.data),
        *sentences_without_their_paragraphs(pages),
        *questions_in_one_language(options.data),
    ]
    with TemporaryDirectory() as folder:
        contestants = engines(options.rivals_python, earlier(options.before, Path(folder)))
        found = {engine.name: find(tasks, engine) for engine in contestants}
        timed = [engine for engine in contestants if engine.name in {"before", "ours", "tantivy"}]
        scale = {
            f"{count:,}": {engine.name: time_at_scale(count, pages, engine) for engine in timed}
            for count in options.passages
        }
    publish("lexical", context, {"found": found, "scale": scale}, tables(found, scale), REMARK)


if __name__ == "__main__":
    main()

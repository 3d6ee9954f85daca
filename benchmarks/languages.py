"""Which identifier tells the language of short and long texts best, and what each costs.

Sentences are cut to so many characters from their beginning; identifiers may answer any language they know.
Each has a process of its own. The texts are parallel, so that every language says the same. The rivals have
an environment of their own:

    python -m venv benchmarks/work/identifiers
    benchmarks/work/identifiers/bin/pip install -r benchmarks/requirements-identifiers.txt
    python -m benchmarks.languages --data DIR --rivals-python benchmarks/work/identifiers/bin/python
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import mixed_passages
from benchmarks.handbook_pages import fetch
from benchmarks.identifiers import IDENTIFIERS
from benchmarks.measuring_sets import read_rows
from benchmarks.report import ROOT, Table, publish, say, surroundings

CUTS = (10, 20, 50, 100)
SHORT_CODES = {
    "ara": "ar", "arb": "ar", "ben": "bn", "ces": "cs", "cmn": "zh", "deu": "de", "ell": "el", "eng": "en",
    "fas": "fa", "pes": "fa", "fin": "fi", "fra": "fr", "heb": "he", "hin": "hi", "hun": "hu", "ind": "id",
    "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru",
    "spa": "es", "swe": "sv", "tam": "ta", "tha": "th", "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh",
}  # fmt: skip
"""ISO 639-1 for what the sets and some identifiers call by three letters."""
WORK = Path(__file__).parent / "work"
TIMED = ("sentences", "paragraphs")

REMARK = f"""\
Each cell is accuracy / macro F1 over the languages. `beside English`: a sentence above an English one of
another row, equally long; the answer may be either language, and what is counted is that it is no third
one. Memory is what the process grew by; a microsecond is one of processor time, of a whole sentence / of a
whole paragraph.

{mixed_passages.REMARK}"""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of one kind."""

    texts: tuple[str, ...]
    right: tuple[frozenset[str], ...]
    """For each, the codes that are right."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How often an identifier is right."""

    accuracy: float
    macro_f1: float | None
    """None where several answers are right."""

    def __str__(self) -> str:
        return f"{self.accuracy:.3f}" + ("" if self.macro_f1 is None else f" / {self.macro_f1:.3f}")


def read(folder: Path, *, every: int) -> dict[str, Texts]:
    """Read all kinds of texts, of the sentences and questions only each `every`th."""
    rows = read_rows(folder, "dev_ntrex")[::every]
    sentences = [(SHORT_CODES[code], text) for row in rows for code, text in row.items() if code != "id"]
    parallel = [
        (SHORT_CODES.get(code, code), text)
        for row in read_rows(folder, "dev_parallel")
        for code, text in row.items()
        if code != "id"
    ]
    return {
        **{f"{cut} characters": _cut(sentences, cut) for cut in CUTS},
        "sentences": _cut(sentences, None),
        "plain sentences": _cut(parallel, None),
        "questions": _cut(
            [(r["lang"], r["query"]) for r in read_rows(folder, "dev_xquad_queries")[::every]], None
        ),
        "paragraphs": _cut([(row["lang"], row["text"]) for row in read_rows(folder, "dev_xquad_docs")], None),
        "beside English": beside_english(rows),
    }


def _cut(labelled: Sequence[tuple[str, str]], length: int | None) -> Texts:
    return Texts(
        tuple(text[:length] for _, text in labelled), tuple(frozenset({code}) for code, _ in labelled)
    )


def beside_english(rows: Sequence[Mapping[str, str]]) -> Texts:
    """Put an English sentence, of the row before, behind each that is not English."""
    pairs = [
        (SHORT_CODES[code], text, other["eng"])
        for row, other in zip(rows, [rows[-1], *rows], strict=False)
        for code, text in row.items()
        if code not in {"id", "eng"}
    ]
    return Texts(
        tuple(f"{text[: len(english)]}\n{english[: len(text)]}" for _, text, english in pairs),
        tuple(frozenset({code, "en"}) for code, _, _ in pairs),
    )


def judge(texts: Texts, answers: Sequence[str]) -> Quality:
    """Hold answers against what is right."""
    named = [SHORT_CODES.get(answer, answer) for answer in answers]
    hits = [answer in right for answer, right in zip(named, texts.right, strict=True)]
    single = all(len(right) == 1 for right in texts.right)
    return Quality(float(np.mean(hits)), macro_f1(texts, named) if single else None)


def macro_f1(texts: Texts, named: Sequence[str]) -> float:
    """Average F1 over the languages of the texts; languages that are named and not there count by recall."""
    scores = []
    for code in sorted({next(iter(right)) for right in texts.right}):
        there = np.array([code in right for right in texts.right])
        said = np.array([answer == code for answer in named])
        scores.append(2 * (there & said).sum() / (there.sum() + said.sum()))
    return float(np.mean(scores))


def ask(identifier: str, python: str, kinds: Mapping[str, Texts]) -> dict[str, Any]:
    """Have an identifier answer in a process of its own."""
    request = {
        "identifier": identifier,
        "texts": [text for kind in kinds.values() for text in kind.texts],
        "timed": [kinds[name].texts for name in TIMED],
    }
    answer = subprocess.run(
        [python, "-m", "benchmarks.identifiers"],
        cwd=ROOT, input=json.dumps(request), capture_output=True, check=True, text=True,
    )  # fmt: skip
    return dict(json.loads(answer.stdout))


def tables(results: Mapping[str, Mapping[str, Any]], kinds: Sequence[str]) -> list[Table]:
    """Lay out quality, then cost, one row an identifier."""
    quality = [(name, *(str(result["quality"][kind]) for kind in kinds)) for name, result in results.items()]
    cost = [
        (
            name,
            " / ".join(f"{microseconds:,.0f}" for microseconds in result["microseconds"]),
            f"{result['seconds_to_load']:.2f}",
            f"{result['memory_mib']:,.0f}",
            f"{result['installed_mib']:,.1f}",
        )
        for name, result in results.items()
    ]
    columns = ("", "µs, sentence / paragraph", "seconds to load", "memory, MiB", "installed, MiB")
    return [
        Table("Accuracy / macro F1", ("", *kinds), tuple(quality)),
        Table("Cost", columns, tuple(cost)),
    ]


def main() -> None:
    """Ask every identifier."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.languages", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the dev_* sets")
    parser.add_argument(
        "--every", type=int, default=5, metavar="N", help="take every Nth sentence and question"
    )
    parser.add_argument(
        "--rivals-python", default=sys.executable, metavar="PYTHON", help="an interpreter that has the rivals"
    )
    parser.add_argument("--identifiers", nargs="*", default=list(IDENTIFIERS), choices=IDENTIFIERS)
    options = parser.parse_args()
    kinds = read(options.data, every=options.every)
    context = surroundings() | {"every": options.every, "texts": {k: len(v.texts) for k, v in kinds.items()}}
    results = {}
    for name in options.identifiers:
        say(name)
        result = ask(name, options.rivals_python, kinds)
        answers = iter(result.pop("answers"))
        result["quality"] = {
            kind: judge(texts, [next(answers) for _ in texts.texts]) for kind, texts in kinds.items()
        }
        results[name] = result
    context["identifiers"] = {
        package: version for result in results.values() for package, version in result["versions"].items()
    }
    data = {
        name: {**result, "quality": {kind: asdict(quality) for kind, quality in result["quality"].items()}}
        for name, result in results.items()
    }
    say("half-translated pages")
    mixed = mixed_passages.measure(fetch(WORK), every=4)
    data["half-translated pages"] = {code: asdict(one) for code, one in mixed.items()}
    publish("languages", context, data, [*tables(results, list(kinds)), mixed_passages.table(mixed)], REMARK)


if __name__ == "__main__":
    main()

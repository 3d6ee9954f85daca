"""Quality and latency of other ways to search the same folder, beside ours, in one run.

`python -m benchmarks.peers` reads the sample documents and pages of the Debian Administrator's Handbook.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

from benchmarks.handbook_pages import fetch, page_files
from benchmarks.peers.environments import PEERS, NotInstalled, python_of
from benchmarks.peers.questions import SAMPLES, handbook_questions, sample_questions
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from index_data.index import Index
from search.evaluation.judged_set import JudgedQuery
from search.evaluation.measures import MEASURES, per_query
from search.evaluation.runs import DEPTH, descending
from training.export import write_plain

WORK = ROOT / "benchmarks" / "work" / "peers"
WORKER = Path(__file__).with_name("worker.py")
COLD_STARTS = 3
OURS = "dragoman"
SAME_ENCODER = "dragoman, the peers' encoder"
LANGUAGES = ("de-DE", "fr-FR", "ja-JP", "zh-CN")

REMARK = """\
All peers get the passages that Dragoman cut, since most of them read no files and cut nothing, and the
contextual half of its built-in encoder, which sentence-transformers loads; Dragoman reads the files itself.
The score of a document is that of its best passage. `samples`: each question crosses to the language of one
document. `handbook`: an English paragraph looks for its page in every language; no page is English. `warm`: a
query in a process that has answered one; Dragoman re-ranks and finds what to show, the others return rows.
`cold`: a whole process from its start to its first answer, the median of three. Every process has one thread.
Ratios are to the first row: above 1 is slower."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way to search gave."""

    build_seconds: float
    cold_seconds: float
    warm_seconds: list[float]
    quality: dict[str, dict[str, float]]
    """Measures by the set of questions."""


class Failed(Exception):
    """A peer's process ended badly, with its last line."""


def run(python: Path, module: str, action: str, task: dict[str, Any], work: Path) -> dict[str, Any]:
    """Run the worker in an environment.

    Raises:
        Failed: it did not end well.
    """
    file = work / "task.json"
    file.write_text(json.dumps(task), encoding="utf-8")
    quiet = {
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "0",
    }
    paths = {"PYTHONPATH": str(ROOT)} if module == "by_dragoman" else {"PYTHONPATH": ""}
    command = [str(python), str(WORKER), module, action, str(file)]
    ended = subprocess.run(
        command, check=False, capture_output=True, text=True, env=os.environ | quiet | paths, timeout=3_600
    )
    if ended.returncode:
        raise Failed((ended.stderr.strip().splitlines() or ["it ended"])[-1])
    result: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
    return result


def measure(
    python: Path, module: str, task: dict[str, Any], sets: dict[str, list[JudgedQuery]], work: Path
) -> Outcome:
    """Build an index, start cold, and ask everything."""
    shutil.rmtree(task["folder"], ignore_errors=True)
    built = run(python, module, "build", task, work)["seconds"]
    queries = [query for found in sets.values() for query in found]
    texts = [query.text for query in queries]
    colds = []
    for text in texts[:COLD_STARTS]:
        started = time.perf_counter()
        run(python, module, "first", task | {"queries": [text], "whole": False}, work)
        colds.append(time.perf_counter() - started)
    warm = run(python, module, "ask", task | {"queries": texts, "whole": False}, work)
    whole = (
        run(python, module, "ask", task | {"queries": texts, "whole": True}, work)
        if module == "by_dragoman"
        else warm
    )
    answers = dict(zip((query.query_id for query in queries), whole["answers"], strict=True))
    return Outcome(
        built, median(colds), warm["seconds"], {name: quality(found, answers) for name, found in sets.items()}
    )


def quality(queries: list[JudgedQuery], answers: dict[str, list[str]]) -> dict[str, float]:
    """Measure answers: the names of documents, best first, one of them perhaps more than once."""
    rankings = {
        query.query_id: descending(
            (name, -float(rank)) for rank, name in enumerate(dict.fromkeys(answers[query.query_id]))
        )
        for query in queries
    }
    return dict(zip(MEASURES, per_query(queries, rankings).mean(axis=0).tolist(), strict=True))


def write_passages(index_folder: Path, file: Path) -> int:
    """Write the passages of an index, and count them."""
    with Index.open(index_folder) as index:
        stored = index.passages(index.passage_ids().tolist())
    rows = [{"document": str(one.document.path), "text": one.passage.text} for one in stored]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    file.write_text("".join(lines), encoding="utf-8")
    return len(rows)


def tables(outcomes: dict[str, Outcome]) -> list[Table]:
    """Lay out quality, and latency with its ratio to ours."""
    shown = ("nDCG@10", "MRR@10", "recall@10")
    sets = list(next(iter(outcomes.values())).quality)
    columns = ("", *(f"{name}, {measure}" for name in sets for measure in shown))
    rows = [
        (name, *(f"{found.quality[one][measure]:.3f}" for one in sets for measure in shown))
        for name, found in outcomes.items()
    ]
    first = next(iter(outcomes.values()))
    base = median(first.warm_seconds)
    times = [
        (
            name,
            f"{found.build_seconds:.1f}",
            f"{found.cold_seconds:.2f}",
            f"{found.cold_seconds / first.cold_seconds:.2f}",
            f"{1000 * median(found.warm_seconds):.1f}",
            f"{1000 * quantiles(found.warm_seconds, n=20)[-1]:.1f}",
            f"{median(found.warm_seconds) / base:.2f}",
        )
        for name, found in outcomes.items()
    ]
    heads = ("", "build, s", "cold, s", "ratio", "warm p50, ms", "warm p95, ms", "ratio")
    return [Table("Quality", columns, tuple(rows)), Table("Latency", heads, tuple(times))]


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--every", type=int, default=8, metavar="N", help="take only every Nth page")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="paragraphs that are asked")
    parser.add_argument("--languages", nargs="+", default=LANGUAGES, metavar="LANG", help="of the handbook")
    folders = sorted(path.name for path in (SAMPLES / "documents").iterdir() if path.is_dir())
    parser.add_argument(
        "--samples", nargs="+", default=folders, metavar="FOLDER", help="of samples/documents"
    )
    parser.add_argument("--peers", nargs="*", default=[peer.module for peer in PEERS], metavar="MODULE")
    return parser.parse_args()


def main() -> None:
    """Measure ours, then each peer that can be installed."""
    options = parse()
    WORK.mkdir(parents=True, exist_ok=True)
    pages = fetch(ROOT / "benchmarks" / "work")
    files = [SAMPLES / "documents" / name for name in options.samples]
    files += [file for name in options.languages for file in page_files(pages, name, every=options.every)]
    sets = {
        "samples": sample_questions(options.samples),
        "handbook": handbook_questions(
            pages, options.languages, every=options.every, count=options.questions
        ),
    }
    plain = WORK / "encoder"
    shutil.rmtree(plain, ignore_errors=True)
    write_plain(resolve(BUILTIN).folder, plain)
    passages = WORK / "passages.jsonl"
    passages.write_text("", encoding="utf-8")
    task = {
        "passages": str(passages),
        "files": list(map(str, files)),
        "depth": DEPTH,
    }
    outcomes: dict[str, Outcome] = {}
    left_out: dict[str, str] = {}
    for name, model in ((OURS, BUILTIN), (SAME_ENCODER, str(plain))):
        say(name)
        own = task | {"model": model, "folder": str(WORK / f"index-{len(outcomes)}")}
        outcomes[name] = measure(Path(sys.executable), "by_dragoman", own, sets, WORK)
    count = write_passages(WORK / "index-0", passages)
    for peer in (peer for peer in PEERS if peer.module in options.peers):
        for hybrid in (False, True) if peer.hybrid else (False,):
            name = f"{peer.name}, with words" if hybrid else peer.name
            say(name)
            folder = str(WORK / f"{peer.module}-index-{hybrid}")
            theirs = task | {"model": str(plain), "folder": folder, "hybrid": hybrid}
            try:
                outcomes[name] = measure(python_of(peer, WORK), peer.module, theirs, sets, WORK)
            except (NotInstalled, Failed, subprocess.TimeoutExpired) as error:
                say(f"left out: {error}")
                left_out[name] = str(error)[:200]
    report(outcomes, left_out, options, count)


def report(
    outcomes: dict[str, Outcome],
    left_out: dict[str, str],
    options: argparse.Namespace,
    passages: int,
) -> None:
    """Write the result files."""
    context = surroundings() | {
        "peers": {peer.name: " ".join(peer.packages) for peer in PEERS},
        "left out": left_out or "none",
        "samples": options.samples,
        "handbook": f"each {options.every}th page in {' '.join(options.languages)}",
        "passages": passages,
    }
    results = {
        name: {
            "build_seconds": found.build_seconds,
            "cold_seconds": found.cold_seconds,
            "warm_ms_p50": 1000 * median(found.warm_seconds),
            "warm_ms_mean": 1000 * mean(found.warm_seconds),
            "quality": found.quality,
        }
        for name, found in outcomes.items()
    }
    publish("peers", context, results, tables(outcomes), REMARK)


if __name__ == "__main__":
    main()

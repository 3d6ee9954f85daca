"""Judgements of a user as a set that can be measured, and as one that can be learnt from."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index_data.errors import OutputUnwritable, UsageError
from search.feedback import Placed, Verdict

if TYPE_CHECKING:
    from index_data.index import Index

TO_LEARN_FROM = "judgements.jsonl"
"""What `dragoman tune --judgements FILE` takes."""


def export(folder: Path, placed: Sequence[Placed], language_of: Callable[[str], str]) -> int:
    """Write queries, their judgements by document, and those by passage; return how many queries there are.

    Raises:
        UsageError: no judgement names what is still there.
        OutputUnwritable: the folder cannot be written.
    """
    by_query: dict[str, list[Placed]] = defaultdict(list)
    for one in placed:
        if one.passages:
            by_query[one.judgement.query].append(one)
    if not by_query:
        raise UsageError(
            "there is no judgement of anything in this index",
            remedy='Judge hits first: dragoman feedback good "query" ID',
        )
    queries, qrels, learnt = [], ["query-id\tcorpus-id\tscore"], []
    for number, (query, judged) in enumerate(by_query.items(), 1):
        queries.append({"_id": f"q{number}", "text": query, "lang": language_of(query)})
        grades = _by_document(judged)
        qrels += [f"q{number}\t{path}\t{grade}" for path, grade in grades.items()]
        good, bad = (_passages(judged, verdict) for verdict in Verdict)
        if good:
            wrong = [passage_id for passage_id in bad if passage_id not in good]
            learnt.append({"query": query, "relevant": good, "not_relevant": wrong})
    _write(folder / "queries.jsonl", map(_dump, queries))
    _write(folder / "qrels" / "test.tsv", qrels)
    _write(folder / TO_LEARN_FROM, map(_dump, learnt))
    return len(queries)


def export_corpus(folder: Path, index: Index) -> None:
    """Write corpus.jsonl: the text of every document of an index, under its path.

    Raises:
        OutputUnwritable: the folder cannot be written.
    """
    _write(folder / "corpus.jsonl", map(_dump, _rows(index)))


def _rows(index: Index) -> Iterator[dict[str, str]]:
    for path in sorted(index.stamps()):
        passages = index.passages(index.lookup.passages_of(path))
        text = "".join(stored.passage.text for stored in passages)
        if passages:
            document = passages[0].document
            yield {"_id": str(path), "text": text, "lang": document.language}


def _by_document(judged: Sequence[Placed]) -> dict[str, int]:
    """Grade documents: one is relevant if anything in it is."""
    grades: dict[str, int] = {}
    for one in judged:
        path = str(one.passages[0].document.path)
        grades[path] = max(grades.get(path, 0), int(one.judgement.verdict is Verdict.GOOD))
    return grades


def _passages(judged: Sequence[Placed], verdict: Verdict) -> list[int]:
    ids = [stored.passage_id for one in judged if one.judgement.verdict is verdict for stored in one.passages]
    return list(dict.fromkeys(ids))


def _write(file: Path, lines: Iterable[str]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", errors="replace") as opened:
            opened.writelines(f"{line}\n" for line in lines)
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write {file}: {error.strerror}", remedy="Name a folder that is yours and has room."
        ) from error


def _dump(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False)

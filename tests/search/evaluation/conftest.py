"""A small set in the layout of BEIR."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DOCUMENTS = (
    {"_id": "tea", "title": "Tea", "text": "Pour boiling water on black tea.", "lang": "en"},
    {"_id": "der Zug", "title": "", "text": "Der Zug fährt um neun Uhr ab.", "lang": "de"},
    {"_id": "湖/西", "text": "我们下周要去杭州看西湖。", "lang": "zh"},
)
QUERIES = (
    {"_id": "q1", "text": "black tea", "lang": "en"},
    {"_id": "q2", "text": "Zug um neun", "lang": "de"},
    {"_id": "q3", "text": "nobody judged this", "lang": "en"},
)
QRELS = "query-id\tcorpus-id\tscore\nq1\ttea\t2\nq1\tder Zug\t0\nq2\tder Zug\t1\n"

Maker = Callable[..., Path]


@pytest.fixture
def beir(tmp_path: Path) -> Maker:
    """Write a set; what is None is left out."""

    def write(
        documents: tuple[dict[str, Any], ...] | None = DOCUMENTS,
        queries: tuple[dict[str, Any], ...] | None = QUERIES,
        qrels: str | None = QRELS,
    ) -> Path:
        folder = tmp_path / "set"
        (folder / "qrels").mkdir(parents=True, exist_ok=True)
        for name, rows in (("corpus", documents), ("queries", queries)):
            if rows is not None:
                lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
                (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        if qrels is not None:
            (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
        return folder

    return write

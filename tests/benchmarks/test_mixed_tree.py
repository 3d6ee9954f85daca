"""A real tree: which files are taken, who accounts for them, and whether what is wrong would be seen."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from math import inf, sqrt
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest

from benchmarks.accounting import accounting
from benchmarks.documentation_tree import format_of, language_by_name, linked, regular_files, sample
from benchmarks.dump_difference import Difference, difference
from benchmarks.mixed_tree import MOST_APART, controls, tables, wrong
from benchmarks.witnessed_runs import Run, children_of, embedded_again, resident_bytes
from tests.faults.library import Library
from tests.faults.worker import ingest, print_nothing

SAME = Difference(0, 0, 0.0)


def _run(exit_code: int = 0, *, windows: tuple[str, ...] = (), opened: tuple[str, ...] = ()) -> Run:
    return Run(exit_code, 2.0, 900.0, 100.0, {"passages": 4}, opened, windows, 100 * len(windows))


def _tree(folder: Path, *names: str) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    return regular_files(folder)


def test_names_tell_formats_and_languages() -> None:
    assert format_of(PurePath("guide.de.PDF.gz")) == ".pdf.gz"
    assert format_of(PurePath("a.b.html")) == ".html"
    assert format_of(PurePath("README")) == "without suffix"
    assert language_by_name(PurePath("html/pt-BR/index.html")) == "pt"
    assert language_by_name(PurePath("de/refcard-ar-a4.pdf")) == "ar"
    assert language_by_name(PurePath("html/preface.html")) == "en"


def test_a_sample_has_each_format_and_language_and_is_the_same_again(tmp_path: Path) -> None:
    plenty = [f"en/{number}.html" for number in range(50)]
    files = _tree(tmp_path, *plenty, "ja/a.html", "en/b.md.gz", "en/c.png", ".hidden/d.txt")
    chosen = sample(files, 8, seed=1)
    assert len(chosen) == len(set(chosen)) == 8
    assert chosen == sample(files[::-1], 8, seed=1) != sample(files, 8, seed=2)
    for number in (1, 8):
        suffixes = {path.suffix for path in sample(files, number, seed=1)}
        assert suffixes == {".html", ".gz", ".png", ".txt"}
    assert any("ja" in path.parts for path in chosen)
    copied = linked(chosen, tmp_path, tmp_path / "sample")
    assert {path.relative_to(copied) for path in regular_files(copied)} == {
        path.relative_to(tmp_path) for path in chosen
    }


def test_links_are_no_regular_files(tmp_path: Path) -> None:
    [file] = _tree(tmp_path, "a.txt")
    (tmp_path / "link.txt").symlink_to(file)
    assert regular_files(tmp_path) == [file]


def _account(path: Path, state: str, reason: str = "") -> dict[str, Any]:
    return {"path": str(path), "state": state, "passages": 3, "reason": reason}


def test_every_file_is_ready_refused_passed_over_hidden_or_unaccounted(tmp_path: Path) -> None:
    _, first, second, *_ = _tree(tmp_path, "a.html", "b.html", "c.png", "d.png", ".e.html", "f.html")
    files = [_account(first, "ready"), _account(second, "skipped", "no text on its 12 pages")]
    told = {"files": files, "languages": {"de": 3}}
    found = accounting(tmp_path, told, {"unsupported": {".png": 2}})
    assert (found.files, found.ready, found.refused, found.passed_over, found.hidden) == (6, 1, 1, 2, 1)
    assert found.unaccounted == ("f.html",)
    assert found.formats[".html"].counts == (2, 1, 1, 6)
    assert found.formats[".html"].told_reasons() == ["no text on its N pages (1)"]
    assert json.loads(json.dumps(found.plain()))["formats"][".html"]["reasons"] == {
        "no text on its N pages": 1
    }

    # A file too few among those that were passed over, and one that was never there.
    files.append(_account(tmp_path / "never.txt", "ready"))
    assert set(accounting(tmp_path, told, {"unsupported": {".png": 1}}).unaccounted) == {
        "c.png", "d.png", "f.html", "never.txt",
    }  # fmt: skip


def _dump(title: str, *vectors: list[float]) -> dict[str, list[tuple[object, ...]]]:
    rows = [(b"path", ordinal, np.array(vector, "<f4").tobytes()) for ordinal, vector in enumerate(vectors)]
    return {"documents": [(b"path", title), (b"path", title)], "vectors": list(rows)}


def test_rows_and_vectors_are_compared() -> None:
    one = _dump("a", [1, 0], [0, 1])
    assert difference(one, one) == SAME
    assert difference(one, _dump("b", [1, 0], [0, 1])) == Difference(4, 0, 0.0)
    turned = difference(one, _dump("a", [0, 1], [0, 1]))
    assert (turned.rows, turned.vectors) == (0, 1)
    assert turned.furthest == pytest.approx(sqrt(2))
    assert difference(one, _dump("a", [1, 0])) == Difference(0, 1, inf)


def test_the_controls_are_seen(tmp_path: Path) -> None:
    library = Library(tmp_path / "documents", 7, count=3)
    ingest(print_nothing, folder=tmp_path / "index", documents=library.folder)
    altered = controls(tmp_path / "index", tmp_path)
    assert altered["a title"].rows == 2
    assert altered["a vector"].furthest > MOST_APART
    assert not (tmp_path / "altered").exists()


def test_windows_that_come_again_in_a_later_run_are_counted() -> None:
    runs = [_run(windows=("a", "b", "b")), _run(windows=("b", "c")), _run(windows=("c", "a", "d"))]
    assert embedded_again(runs) == 3


def test_what_is_wrong_is_said_and_laid_out(tmp_path: Path) -> None:
    [path] = _tree(tmp_path, "a.html")
    told = {"files": [_account(path, "ready")], "languages": {"de": 3}}
    account = accounting(tmp_path, told, {"unsupported": {}})
    resumed = [_run(130), _run(-signal.SIGKILL), _run()]
    altered = {"a title": Difference(2, 0, 0.0)}
    assert wrong(account, _run(), resumed, SAME, altered) == []
    second = _run(opened=("a.html",), windows=("w",))
    faulty = replace(account, unaccounted=("b.html",))
    assert len(wrong(faulty, second, [_run(), *resumed[1:]], Difference(1, 0, 0.0), {"a title": SAME})) == 6
    laid_out = tables(_run(windows=("w", "v")), _run(), account, resumed, {"resumed": SAME})
    assert laid_out[0].rows[0] == ("first", "0", "2.0", "0.5", "100.0", "2", "200", "4", "0", "900", "100")
    assert laid_out[2].rows == ((".html", "1", "1", "0", "3", ""),)


def test_memory_of_this_process_and_its_children_is_seen() -> None:
    assert resident_bytes(os.getpid()) > 2**20
    assert resident_bytes(2**22 + 1) == 0
    child = os.posix_spawn("/bin/sleep", ["sleep", "60"], os.environ)
    try:
        assert child in set(children_of(os.getpid()))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

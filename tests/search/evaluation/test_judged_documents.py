from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from index_data.errors import UsageError
from search.evaluation.judged_documents import documents_of_folder, documents_of_index, has_corpus
from tests.search.evaluation.conftest import DOCUMENTS

if TYPE_CHECKING:
    from tests.search.evaluation.conftest import Maker


def test_each_row_becomes_a_file(beir: Maker, tmp_path: Path) -> None:
    found = documents_of_folder(beir(), tmp_path / "work")
    assert sorted(found.ids.values()) == ["der Zug", "tea", "湖/西"]
    assert found.languages == {"tea": "en", "der Zug": "de", "湖/西": "zh"}
    texts = {name: path.read_text(encoding="utf-8") for path, name in found.ids.items()}
    assert texts["tea"] == "Tea\n\nPour boiling water on black tea.\n"
    assert all(path.is_relative_to(tmp_path / "work") for path in found.ids)


def test_what_is_unchanged_is_not_written_again(beir: Maker, tmp_path: Path) -> None:
    work = tmp_path / "work"
    before = {path: path.stat().st_mtime_ns for path in documents_of_folder(beir(), work).ids}
    changed = ({**DOCUMENTS[0], "text": "Green tea."}, DOCUMENTS[1], {"_id": "new", "text": "New."})
    after = documents_of_folder(beir(changed), work)
    kept = [name for path, name in after.ids.items() if before.get(path) == path.stat().st_mtime_ns]
    assert kept == ["der Zug"]
    assert set(work.rglob("*.txt")) == set(after.ids)


def test_a_run_that_was_broken_off_is_completed(beir: Maker, tmp_path: Path) -> None:
    folder, work = beir(), tmp_path / "work"
    whole = documents_of_folder(folder, work)
    (work / "written.json").unlink()
    next(iter(whole.ids)).unlink()
    assert all(path.exists() for path in documents_of_folder(folder, work).ids)


def test_files_are_called_by_their_place(beir: Maker, tmp_path: Path) -> None:
    folder = beir(None)
    assert not has_corpus(folder)
    for name in ("a.txt", "b/a.txt", "c.txt", "c.md"):
        path = folder / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    assert has_corpus(folder)
    found = documents_of_folder(folder, tmp_path / "work")
    assert sorted(found.ids.values()) == ["a.txt", "b/a.txt", "c.md", "c.txt"]
    assert (found.names["a"], found.names["b/a"]) == ("a.txt", "b/a.txt")
    assert "c" not in found.names


def test_files_of_an_index_are_called_by_their_paths() -> None:
    paths = [Path("/docs/a/lease.pdf"), Path("/docs/b/lease.pdf"), Path("/docs/b/tea.md")]
    found = documents_of_index(paths, ["/docs/a/lease.pdf", "b/lease.pdf", "tea.md", "gone.md"])
    assert found.names == {
        "/docs/a/lease.pdf": "/docs/a/lease.pdf",
        "b/lease.pdf": "/docs/b/lease.pdf",
        "tea.md": "/docs/b/tea.md",
    }
    with pytest.raises(UsageError, match=r"'lease\.pdf' is the end of 2 paths"):
        documents_of_index(paths, ["lease.pdf"])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (({"_id": "a", "text": "x"}, {"_id": "a", "text": "y"}), "the id 'a' comes twice"),
        (({"text": "x"},), "line 1: it has no '_id'"),
        (({"_id": "a", "text": 3},), "line 1: its text is no text"),
        ((), "is empty"),
    ],
)
def test_what_is_wrong_is_one_clear_line(
    beir: Maker, tmp_path: Path, rows: tuple[dict[str, Any], ...], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        documents_of_folder(beir(rows), tmp_path / "work")

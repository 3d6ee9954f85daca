from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.records import FileAccount, FileState, Fingerprint, IndexSummary
from terminal.cli import main
from terminal.pictures import coverage_page

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

CELL = re.compile(r"<td[^>]*>(.*?)</td>", re.DOTALL)
ROW = re.compile(r'<tr data-states="([^"]*)">(.*?)</tr>', re.DOTALL)
SUMMARY = IndexSummary(Path("/index"), Fingerprint("letters", "digest", 8, 512, 256, 1), 1, 0, 0)


def covered(index: Path, tmp_path: Path) -> str:
    file = tmp_path / "coverage.html"
    assert main(["status", "--html", str(file), "--index", str(index)]) == 0
    return file.read_text(encoding="utf-8")


def rows(page: str) -> dict[str, tuple[str, list[str]]]:
    """By file name, its states and its cells without markup."""
    found = {}
    for states, cells in ROW.findall(page):
        texts = [html.unescape(re.sub("<[^>]*>", " ", cell)).strip() for cell in CELL.findall(cells)]
        found[texts[1]] = (states, texts)
    return found


def test_every_file_has_a_row(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (library.files / "bread.md").write_text("Something else.", encoding="utf-8")
    (library.files / "tax.pdf").unlink()
    found = rows(covered(library.index_folder, library.files))
    assert capsys.readouterr().out == ""
    assert found.keys() == {"bread.md", "brot.md", "面包.txt", "خبز.txt", "ขนมปัง.pdf", "tax.pdf"}
    assert {name for name, (states, _) in found.items() if "stale" in states} == {"bread.md", "tax.pdf"}
    assert found["bread.md"][1][-1] == "changed since it was read"
    assert found["brot.md"] == ("ready", ["ready", "brot.md", "md", "2", "", "", "", "", ""])


def test_what_is_amiss_is_told_first_and_escaped(tricky_index: Path, tmp_path: Path) -> None:
    page = covered(tricky_index, tmp_path)
    found = rows(page)
    assert found["slow.pdf"][0] == "failed stale"
    assert found["slow.pdf"][1][-1] == "changed since it was read its reader died 2 attempts"
    assert found["<i>odd</i>.pdf"][0] == "skipped stale"
    script, *_ = (cells for name, (_, cells) in found.items() if "0 <script>" in name)
    assert script[-1].endswith("<script>document.title='pwned'</script>")
    assert script[-2] == "1"
    assert '<td data-value="1" title="7">1</td>' in page
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "<svg" not in page
    assert "<i>" not in page
    assert not {"\x1b", "\u202e"} & set(page)
    assert "<b>1</b> failed" in page
    assert "pages without text 7;" in page


def test_of_too_many_files_the_plain_ones_are_left_out_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_page, "MOST_ROWS", 3)
    accounts = [FileAccount(Path(f"/files/{number}.txt"), FileState.READY, "txt", 1) for number in range(5)]
    accounts.append(FileAccount(Path("/files/z.pdf"), FileState.SKIPPED, reason="empty file"))
    page = coverage_page.coverage_page(SUMMARY, accounts, set())
    assert list(rows(page)) == ["z.pdf", "0.txt", "1.txt"]
    assert "3 more files, all of them read whole, are in `dragoman status --files`." in page
    assert "<b>5</b> ready" in page


def test_an_empty_index_has_a_page() -> None:
    page = coverage_page.coverage_page(SUMMARY, [], set())
    assert rows(page) == {}
    assert "<b>0</b> ready" in page

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from index_data.index import Index
from terminal.cli import main
from terminal.pictures.page import page
from terminal.pictures.points import document_points, passage_points

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)


def mapped(index: Path, tmp_path: Path, *flags: str) -> str:
    file = tmp_path / "map.html"
    assert main(["map", "--method", "pca", "-o", str(file), "--index", str(index), *flags]) == 0
    return file.read_text(encoding="utf-8")


def data_of(html: str) -> Any:
    return json.loads(SCRIPT.findall(html)[0])


def test_every_passage_is_a_point(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    html = mapped(library.index_folder, library.files)
    data = data_of(html)
    with Index.open(library.index_folder) as index:
        stored = index.passages(index.passage_ids().tolist())
    assert data["id"] == [one.passage_id for one in stored]
    assert data["language"] == [one.passage.language for one in stored]
    assert [data["documents"][number]["title"] for number in data["document"]] == [
        one.document.title for one in stored
    ]
    assert {"x", "y", "text", "where"} <= data.keys()
    assert all(-1 <= place <= 1 for place in data["x"] + data["y"])
    assert {"page 1", "line 1"} <= set(data["where"])
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"laying out {len(stored)} passages by pca\n"


def test_documents_may_be_the_points(library: Library) -> None:
    data = data_of(mapped(library.index_folder, library.files, "--documents", "--by", "type"))
    assert sorted(document["name"] for document in data["documents"]) == sorted(
        path.name for path in library.files.iterdir() if path.suffix in {".md", ".txt", ".pdf"}
    )
    assert data["document"] == list(range(6))
    assert data["by"] == "type"


def test_of_too_many_an_even_sample_is_shown_and_told(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    with Index.open(library.index_folder) as index:
        ids = index.passage_ids().tolist()
        assert [one.passage_id for one in passage_points(index, 3).stored] == [
            ids[0],
            ids[len(ids) // 2],
            ids[-1],
        ]
        assert len(document_points(index, 4).stored) == 4
    html = mapped(library.index_folder, library.files, "--limit", "3")
    assert f"<h1>3 of {len(ids)} passages</h1>" in html
    assert f"3 of {len(ids)} passages" in capsys.readouterr().err


def test_the_page_goes_to_stdout_but_not_to_a_terminal(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["map", "--method", "pca", "--quiet", "--index", str(library.index_folder)]
    assert main(command) == 0
    told = capsys.readouterr()
    assert told.out.startswith("<!DOCTYPE html>")
    assert told.err == ""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert main(command) == 2
    assert "dragoman map -o map.html" in capsys.readouterr().err


def test_no_index_is_3(tmp_path: Path) -> None:
    assert main(["map", "--index", str(tmp_path / "none"), "-o", str(tmp_path / "map.html")]) == 3
    assert not (tmp_path / "map.html").exists()


def test_what_documents_say_stays_text(tricky_index: Path, tmp_path: Path) -> None:
    html = mapped(tricky_index, tmp_path)
    scripts = SCRIPT.findall(html)
    assert len(scripts) == 2
    assert data_of(html)["documents"][0]["title"] == "<script>document.title='pwned'</script>"
    assert "pwned" not in html.replace(scripts[0], "")
    assert not {"<", ">", "&", "\x1b", "\u202e"} & set(scripts[0])
    assert "\ufffd]0;pwned" in data_of(html)["documents"][-1]["title"]


def test_the_policy_lets_only_the_pages_own_style_and_script_through(
    tricky_index: Path, tmp_path: Path
) -> None:
    html = mapped(tricky_index, tmp_path)
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)[0]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, content in (
        ("script-src", SCRIPT.findall(html)[1]),
        ("style-src", re.findall(r"<style>(.*?)</style>", html, re.DOTALL)[0]),
    ):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert not re.findall(r"https?://", html)


def test_a_title_is_escaped_and_data_ends_nothing() -> None:
    html = page("<b>", "", name="coverage", data=["</script>"])
    assert "<title>&lt;b&gt;</title>" in html
    assert html.count("</script>") == 2

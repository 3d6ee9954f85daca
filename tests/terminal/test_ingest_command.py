from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data.index import Index
from index_data.records import Fingerprint
from terminal import wiring
from terminal.cli import main

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder


@pytest.fixture(autouse=True)
def _letters(letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_load_embedder", lambda _settings, _made_by, _announce: letter_embedder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "documents"
    files.mkdir()
    (files / "bread.txt").write_text("Let the bread rise for an hour, then bake it.\n", encoding="utf-8")
    (files / "brot.md").write_text(
        "# Brot\n\nDas Brot ruht über Nacht und wird dann gebacken.\n", encoding="utf-8"
    )
    return files


@pytest.fixture
def broken(folder: Path) -> Path:
    file = folder / "broken\x1b[2J.pdf"
    file.write_bytes(b"%PDF-1.7 and no more")
    return file


def ingest(index: Path, *arguments: str | Path) -> int:
    return main(["ingest", "--index", str(index), *map(str, arguments)])


def test_the_report_goes_to_stderr(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(index_folder, folder) == 0
    said, told = capsys.readouterr()
    assert said == ""
    assert told.splitlines()[-1].startswith(
        "read 2, unchanged 0, moved 0, forgotten 0, unreadable 0; passages 2, "
    )
    assert ingest(index_folder, folder) == 0
    assert "read 0, unchanged 2, moved 0, forgotten 0" in capsys.readouterr().err


def test_what_was_ingested_is_found(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(index_folder, folder, "--quiet")
    assert capsys.readouterr() == ("", "")
    assert main(["search", "--index", str(index_folder), "--json", "Brot", "gebacken"]) == 0
    said, told = capsys.readouterr()
    assert told == ""
    best = json.loads(said)["results"][0]
    assert best["path"] == str(folder / "brot.md")
    source = (folder / "brot.md").read_bytes()
    assert source[slice(*best["byte"])].decode() == best["text"]


@pytest.mark.usefixtures("broken")
def test_a_file_that_cannot_be_read_is_a_line_of_the_report(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(index_folder, folder) == 0
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("unreadable: ")]
    assert "broken\ufffd[2J.pdf: " in line
    assert ingest(index_folder, folder, "--strict", "--quiet") == 5
    said, told = capsys.readouterr()
    assert said == ""
    assert told.startswith("unreadable: ")
    assert main(["status", "--index", str(index_folder)]) == 0
    assert "unread     1\n" in capsys.readouterr().out


def test_the_report_as_json(
    folder: Path, broken: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "photo.jpeg").write_bytes(b"\xff\xd8")
    assert ingest(index_folder, folder, "--json") == 0
    said, told = capsys.readouterr()
    assert told == ""
    report = json.loads(said)
    [skipped] = report.pop("skipped")
    assert skipped["path"] == str(broken)
    assert report.pop("tokens") > 0
    assert report == {
        "schema": "dragoman.ingest/1",
        "index": {"folder": str(index_folder)},
        "ingested": 2,
        "unchanged": 0,
        "moved": 0,
        "removed": 0,
        "passages": 2,
        "reused": 0,
        "ignored": 0,
        "stopped": False,
        "unsupported": {".jpeg": 1},
    }


def test_what_is_gone_is_forgotten_unless_told_otherwise(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(index_folder, folder, "--quiet")
    (folder / "brot.md").unlink()
    ingest(index_folder, folder, "--no-prune")
    assert "forgotten 0" in capsys.readouterr().err
    ingest(index_folder, folder)
    assert "forgotten 1" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_2(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(index_folder, folder / "nowhere", "--quiet") == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_another_way_of_cutting_is_refused(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(index_folder, folder, "--quiet", "--window-tokens", "128", "--passage-tokens", "64")
    assert ingest(index_folder, folder, "--quiet", "--window-tokens", "256") == 3
    assert "window_tokens: 128, not 256" in capsys.readouterr().err
    assert ingest(index_folder, folder, "--quiet") == 0


@pytest.mark.parametrize(
    "flags", [["--window-tokens", "100000"], ["--window-tokens", "64", "--passage-tokens", "65"]]
)
def test_passages_have_to_fit_windows_and_windows_the_encoder(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    assert ingest(index_folder, folder, "--quiet", *flags) == 2
    assert "do not fit" in capsys.readouterr().err
    assert not index_folder.exists()


def test_a_second_writer_is_11(
    folder: Path, index_folder: Path, letter_embedder: LetterEmbedder, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(index_folder, made):
        assert ingest(index_folder, folder, "--quiet") == 11
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_another_encoder_is_refused(
    folder: Path, index_folder: Path, letter_embedder: LetterEmbedder, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(index_folder, folder, "--quiet")
    letter_embedder.fingerprint = "letter-counts-2"
    assert main(["search", "--index", str(index_folder), "bread"]) == 3
    told = capsys.readouterr().err
    assert "made by letters (letter-count), not by letters (letter-count)" in told
    assert "another encoder since then" in told
    assert ingest(index_folder, folder, "--quiet") == 3
    assert "another encoder since then" in capsys.readouterr().err


def test_an_interrupt_keeps_what_is_done_and_is_130(
    folder: Path,
    index_folder: Path,
    letter_embedder: LetterEmbedder,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ingest(index_folder, folder, "--quiet")
    (folder / "zz.txt").write_text("Another document about bread.", encoding="utf-8")

    def interrupted(windows: Sequence[Window]) -> NDArray[np.float32]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(letter_embedder, "embed_passages", interrupted)
        assert ingest(index_folder, folder, "--quiet") == 130
    assert capsys.readouterr().err.startswith("\ndragoman: interrupted\n")
    with Index.open(index_folder) as index:
        assert index.summary().documents == 2
    assert ingest(index_folder, folder) == 0
    assert "read 1, unchanged 2, " in capsys.readouterr().err


def test_what_is_ignored_is_told_and_read_where_that_is_asked_for(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / ".dragomanignore").write_text("*.md\n", encoding="utf-8")
    ingest(index_folder, folder)
    told = capsys.readouterr().err
    assert "read 1, " in told
    assert "ignored: 1 files and folders (--no-ignore reads them)" in told
    ingest(index_folder, folder, "--no-ignore")
    told = capsys.readouterr().err
    assert "read 1, unchanged 1, " in told
    assert "ignored" not in told


def test_a_copy_is_told_as_known(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "copy.txt").write_bytes((folder / "bread.txt").read_bytes())
    ingest(index_folder, folder)
    assert "not embedded again: 1 passages that were known" in capsys.readouterr().err


@pytest.mark.usefixtures("broken")
def test_every_file_is_accounted_for(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(index_folder, folder, "--quiet")
    capsys.readouterr()
    assert main(["status", "--files", "--index", str(index_folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"ready    {folder / 'bread.txt'}: passages 1, characters 46, 100% embedded" in lines
    place = lines.index(f"skipped  {folder}/broken\ufffd[2J.pdf")
    assert lines[place + 1] == "  broken PDF: its structure cannot be read"
    assert main(["status", "--files", "--json", "--index", str(index_folder)]) == 0
    bread, broken, brot = json.loads(capsys.readouterr().out)["files"]
    assert bread == {
        "path": str(folder / "bread.txt"),
        "state": "ready",
        "media_type": "txt",
        "passages": 1,
        "characters": 46,
        "embedded": 1.0,
        "pages": None,
        "textless_pages": [],
        "recognised_pages": [],
        "notes": [],
        "attempts": 0,
        "reason": "",
    }
    assert (broken["state"], brot["state"]) == ("skipped", "ready")


def test_a_path_that_is_not_there_makes_no_index(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("ingest", "watch"):
        assert main([command, "--index", str(index_folder), str(folder), str(folder / "nothing")]) == 2
        assert "there is no " in capsys.readouterr().err
        assert not index_folder.exists()

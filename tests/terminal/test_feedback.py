from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.index import Index
from terminal import wiring
from terminal.cli import main

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder
    from tests.terminal.conftest import Library


@pytest.fixture(autouse=True)
def _letters(letter_embedder: LetterEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_load_embedder", lambda _settings, _made_by, _announce: letter_embedder)


def run(index: Path, *words: object) -> int:
    return main(["feedback", str(words[0]), "--index", str(index), *map(str, words[1:])])


def test_judged_listed_measured_and_learnt_from(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = library.index_folder
    assert run(index, "good", "how long does dough rest", 1, "#4") == 0
    assert run(index, "bad", "how long does dough rest", library.files / "tax.pdf") == 0
    assert "2 noted as good in index.feedback.jsonl" in capsys.readouterr().err
    assert run(index, "list") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "good  how long does dough rest  bread.md (1)"
    assert said[2].startswith("bad   how long does dough rest  tax.pdf (")
    out = tmp_path / "judged"
    assert run(index, "export", out) == 0
    assert "1 queries written to judged" in capsys.readouterr().err
    assert main(["eval", "--index", str(index), "--json", "--work", str(tmp_path / "w"), str(out)]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["set"]["queries"] == 1
    assert shape["ways"]["dense"][0]["measures"]["recall@100"]["mean"] == 1.0
    [row] = [json.loads(line) for line in (out / "judgements.jsonl").read_text("utf-8").splitlines()]
    assert (row["relevant"], len(row["not_relevant"])) == ([1, 4], 1)
    # 9 passages are too few to learn from, and the judgements were understood.
    tuned = main(["tune", "--dry-run", "--index", str(index), "--judgements", str(out / "judgements.jsonl")])
    assert tuned == 2
    told = capsys.readouterr().err
    assert "are needed to tell whether tuning helps" in told
    assert "left out" not in told


def test_a_corpus_of_ones_own(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(library.index_folder, "good", "tax", library.files / "tax.pdf") == 0
    assert run(library.index_folder, "export", "--with-corpus", tmp_path / "judged") == 0
    capsys.readouterr()
    work = ["--work", str(tmp_path / "work")]
    assert main(["eval", "-q", "--json", *work, "--gate", "MRR@10>=1", str(tmp_path / "judged")]) == 0
    assert json.loads(capsys.readouterr().out)["index"]["documents"] == 6


def test_what_is_gone(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(library.index_folder, "good", "tax", library.files / "tax.pdf") == 0
    assert run(library.index_folder, "good", "bread", 1) == 0
    with Index.open(library.index_folder) as index:
        made_by = index.fingerprint
    with Index.create_or_open(library.index_folder, made_by) as index:
        index.remove([library.files / "tax.pdf"])
    assert run(library.index_folder, "list", "--json") == 0
    shape = json.loads(capsys.readouterr().out)
    assert [row["passage_ids"] for row in shape["judgements"]] == [[], [1]]
    assert run(library.index_folder, "export", tmp_path / "judged") == 0
    assert "left out: 1 judgements of what is gone or changed" in capsys.readouterr().err


def test_what_cannot_be_meant(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, told in (
        (("good", "tax", 99), "no passage or document 99"),
        (("good", "tax", "nowhere.txt"), "no passage or document nowhere.txt"),
        (("bad", "  ", 1), "the query is empty"),
        (("export", tmp_path / "judged"), "there is no judgement of anything in this index"),
    ):
        assert run(library.index_folder, *words) == 2
        assert told in capsys.readouterr().err
    assert not library.index_folder.with_name("index.feedback.jsonl").exists()


def test_hostile_documents(hostile_library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(hostile_library.index_folder, "good", "pwned \x1b[2J", 1, 2, 3) == 0
    assert run(hostile_library.index_folder, "list") == 0
    said, told = capsys.readouterr()
    assert len(said.splitlines()) == 3
    assert not {"\x1b", "\x9b", "\u202e"} & set(said + told)


def test_the_help_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback"]) == 0
    assert "good" in capsys.readouterr().out

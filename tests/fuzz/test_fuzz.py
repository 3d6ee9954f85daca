"""The fuzzer finds what there is to find, and the same again from the same seed."""

from __future__ import annotations

from pathlib import Path, PurePath
from random import Random

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.suffixes import MEDIA_TYPES
from tests.fuzz import mutations
from tests.fuzz.mutations import MOST_BYTES, Slow, fuzz, mutated
from tests.fuzz.run import main
from tests.fuzz.seeds import seeds, sound_archive
from tests.fuzz.targets import MAIN_PARTS, TARGETS, check
from tests.ingest.readers.conftest import zipped

SEEDS = [b"some words of a document", b"<p>and some more"]
SECONDS = 20.0


def _breaks_on_nul(data: bytes) -> None:
    if b"words" not in data and b"\0" in data:
        raise LookupError("planted")


def _computes_on_nul(data: bytes) -> None:
    if b"\0" in data:
        sum(range(3_000_000))


def test_a_planted_fault_is_found_and_its_input_kept(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="planted"):
        fuzz(_breaks_on_nul, SEEDS, seed=1, seconds=SECONDS, unfinished=tmp_path / "input")
    with pytest.raises(LookupError, match="planted"):
        _breaks_on_nul((tmp_path / "input").read_bytes())


def test_an_input_that_takes_too_long_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutations, "SLOW_SECONDS", 0.01)
    with pytest.raises(Slow):
        fuzz(_computes_on_nul, SEEDS, seed=1, seconds=SECONDS, unfinished=tmp_path / "input")


def test_the_same_seed_makes_the_same_inputs_of_bounded_size() -> None:
    first, again, other = ([mutated(SEEDS, chance) for _ in range(200)] for chance in map(Random, (1, 1, 2)))
    assert first == again != other
    assert len({*first}) > 100
    assert max(len(data) for data in first) <= MOST_BYTES


@pytest.mark.parametrize("name", TARGETS)
def test_each_reader_takes_its_seeds_and_a_few_inputs(name: str) -> None:
    found = seeds(name)
    chance = Random(name)
    for data in (*found, *(mutated(found, chance) for _ in range(20))):
        TARGETS[name](data)


def test_there_is_a_target_for_each_reader() -> None:
    assert {*MEDIA_TYPES.values(), "gz"} < set(TARGETS)


@pytest.mark.parametrize("kind", MAIN_PARTS)
def test_the_main_part_of_a_sound_archive_is_where_its_words_stand(kind: str) -> None:
    entries = sound_archive(kind)
    assert read(PurePath(f"a.{kind}"), zipped(entries)).text
    with pytest.raises(UnreadableFile):
        read(PurePath(f"a.{kind}"), zipped({**entries, MAIN_PARTS[kind]: b"<a/>"}))


@pytest.mark.parametrize(
    "unsound",
    [
        ParsedDocument("NUL \0", "txt"),
        ParsedDocument("half \ud800", "txt"),
        ParsedDocument("\n", "txt"),
        ParsedDocument("words", "exe"),
        ParsedDocument("words", "txt", title="two\nlines"),
        ParsedDocument("words", "txt", notes=("",)),
        ParsedDocument("words", "pdf", pages=(3, 0)),
        ParsedDocument("words", "pdf", pages=(0, 6)),
        ParsedDocument("words", "md", headings=(Heading(3, 9, 1, "a"),)),
        ParsedDocument("words", "md", headings=(Heading(3, 4, 1, "a"), Heading(0, 1, 1, "b"))),
        ParsedDocument("words", "txt", encoding="utf-8", byte_exact=True),
    ],
)
def test_an_unsound_document_is_noticed(unsound: ParsedDocument) -> None:
    with pytest.raises((AssertionError, UnicodeError)):
        check(unsound, b"other words")


def test_a_run_tells_each_target_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--seconds", "0.2", "--engine", "own", "--found", str(tmp_path / "found")]
    assert main(["txt", *arguments]) == 0
    assert capsys.readouterr().out.startswith("txt: sound, ")
    assert [*(tmp_path / "found").iterdir()] == []

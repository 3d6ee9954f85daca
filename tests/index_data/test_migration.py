"""An index taken from one place to another, and all that must not go wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index_data.cluster.elsewhere import Elsewhere
from index_data.errors import IndexDamaged, IndexMismatch, UsageError
from index_data.index import Index
from index_data.migration import Migrated, Stage, Step, migrate
from index_data.records import Document, FileStamp, Fingerprint
from index_data.whole_documents import WholeDocument
from tests.faults.oracle import dump

PLACES = ("folder", "milvus", "postgres")


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Name a folder, or make one that stands for an index elsewhere."""

    def made(kind: str) -> Path:
        folder = tmp_path / f"to-{kind}"
        if kind != "folder":
            catalogue = request.getfixturevalue("postgres") if kind == "postgres" else None
            Elsewhere(str(tmp_path / f"{kind}.db"), "passages", catalogue).keep(folder)
        return folder

    return made


def contents(folder: Path) -> dict[Path, bytes]:
    """Digest every document of an index."""
    with Index.open(folder) as index:
        whole = {path: index.lookup.whole(path, index.fingerprint.dimension) for path in index.lookup.paths()}
    return {path: one.digest() for path, one in whole.items() if isinstance(one, WholeDocument)}


def moved(source: Path, target: Path) -> Migrated:
    *_, migrated = migrate(source, target)
    assert isinstance(migrated, Migrated)
    return migrated


@pytest.mark.parametrize("kind", PLACES)
def test_there_and_back_nothing_is_another(sound: Path, place: Callable[[str], Path], kind: str) -> None:
    before, held = dump(sound), contents(sound)
    there = place(kind)
    first = moved(sound, there)
    assert (first.documents, first.moved, first.unread) == (11, 11, 1)
    assert contents(there) == held
    with Index.open(there) as index:
        [file] = index.summary().unread
        assert (file.path, file.reason) == (Path("/library/scan.pdf"), "it has no text")
    back = sound.with_name("back")
    assert moved(there, back).moved == 11
    assert dump(back) == before == dump(sound)
    assert moved(there, back).moved == 0  # once more, and nothing is to do


def test_between_two_servers(sound: Path, place: Callable[[str], Path]) -> None:
    moved(sound, place("milvus"))
    moved(place("milvus"), place("postgres"))
    moved(place("postgres"), sound.with_name("back"))
    assert dump(sound.with_name("back")) == dump(sound)


@pytest.mark.parametrize("kind", PLACES)
def test_an_interrupted_one_goes_on(sound: Path, place: Callable[[str], Path], kind: str) -> None:
    there = place(kind)
    events = migrate(sound, there)
    for event in events:
        if isinstance(event, Step) and event.stage is Stage.MOVING and event.done == 4:
            break
    events.close()  # type: ignore[attr-defined]
    assert len(contents(there)) == 4
    assert moved(sound, there).moved == 7
    assert contents(there) == contents(sound)


def test_a_place_with_something_else_is_refused_and_left(
    sound: Path, fingerprint: Fingerprint, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    with Index.create_or_open(other, fingerprint) as index:
        index.record_unread(Path("/mine"), FileStamp(1, 1, "0" * 64), "it has no text")
    before = dump(other)
    with pytest.raises(IndexMismatch, match="holds something else already, such as /mine"):
        moved(sound, other)
    assert dump(other) == before
    with pytest.raises(UsageError, match="to where it is"):
        moved(sound, sound)


def test_another_document_at_a_path_is_something_else(sound: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    moved(sound, there)
    with Index.open(sound) as source:
        fingerprint = source.fingerprint
    with Index.create_or_open(there, fingerprint) as index:
        index.restamp(Path("/library/1.txt"), FileStamp(9, 9, "1" * 64))
    with pytest.raises(IndexMismatch, match=r"such as /library/1\.txt"):
        moved(sound, there)


@pytest.mark.parametrize("fault", ["vector", "account", "document", "unread"])
def test_what_is_lost_on_the_way_is_told(
    sound: Path, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Index.replace

    def lossy(index: Index, document: Document, passages: Any, vectors: Any, *rest: Any, **more: Any) -> None:
        if fault == "document" and document.path.name == "7.txt":
            return
        if fault == "account":
            more["coverage"] = None
        replace(index, document, passages, -vectors if fault == "vector" else vectors, *rest, **more)

    monkeypatch.setattr(Index, "replace", lossy)
    if fault == "unread":
        monkeypatch.setattr(Index, "record_unread", lambda *_, **__: None)
    with pytest.raises(IndexDamaged, match="is not what was brought there"):
        moved(sound, tmp_path / "there")


def test_words_are_asked_for_in_both_places(
    sound: Path, place: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from index_data.cluster import milvus_channels

    monkeypatch.setattr(milvus_channels, "words", lambda _text: ["nothing"])
    with pytest.raises(IndexDamaged, match=r"words of .* find other passages there"):
        moved(sound, place("milvus"))


def test_damage_is_not_carried_on(sound: Path, tmp_path: Path, alter: Callable[[str], None]) -> None:
    alter("UPDATE vectors SET vector = zeroblob(length(vector)) WHERE passage_id = 5")
    with pytest.raises(IndexDamaged, match="the vector of passage 5"):
        moved(sound, tmp_path / "there")


def test_numbers_that_have_gaps_are_other_ones_there(sound: Path, tmp_path: Path) -> None:
    with Index.open(sound) as index:
        gaps = index.passage_ids()
    migrated = moved(sound, tmp_path / "there")
    assert not migrated.same_ids
    assert gaps[-1] > len(gaps)
    assert moved(tmp_path / "there", tmp_path / "again").same_ids

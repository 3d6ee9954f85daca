from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data import kinds, parts, publishing
from index_data.checking import check
from index_data.index import Index
from index_data.kinds import Kind
from index_data.paths import IndexPaths
from index_data.records import Candidate, Document, FileStamp, Filters, Fingerprint, Passage
from index_data.segments import Segments, Setting
from tests.index_data.conftest import EARLIER_SEALS

DIMENSION = 128
PASSAGES = 3_000
EVERYTHING = Filters()
Vectors = NDArray[np.float32]


def clustered(count: int, seed: int) -> Vectors:
    """Make unit vectors in sixty clouds."""
    dice = np.random.default_rng(0)
    centres = dice.normal(size=(60, DIMENSION))
    dice = np.random.default_rng(seed)
    vectors = centres[dice.integers(60, size=count)] + 0.7 * dice.normal(size=(count, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def put(index: Index, path: str, vectors: Vectors, language: str = "en") -> None:
    passages = [Passage(place, "x", place, place + 1, 1, language) for place in range(len(vectors))]
    document = Document(Path(path), FileStamp(1, 1, "0" * 64), "txt", path, language)
    index.replace(document, passages, vectors)


def recall(index: Index, filters: Filters = EVERYTHING) -> float:
    """Compare the ten nearest with those of NumPy, over all that the filters let through."""
    allowed = ids_of(index.nearest(clustered(1, 1)[0], 10_000, filters))
    stored = index.vectors(allowed)
    shares = []
    for question in clustered(60, 9):
        found = index.nearest(question, 10, filters)
        best = np.sort(stored @ question)[::-1][:10]
        assert [one.score for one in found] == pytest.approx(
            (index.vectors(ids_of(found)) @ question).tolist(), abs=1e-6
        )
        shares.append(np.mean([one.score >= best[-1] - 1e-5 for one in found]) * len(found) / 10)
    return float(np.mean(shares))


def ids_of(candidates: list[Candidate]) -> list[int]:
    return [candidate.passage_id for candidate in candidates]


@pytest.fixture(params=[Kind.BITS, Kind.LISTS])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """Make a kind that is meant for many passages the choice for a few."""
    chosen: Kind = request.param
    smallest = {Kind.LISTS: 1_000 if chosen is Kind.LISTS else 10**9, Kind.BITS: 1_000, Kind.EXACT: 0}
    monkeypatch.setattr(kinds, "SMALLEST", smallest)
    return chosen


@pytest.fixture
def fingerprint() -> Fingerprint:
    return Fingerprint("clouds", "clouds", DIMENSION, 1, 1, 1)


@pytest.fixture
def large(kind: Kind, index_folder: Path, fingerprint: Fingerprint) -> Iterator[Index]:
    with Index.create_or_open(index_folder, fingerprint) as index:
        for number in range(6):
            vectors = clustered(PASSAGES // 6, 100 + number)
            put(index, f"/{number}", vectors, language="th" if number == 3 else "en")
        put(index, "/rare", clustered(12, 77), language="xx")
        index.publish()
        assert [one.kind for one in index.summary().segments] == [kind]
        yield index


@pytest.fixture
def file(large: Index, index_folder: Path) -> Path:
    (segment,) = IndexPaths(index_folder).segments.iterdir()
    return segment


def setting(folder: Path) -> Setting:
    with sqlite3.connect(IndexPaths(folder).database) as connection:
        (segment,) = Segments(IndexPaths(folder)).rows(connection)
    connection.close()
    return segment.setting


def test_the_kind_follows_the_size() -> None:
    assert [kinds.kind_of(count) for count in (1, 19_999, 20_000, 1_999_999, 2_000_000)] == [
        *[Kind.EXACT] * 2,
        *[Kind.BITS] * 2,
        Kind.LISTS,
    ]


def test_ten_nearest_are_found_and_how_well_is_known(large: Index, index_folder: Path) -> None:
    assert recall(large) >= 0.97
    (segment,) = large.summary().segments
    assert segment.recall >= 0.98
    assert segment.passages == PASSAGES + 12
    # The control: as few as are asked for would not do.
    with sqlite3.connect(IndexPaths(index_folder).database) as connection:
        found = Segments(IndexPaths(index_folder)).open(
            Segments(IndexPaths(index_folder)).rows(connection)[0], DIMENSION
        )
    connection.close()
    assert found is not None
    questions = clustered(60, 9)
    best = np.argsort(-(questions @ large.vectors(range(1, PASSAGES + 13)).T), axis=1)[:, :10] + 1
    few = found.nearest(questions, 10, probes=16)
    assert np.mean([np.isin(one, right).mean() for one, right in zip(few, best, strict=True)]) < 0.9


def test_filters_are_applied_inside(large: Index) -> None:
    assert recall(large, Filters(languages=("th",))) >= 0.97
    assert recall(large, Filters(path_globs=("/rare",))) == 1.0
    assert len(large.nearest(clustered(1, 5)[0], 100, Filters(languages=("xx",)))) == 12


def test_what_is_gone_is_not_found_and_costs_no_hit(large: Index, file: Path) -> None:
    large.remove([Path("/1"), Path("/2"), Path("/3")])
    assert recall(large) >= 0.97
    assert len(large.nearest(clustered(1, 5)[0], 100, EVERYTHING)) == 100
    assert len(large.nearest(clustered(1, 5)[0], 10_000, EVERYTHING)) == large.summary().passages
    large.publish()
    assert not file.exists()
    assert recall(large) >= 0.97


def test_later_passages_go_into_a_segment_of_their_own(large: Index, file: Path) -> None:
    before = file.read_bytes()
    put(large, "/later", clustered(300, 55))
    large.publish()
    assert [(one.passages, one.kind) for one in large.summary().segments][1:] == [(300, "exact")]
    assert file.read_bytes() == before
    assert recall(large) >= 0.97
    put(large, "/more", clustered(1_500, 56))
    large.publish()
    assert [one.passages for one in large.summary().segments] == [PASSAGES + 12 + 1_800]
    assert not file.exists()


def test_readers_see_the_same_while_segments_are_merged(large: Index, file: Path, index_folder: Path) -> None:
    question = clustered(1, 5)[0]
    with Index.open(index_folder) as early, Index.open(index_folder) as late:
        before = early.nearest(question, 10, EVERYTHING)
        put(large, "/more", clustered(1_600, 56))
        large.publish()
        assert not file.exists()
        expected = ids_of(large.nearest(question, 10, EVERYTHING))
        assert ids_of(early.nearest(question, 10, EVERYTHING)) == expected
        assert ids_of(late.nearest(question, 10, EVERYTHING)) == expected
    assert before


def test_flipped_bits_cost_recall_but_neither_the_process_nor_a_score(
    large: Index, file: Path, index_folder: Path
) -> None:
    sound = file.read_bytes()
    dice = np.random.default_rng(20261124)
    # The file is mapped by whoever opened it, so a damaged one has to be another.
    for _ in range(40):
        damaged = bytearray(sound)
        for place in dice.integers(len(damaged), size=3):
            damaged[place] ^= 1 << int(dice.integers(8))
        file.unlink()
        file.write_bytes(damaged)
        with Index.open(index_folder) as reader:
            for question in clustered(2, 3):
                found = reader.nearest(question, 10, EVERYTHING)
                scores = reader.vectors(ids_of(found)) @ question
                assert [one.score for one in found] == pytest.approx(scores.tolist(), abs=1e-6)
                assert len({one.passage_id for one in found}) == 10
        assert check(index_folder, full=True) != []


def test_a_damaged_head_is_never_given_to_faiss(large: Index, file: Path, index_folder: Path) -> None:
    sound = file.read_bytes()
    for place in range(0, 200, 7):
        file.unlink()
        file.write_bytes(sound[:place] + bytes([sound[place] ^ 0x40]) + sound[place + 1 :])
        with sqlite3.connect(IndexPaths(index_folder).database) as connection:
            segments = Segments(IndexPaths(index_folder))
            assert segments.open(segments.rows(connection)[0], DIMENSION) is None
        connection.close()
    with Index.open(index_folder) as reader:
        assert recall(reader) == 1.0, "the rows are scanned"
    large.publish()
    assert check(index_folder, full=True) == []


def test_an_index_of_format_5_is_searched_and_keeps_its_segment(
    index_folder: Path, fingerprint: Fingerprint
) -> None:
    with Index.create_or_open(index_folder, fingerprint) as index:
        put(index, "/a", clustered(50, 1))
        index.publish()
        expected = index.nearest(clustered(1, 2)[0], 10, EVERYTHING)
    with sqlite3.connect(IndexPaths(index_folder).database) as connection:
        connection.executescript(
            EARLIER_SEALS + "DROP TABLE segment_searches; DROP TABLE begun_windows; PRAGMA user_version = 5"
        )
    connection.close()
    (file,) = IndexPaths(index_folder).segments.iterdir()
    with Index.open(index_folder) as reader:
        assert reader.nearest(clustered(1, 2)[0], 10, EVERYTHING) == expected
        assert [one.kind for one in reader.summary().segments] == ["exact"]
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.publish()
        assert file.exists()
        assert index.nearest(clustered(1, 2)[0], 10, EVERYTHING) == expected
    assert check(index_folder, full=True) == []


class PowerCut(BaseException):
    """What stops a publish."""


STEPS = ("build", "write", "name_only", "sweep")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_publish_that_is_cut_off_loses_nothing(
    index_folder: Path,
    fingerprint: Fingerprint,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    moment: str,
) -> None:
    monkeypatch.setattr(parts, "_SMALL", 10)
    with Index.create_or_open(index_folder, fingerprint) as index:
        for number in range(3):
            put(index, f"/{number}", clustered(60, number))
            index.publish()
        question = clustered(1, 5)[0]
        put(index, "/last", clustered(40, 8))
        expected = (np.argsort(-(index.vectors(range(1, 221)) @ question))[:20] + 1).tolist()
        with monkeypatch.context() as broken:
            cut_off(broken, step, moment)
            with pytest.raises(PowerCut):
                index.publish()
    with Index.open(index_folder) as reader:
        assert ids_of(reader.nearest(question, 20, EVERYTHING)) == expected
        assert len(reader.nearest(question, 1_000, EVERYTHING)) == 220
    assert rows_without_a_file(index_folder) == []
    with Index.create_or_open(index_folder, fingerprint) as index:
        assert ids_of(index.nearest(question, 20, EVERYTHING)) == expected
        index.publish()
    assert check(index_folder, full=True) == []


def cut_off(broken: pytest.MonkeyPatch, step: str, moment: str) -> None:
    """Let a step of `publish` be the last, done or not."""
    owner = publishing if step == "build" else Segments
    usual = getattr(owner, step)

    def last(*arguments: object) -> None:
        if moment == "after":
            usual(*arguments)
        raise PowerCut

    broken.setattr(owner, step, last)


def rows_without_a_file(folder: Path) -> list[str]:
    with sqlite3.connect(IndexPaths(folder).database) as connection:
        names = [segment.name for segment in Segments(IndexPaths(folder)).rows(connection)]
    connection.close()
    return [name for name in names if not (IndexPaths(folder).segments / name).exists()]


def test_the_other_order_would_be_noticed(index_folder: Path, fingerprint: Fingerprint) -> None:
    """Control: a row that is written before its file, and a cut between them."""
    with Index.create_or_open(index_folder, fingerprint) as index:
        put(index, "/a", clustered(60, 1))
        index.publish()
    (file,) = IndexPaths(index_folder).segments.iterdir()
    file.unlink()
    assert rows_without_a_file(index_folder) == [file.name]
    assert check(index_folder) != []

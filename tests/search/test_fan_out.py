"""Several indexes searched as one, held against one index that holds all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import TokenEmbedder, Window
from encoder.reranker import MaxSimReranker
from index_data.background import Background
from index_data.errors import IndexDamaged, IndexMissing, MemberFailed, UsageError
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage
from search.explanation import Fate, explain
from search.fan_out import FanOut
from search.hits import Hit
from search.query import Mode, Query
from search.searcher import Searcher
from search.united_ids import parted, united_id
from search.united_index import UnitedIndex
from search.united_proposer import pooled
from tests.conftest import LetterEmbedder

WORDS = (
    *("tea", "rain", "train", "hill", "river", "bread", "dough", "oven"),
    *("yeast", "water", "clock", "lake", "stone", "garden", "winter"),
)
TEXTS = {f"{number:03}.txt": f"{' '.join(Random(number).sample(WORDS, 6))}." for number in range(36)}
QUESTIONS = ("tea by the river", "bread dough", "winter garden", "the clock", "stone", "yeast water")


class OtherLetters(LetterEmbedder):
    """Another encoder: the same letters in another order, and fewer of them."""

    def __init__(self) -> None:
        super().__init__()
        self.model, self.fingerprint, self.dimension = "other-letters", "letter-counts-2", 32
        self.questions: list[str] = []

    @property
    def pools_tokens(self) -> bool:
        return False

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        self.questions += queries
        return self._folded(super().embed_queries(queries))

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        return self._folded(super().embed_passages(windows))

    def _folded(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        folded = vectors[:, ::-1].reshape(len(vectors), 32, 2).sum(axis=2)
        return np.asarray(folded / np.linalg.norm(folded, axis=1, keepdims=True), np.float32)


class Counted(LetterEmbedder):
    """Keeps the questions that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        self.questions += queries
        return super().embed_queries(queries)


def filled(folder: Path, texts: Mapping[str, str], embedder: LetterEmbedder) -> Path:
    """Fill an index with texts, each a document of one passage."""
    made_by = Fingerprint(embedder.model, embedder.fingerprint, embedder.dimension, 512, 256, 1)
    with Index.create_or_open(folder, made_by) as writer:
        for file, text in texts.items():
            stamp = FileStamp(len(text), 0, sha256(text.encode()).hexdigest())
            document = Document(folder.parent / "files" / file, stamp, "txt", file, "en", "utf-8")
            vectors = embedder.embed_passages([Window(text, ((0, len(text)),))])
            writer.replace(document, [Passage(0, text, 0, len(text), 1, "en")], vectors)
        writer.publish()
    return folder


@pytest.fixture
def letters() -> Counted:
    return Counted()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Make three indexes that hold the texts between them, and one that holds all."""
    home, names = tmp_path_factory.mktemp("indexes"), sorted(TEXTS)
    shares = {"papers": names[::3], "mails": names[1::3], "notes": names[2::3], "whole": names}
    return {
        name: filled(home / name, {file: TEXTS[file] for file in share}, LetterEmbedder())
        for name, share in shares.items()
    }


@pytest.fixture
def parts(folders: dict[str, Path]) -> Iterator[UnitedIndex]:
    united = UnitedIndex.open({name: folders[name] for name in ("papers", "mails", "notes")})
    yield united
    united.close()


@pytest.fixture
def whole(folders: dict[str, Path]) -> Iterator[Index]:
    with Index.open(folders["whole"]) as index:
        yield index


def fan_out(united: UnitedIndex, embedder: TokenEmbedder, *, rerank: bool = False) -> FanOut:
    reranker = MaxSimReranker(embedder) if rerank else None
    return FanOut(united, embedder, reranker, embedders={embedder.fingerprint: embedder})


def files(hits: Sequence[Hit]) -> list[str]:
    return [hit.document.path.name for hit in hits]


@pytest.mark.parametrize("question", QUESTIONS)
def test_by_meaning_it_answers_as_one_index_does(
    question: str, parts: UnitedIndex, whole: Index, letters: Counted
) -> None:
    query = Query(question, mode=Mode.DENSE, limit=8, min_score=0.0)
    found, wanted = fan_out(parts, letters).search(query), Searcher(whole, letters).search(query)
    # Passages of one cosine may change places.
    assert [round(hit.channels.dense or 0, 5) for hit in found] == [
        round(hit.channels.dense or 0, 5) for hit in wanted
    ]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], abs=0.02)


@pytest.mark.parametrize("rerank", [False, True])
def test_a_hit_says_where_it_is_from(rerank: bool, parts: UnitedIndex, letters: Counted) -> None:
    hits = fan_out(parts, letters, rerank=rerank).search(Query("tea by the river", limit=20, min_score=0.0))
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert {hit.collection for hit in hits} == {"papers", "mails", "notes"}
    for hit in hits:
        place, own = parted(hit.passage_id)
        assert parts.names[place] == hit.collection
        [stored] = parts.members[place].passages([own])
        assert stored.document.path == hit.document.path


def test_an_encoder_embeds_a_question_once(parts: UnitedIndex, letters: Counted) -> None:
    letters.questions.clear()
    fan_out(parts, letters).search(Query("tea", min_score=0.0, snippets=False))
    assert letters.questions == ["tea"]


def test_copies_are_folded_across_indexes(tmp_path: Path, letters: Counted) -> None:
    twice = {"a.txt": "Tea is poured with boiling water.", "b.txt": "The rain fell all night."}
    folders = {name: filled(tmp_path / name, twice, letters) for name in ("papers", "mails")}
    united = UnitedIndex.open(folders)
    hits = fan_out(united, letters).search(Query("pour tea with water", min_score=0.0))
    assert [(hit.collection, [copy.stored.collection for copy in hit.copies]) for hit in hits] == [
        ("papers", ["mails"]),
        ("papers", ["mails"]),
    ]
    apart = fan_out(united, letters).search(Query("pour tea with water", min_score=0.0, collapse=False))
    assert len(apart) == 4
    united.close()


def test_words_are_found_without_an_encoder(parts: UnitedIndex) -> None:
    hits = FanOut(parts, None).search(Query("oven", mode=Mode.LEXICAL, limit=40))
    assert sorted(files(hits)) == sorted(name for name, text in TEXTS.items() if "oven" in text)
    with pytest.raises(UsageError, match="needs an encoder"):
        FanOut(parts, None).search(Query("oven"))


def test_filters_hold_in_each(parts: UnitedIndex, letters: Counted) -> None:
    only = Query("tea", filters=Filters(path_globs=("00*.txt",)), limit=40, min_score=0.0)
    assert set(files(fan_out(parts, letters).search(only))) == {f"00{digit}.txt" for digit in range(10)}


def test_what_is_like_a_passage_of_one_is_found_in_all(parts: UnitedIndex, letters: Counted) -> None:
    [first] = fan_out(parts, letters).search(Query("tea", limit=1, min_score=0.0))
    like = Query("", mode=Mode.DENSE, like=(first.passage_id,), limit=10, min_score=0.0)
    hits = FanOut(parts, None).search(like)
    assert first.passage_id not in [hit.passage_id for hit in hits]
    assert len({hit.collection for hit in hits}) == 3
    with pytest.raises(UsageError, match="no passage"):
        FanOut(parts, None).search(Query("", like=(united_id(1, 999),)))


def test_indexes_of_other_encoders_are_merged_by_what_chance_gives(
    tmp_path: Path, folders: dict[str, Path], letters: Counted
) -> None:
    other = OtherLetters()
    names = sorted(TEXTS)
    mails = filled(tmp_path / "mails", {name: TEXTS[name] for name in names[1::3]}, other)
    united = UnitedIndex.open({"papers": folders["papers"], "mails": mails})
    embedders = {each.fingerprint: each for each in (letters, other)}
    both = FanOut(united, letters, MaxSimReranker(letters), embedders=embedders)
    letters.questions.clear()
    hits = both.search(Query("bread dough", limit=10, min_score=0.0))
    assert {hit.collection for hit in hits} == {"papers", "mails"}
    assert other.questions
    assert all(-1 <= (hit.channels.dense or 0) <= 1.0001 for hit in hits)
    # The vectors of one encoder stand beside those of the other, and touch nowhere.
    [vectors] = [united.vectors([hits[0].passage_id, *(hit.passage_id for hit in hits)])]
    theirs = [hit.collection == hits[0].collection for hit in hits]
    assert all(
        (abs(cosine) > 1e-6) == same for cosine, same in zip(vectors[1:] @ vectors[0], theirs, strict=True)
    )
    like = Query("", mode=Mode.DENSE, like=(hits[0].passage_id,), limit=40, min_score=0.0)
    assert {hit.collection for hit in both.search(like)} == {hits[0].collection}
    united.close()


def test_an_index_that_cannot_be_opened_takes_no_part(
    folders: dict[str, Path], letters: Counted, tmp_path: Path
) -> None:
    united = UnitedIndex.open({"gone": tmp_path / "gone", "papers": folders["papers"]})
    found = fan_out(united, letters).trace(Query("tea", min_score=0.0))
    assert [(one.collection, "no index" in one.message) for one in found.troubles] == [("gone", True)]
    assert {hit.collection for hit in found.hits} == {"papers"}
    united.close()
    with pytest.raises(IndexMissing):
        UnitedIndex.open({"gone": tmp_path / "gone"})


@pytest.mark.parametrize("method", ["nearest", "passages", "vectors", "background"])
def test_an_index_that_breaks_under_way_takes_no_part(
    method: str, parts: UnitedIndex, letters: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = parts.members[1]

    def fail(*_: object) -> None:
        raise IndexDamaged("the index is damaged", remedy="Mend it.")

    query = Query("tea by the river", limit=30, min_score=0.0)
    before = {hit.collection for hit in fan_out(parts, letters).search(query)}
    real = getattr(Index, method)
    monkeypatch.setattr(
        Index, method, lambda self, *given: (fail if self is broken else real.__get__(self))(*given)
    )
    found = fan_out(parts, letters).trace(query)
    assert before - {hit.collection for hit in found.hits} == {"mails"}
    assert [(one.collection, one.message) for one in found.troubles] == [("mails", "the index is damaged")]


def test_where_all_break_it_is_told(
    parts: UnitedIndex, letters: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise IndexDamaged("the index is damaged", remedy="Mend it.")

    monkeypatch.setattr(Index, "nearest", fail)
    with pytest.raises(MemberFailed, match="the index is damaged"):
        fan_out(parts, letters).trace(Query("tea"))


def test_a_search_of_several_is_explained(parts: UnitedIndex, letters: Counted) -> None:
    searcher = fan_out(parts, letters)
    query = Query("bread dough", limit=3, min_score=0.0)
    hits = searcher.search(Query("bread dough", limit=30, min_score=0.0))
    last = hits[5]
    told = explain(searcher, query, [last.passage_id])
    assert [course.stored.collection for course in told.hits] == [hit.collection for hit in hits[:3]]
    assert told.target is not None
    assert told.target.fate is Fate.BEYOND_LIMIT
    assert told.target.stored.collection == last.collection
    whole = sum("bread" in text for text in TEXTS.values())
    assert next(use.passages for use in told.words if use.word.startswith("bread")) == whole


def test_samples_are_pooled_by_the_size_of_what_they_stand_for() -> None:
    def sample(value: float, passages: int, of: int) -> Background:
        vectors = np.full((passages, 4), value, np.float32)
        return Background(vectors, 0.1, ("en",) * passages, np.full(passages, value), {int(value): "en"}, of)

    small, large = sample(1, 100, 100), sample(2, 512, 9_900)
    together = pooled([small, large])
    assert together is not None
    counted = [int((together.bm25 == value).sum()) for value in (1, 2)]
    assert counted == [5, 507]
    assert together.language_of == {1: "en", 2: "en"}
    assert pooled([small]) is small
    assert pooled([None]) is None


def test_it_counts_all_together(parts: UnitedIndex, whole: Index) -> None:
    counted, one = parts.summary(), whole.summary()
    assert (counted.documents, counted.passages) == (one.documents, one.passages)
    assert (counted.languages, counted.media_types) == (one.languages, one.media_types)
    assert len(parts.accounts()) == len(TEXTS)
    assert parts.generation == sum(index.generation for index in parts.members.values())


def test_ids_are_parted_again() -> None:
    for place, own in ((0, 1), (3, 7), (11, 2**39)):
        assert parted(united_id(place, own)) == (place, own)
    assert parted(12) == (0, 12)


def test_passages_come_in_the_order_of_their_ids(parts: UnitedIndex) -> None:
    ids = [united_id(place, own) for own in (3, 1) for place in (2, 0, 1)]
    found = parts.passages([*ids, united_id(0, 999), united_id(9, 1)])
    assert [stored.passage_id for stored in found] == ids
    assert np.allclose(parts.vectors([ids[0], ids[0]])[0], parts.vectors([ids[0]])[0])
    assert not parts.vectors([united_id(9, 1)]).any()
    assert parts.languages([ids[0], united_id(9, 1)]) == [("en",), ("und",)]
    assert parts.passages_around(united_id(9, 1), 0, 0) == []

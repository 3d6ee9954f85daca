"""The whole of search over a real index, with the letter-counting embedder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder, TokenEmbedder, Window
from encoder.reranker import MaxSimReranker
from index_data.errors import UsageError
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage
from search.query import Mode, Query
from search.searcher import Searcher

TEXTS = {
    "tea.txt": ("en", "Black tea is poured with boiling water. Let it stand for four minutes."),
    "rain.txt": ("en", "Rain fell on the hills all night. The river rose."),
    "zug.txt": ("de", "Der Zug fährt um neun Uhr ab. Bitte sei pünktlich am Bahnhof."),
    "西湖.txt": ("zh", "我们下周要去杭州看西湖。"),
}


@pytest.fixture
def index(index_folder: Path, tmp_path: Path, letter_embedder: Embedder) -> Iterator[Index]:
    fingerprint = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(index_folder, fingerprint) as writer:
        for name, (language, text) in TEXTS.items():
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            facts = path.stat()
            stamp = FileStamp(facts.st_size, facts.st_mtime_ns, sha256(text.encode()).hexdigest())
            document = Document(path, stamp, "txt", path.stem, language)
            vectors = letter_embedder.embed_passages([Window(text, ((0, len(text)),))])
            writer.replace(document, [Passage(0, text, 0, len(text), 1, language)], vectors)
        writer.publish()
    with Index.open(index_folder) as reader:
        yield reader


def _names(searcher: Searcher, query: Query) -> list[str]:
    return [hit.document.path.name for hit in searcher.search(query)]


@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_finds_the_passage(index: Index, letter_embedder: Embedder, mode: Mode) -> None:
    hits = Searcher(index, letter_embedder).search(Query("pour black tea", mode=mode))
    assert hits[0].document.path.name == "tea.txt"
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert all(0 <= hit.score <= 1 for hit in hits)
    assert all((hit.channels.dense is None) == (mode is Mode.LEXICAL) for hit in hits)
    assert (hits[0].channels.lexical is None) == (mode is Mode.DENSE)


def test_without_a_sparse_encoder_the_channel_is_silent(index: Index, letter_embedder: Embedder) -> None:
    for mode in Mode:
        hits = Searcher(index, letter_embedder).search(Query("pour black tea", mode=mode))
        assert {hit.channels.sparse for hit in hits} == {None}


def test_words_inside_unspaced_text_are_found(index: Index) -> None:
    assert _names(Searcher(index, None), Query("西湖", mode=Mode.LEXICAL)) == ["西湖.txt"]


def test_the_snippet_is_the_sentence_that_answers(index: Index, letter_embedder: Embedder) -> None:
    for embedder, mode in ((letter_embedder, Mode.HYBRID), (None, Mode.LEXICAL)):
        [hit] = Searcher(index, embedder).search(Query("bitte pünktlich Bahnhof", limit=1, mode=mode))
        assert hit.passage.text[slice(*hit.snippet)].strip() == "Bitte sei pünktlich am Bahnhof."


def test_filters_hold_in_every_mode(index: Index, letter_embedder: Embedder) -> None:
    for mode in Mode:
        names = _names(
            Searcher(index, letter_embedder), Query("Zug tea", mode=mode, filters=Filters(languages=("de",)))
        )
        assert names == ["zug.txt"]


def test_limit_and_lowest_score_cut_the_list(index: Index, letter_embedder: Embedder) -> None:
    searcher = Searcher(index, letter_embedder)
    everything = searcher.search(Query("tea"))
    assert len(everything) == len(TEXTS)
    assert len(searcher.search(Query("tea", limit=2))) == 2
    lowest = everything[1].score
    assert len(searcher.search(Query("tea", min_score=lowest))) == 2
    assert searcher.search(Query("tea", min_score=1.01)) == []


def test_a_changed_file_is_stale_and_an_unchanged_one_is_not(index: Index, tmp_path: Path) -> None:
    searcher = Searcher(index, None)
    query = Query("tea", mode=Mode.LEXICAL)
    assert [hit.stale for hit in searcher.search(query)] == [False]
    os.utime(tmp_path / "tea.txt", ns=(1, 1))
    assert [hit.stale for hit in searcher.search(query)] == [False]
    (tmp_path / "tea.txt").write_text(TEXTS["tea.txt"][1].replace("four", "nine"), encoding="utf-8")
    assert [hit.stale for hit in searcher.search(query)] == [True]
    (tmp_path / "tea.txt").unlink()
    assert [hit.stale for hit in searcher.search(query)] == [True]


class _Contrarian:
    """Prefers whatever is about rain."""

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([1.0 if "Rain" in passage else 0.0 for passage in passages], dtype=np.float32)


def test_a_second_opinion_moves_hits_and_is_shown(index: Index, letter_embedder: Embedder) -> None:
    query = Query("pour black tea")
    before = _names(Searcher(index, letter_embedder), query)
    after = Searcher(index, letter_embedder, _Contrarian()).search(query)
    moved = next(hit for hit in after if hit.document.path.name == "rain.txt")
    assert moved.rank < before.index("rain.txt") + 1
    assert moved.channels.rerank == 1.0
    assert all(0 <= hit.score <= 1 for hit in after)


def test_maxsim_keeps_an_exact_match_on_top(index: Index, letter_embedder: TokenEmbedder) -> None:
    searcher = Searcher(index, letter_embedder, MaxSimReranker(letter_embedder))
    assert _names(searcher, Query("The river rose"))[0] == "rain.txt"


def test_meaning_cannot_be_asked_for_without_an_encoder(index: Index) -> None:
    with pytest.raises(UsageError, match="needs an encoder"):
        Searcher(index, None).search(Query("tea"))


def test_nothing_shared_means_nothing_found(index: Index) -> None:
    assert Searcher(index, None).search(Query("zzz qqq", mode=Mode.LEXICAL)) == []
    assert Searcher(index, None).search(Query('"', mode=Mode.LEXICAL)) == []


@pytest.mark.parametrize("text", ['"""', "?!", " ", "--"])
def test_punctuation_alone_asks_nothing(index: Index, letter_embedder: Embedder, text: str) -> None:
    assert Searcher(index, letter_embedder).search(Query(text)) == []
    assert Searcher(index, letter_embedder).search(Query(text + " tea")) != []

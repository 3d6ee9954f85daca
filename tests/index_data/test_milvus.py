"""What an index in Milvus does beside the contract that all indexes keep."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder
from index_data import words
from index_data.cluster import opening
from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.cluster.milvus_collection import ID
from index_data.cluster.milvus_server import MilvusServer
from index_data.cluster.milvus_tokens import MOST_BYTES, token, tokens
from index_data.cluster.milvus_upkeep import differences, make_anew
from index_data.errors import IndexDamaged, IndexForeign, IndexMismatch, IndexProblem, UsageError
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, SparseVector
from index_data.rows import Rows
from tests.index_data.conftest import WORDS as TEXTS
from tests.index_data.conftest import add_document

Store = Callable[..., list[int]]
EVERYTHING = Filters()


@pytest.fixture
def backend() -> str:
    return "milvus"


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Rows, MilvusChannels]]:
    elsewhere = Elsewhere.of(folder)
    assert elsewhere is not None
    with ExitStack() as resources:
        _, database, channels = opening.to_read(folder, elsewhere, resources)
        with database.reading() as rows:
            yield rows, channels


@pytest.mark.parametrize(
    "word", [word for text in TEXTS for word in words.words(text)] + ["x𠀀z", "quj", "≈ǁ9"]
)
def test_a_word_is_written_in_small_letters_and_digits(word: str) -> None:
    assert token(word).isascii()
    assert token(word).isalnum()
    assert token(word) == token(word).lower()


def test_words_that_begin_alike_are_written_alike_and_no_two_the_same() -> None:
    every = sorted({word for text in TEXTS for word in words.words(text)})
    assert len({*map(token, every)}) == len(every)
    for one in every:
        for other in every:
            assert token(other).startswith(token(one)) == other.startswith(one)


def test_words_beyond_what_milvus_takes_are_left_out_whole() -> None:
    written = tokens(["хлеб"] * 10_000)
    assert len(written) <= MOST_BYTES
    assert {*written.split()} == {token("хлеб")}
    assert written[0] == written[-1] == " "


def test_a_word_beyond_that_does_not_find_its_passage(index: Index) -> None:
    text = "harbour " + "хлеб " * 4_000 + "lantern"
    document = Document(Path("/a"), FileStamp(1, 1, "0" * 64), "txt", "a", "en")
    vector = np.eye(1, index.fingerprint.dimension, dtype=np.float32)
    index.replace(document, [Passage(0, text, 0, len(text), 1, "en")], vector)
    assert len(index.matching("harbour", 5, EVERYTHING)) == 1
    assert index.matching("lantern", 5, EVERYTHING) == []


def test_what_milvus_has_too_much_of_is_never_found_and_goes(
    index: Index,
    store: Store,
    index_folder: Path,
    fingerprint: Fingerprint,
    vector_of: Callable[[str], NDArray[np.float32]],
) -> None:
    [kept] = store("/a", "red apple")
    index.close()
    with opened(index_folder) as (_, channels):
        vectors = np.tile(vector_of("red apple"), (50, 1))
        channels.put(range(kept + 1, kept + 51), ["red apple"] * 50, vectors)
    with Index.open(index_folder) as reader:
        assert [hit.passage_id for hit in reader.nearest(vector_of("red apple"), 3, EVERYTHING)] == [kept]
        assert [hit.passage_id for hit in reader.matching("apple", 3, EVERYTHING)] == [kept]
        assert reader.holds_every_word("apple", EVERYTHING)
    with opened(index_folder) as (rows, channels):
        assert differences(rows, channels).left_over.tolist() == list(range(kept + 1, kept + 51))
    Index.create_or_open(index_folder, fingerprint).close()
    with opened(index_folder) as (rows, channels):
        assert differences(rows, channels).are_none
        assert channels.passages.count() == 1


def test_what_milvus_has_lost_is_put_in_again_with_nothing_embedded(
    sound: Path, fingerprint: Fingerprint, letter_embedder: Embedder
) -> None:
    with opened(sound) as (rows, channels):
        there = channels.passages.ids(f"{ID} > 0")
        channels.take_out(there[::2])
        lacking = differences(rows, channels)
        assert lacking.lacking.tolist() == lacking.lacking_pieces.tolist() == there[::2].tolist()
    Index.create_or_open(sound, fingerprint).close()
    with opened(sound) as (rows, channels):
        assert differences(rows, channels).are_none
        assert channels.passages.ids(f"{ID} > 0").tolist() == there.tolist()


@pytest.mark.parametrize("by", ["a lost collection", "make_anew"])
def test_the_rows_make_all_of_it_anew(sound: Path, fingerprint: Fingerprint, by: str) -> None:
    def answers() -> list[object]:
        with Index.open(sound) as index:
            vector = index.vectors(index.passage_ids()[:1].tolist())[0]
            # What milvus-lite scores by words depends on which passages were written together.
            matching = {hit.passage_id for hit in index.matching("Brot oven", 9, EVERYTHING)}
            return [index.nearest(vector, 9, EVERYTHING), matching]

    before = answers()
    with opened(sound) as (rows, channels):
        if by == "make_anew":
            make_anew(rows, channels)
        else:
            channels.passages.drop()
            channels.pieces.drop()
    if by != "make_anew":
        with pytest.raises(IndexDamaged, match="is not in Milvus any more"):
            Index.open(sound)
        elsewhere = Elsewhere.of(sound)
        assert elsewhere is not None
        with ExitStack() as resources:
            opening.to_write(sound, elsewhere, fingerprint, resources)
    with opened(sound) as (rows, channels):
        assert differences(rows, channels).are_none
    assert answers() == before


def test_a_rolled_back_change_takes_nothing_out(
    index: Index, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    [kept] = store("/a", "red apple")
    monkeypatch.setattr("index_data.store.grow", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        index.remove([Path("/a")])
    monkeypatch.undo()
    store("/b", "blue plum")
    assert [hit.passage_id for hit in index.matching("apple", 3, EVERYTHING)] == [kept]


def test_a_collection_of_another_index_is_refused(
    index: Index, index_folder: Path, fingerprint: Fingerprint
) -> None:
    elsewhere = Elsewhere.of(index_folder)
    assert elsewhere is not None
    other = index_folder.parent / "other"
    elsewhere.keep(other)
    with pytest.raises(IndexMismatch, match="belongs to another index") as caught:
        Index.create_or_open(other, fingerprint)
    assert "--index" in caught.value.remedy


def test_a_collection_that_something_else_made_is_refused(
    index_folder: Path, fingerprint: Fingerprint
) -> None:
    elsewhere = Elsewhere.of(index_folder)
    assert elsewhere is not None
    server = MilvusServer(elsewhere.milvus)
    server.client.create_collection(elsewhere.collection, dimension=4)
    with pytest.raises(IndexForeign, match="made by something else"):
        Index.create_or_open(index_folder, fingerprint)
    server.close()


def test_making_that_was_interrupted_is_done_again(
    index: Index, index_folder: Path, fingerprint: Fingerprint
) -> None:
    with opened(index_folder) as (_, channels):
        channels.passages.server.client.release_collection(channels.passages.name)
        channels.passages.server.client.drop_index(channels.passages.name, index_name="bm25_idx")
        assert not channels.passages.is_whole(2)
    index.close()
    Index.create_or_open(index_folder, fingerprint).close()
    with opened(index_folder) as (_, channels):
        assert channels.passages.is_whole(2)


def test_words_by_older_rules_are_written_anew(
    sound: Path, fingerprint: Fingerprint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "VERSION", words.VERSION + 1)
    Index.create_or_open(sound, fingerprint).close()
    with opened(sound) as (rows, channels):
        assert channels.passages.properties()["dragoman.words"] == str(words.VERSION)
        assert differences(rows, channels).are_none


@pytest.mark.parametrize("limit", ["_SCANNED", "MOST_NAMED", "MOST_FOUND"])
def test_answers_do_not_depend_on_how_a_filter_is_passed_on(
    index: Index, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    for number in range(12):
        add_document(index, letter_embedder, f"/{number}.txt", number)
    some = Filters(path_globs=("/1*.txt", "/2.txt", "/3.txt"))

    def answers() -> list[object]:
        vector = letter_embedder.embed_queries(["the oven is hot"])[0]
        pieces = SparseVector(np.array([1, 9], np.int32), np.ones(2, np.float32))
        return [
            [hit.passage_id for hit in index.nearest(vector, 4, some)],
            {hit.passage_id for hit in index.matching("oven Brot", 40, some)},
            len(index.matching("oven Brot", 2, some)),
            index.holds_every_word("oven hot", some),
            [hit.passage_id for hit in index.sharing(pieces, 3, some)],
        ]

    usual = answers()
    for module in ("milvus_channels", "milvus_words", "milvus_collection"):
        monkeypatch.setattr(f"index_data.cluster.{module}.{limit}", 2, raising=False)
    assert answers() == usual


def test_a_server_that_is_down_is_told_with_a_remedy() -> None:
    with pytest.raises(IndexProblem, match="cannot be reached") as caught:
        MilvusServer("http://127.0.0.1:1")
    assert "server is up" in caught.value.remedy


def test_a_file_that_another_process_has_open_is_told(index: Index, index_folder: Path) -> None:
    elsewhere = Elsewhere.of(index_folder)
    assert elsewhere is not None
    code = (
        "import sys\nfrom index_data.cluster.milvus_server import MilvusServer\n"
        "from index_data.errors import IndexLocked\n"
        "try:\n    MilvusServer(sys.argv[1])\n"
        "except IndexLocked as error:\n    sys.stdout.write(error.message + error.remedy)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, elsewhere.milvus], cwd=root, capture_output=True, text=True, check=True
    )
    assert "another process" in done.stdout
    assert "milvus_lite server" in done.stdout
    assert done.stderr == ""


def test_a_file_is_let_go_of_by_the_last_one_to_close_it(index: Index, index_folder: Path) -> None:
    elsewhere = Elsewhere.of(index_folder)
    assert elsewhere is not None
    with Index.open(index_folder):
        index.close()
        code = "import sys, milvus_lite\nmilvus_lite.MilvusLite(sys.argv[1])\n"
        other = [sys.executable, "-c", code, elsewhere.milvus]
        assert subprocess.run(other, check=False, capture_output=True).returncode
    assert not subprocess.run(other, check=False, capture_output=True).returncode


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(UsageError) as caught:
        MilvusServer("http://127.0.0.1:1")
    assert "pip install 'dragoman[milvus]'" in caught.value.remedy

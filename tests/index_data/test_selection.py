"""What filters let through, for every channel, before the best are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data import phrases
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, Phrase, SparseVector
from tests.conftest import LetterEmbedder

TEXTS = {
    "/lib/reports/2023/costs.pdf": ("en", "The notice period for costs is one month."),
    "/lib/reports/plan.md": ("en", "A period of notice is planned. The notice was given."),
    "/lib/letters/café.txt": ("fr", "Un café crème, sans préavis."),
    "/lib/letters/größe.txt": ("de", "Die Größe der Tür ist 7.430 mm."),
    "/lib/zh/西湖.txt": ("zh", "我们下周要去杭州看西湖风景。"),
    "/lib/zh/湖西.txt": ("zh", "湖西边有一座山,西边没有湖。"),
    "/lib/th/a.txt": ("th", "ห้องสมุดเปิดทุกวันยกเว้นวันอาทิตย์"),
    "/lib/ko/a.txt": ("ko", "초등학교에서 친구들을 만났습니다."),
    "/lib/ar/a.txt": ("ar", "الْمَكْتَبَةُ مغلقة يوم الجمعة"),
}
"""Every file is a second younger than the one before."""
SECOND = 1_000_000_000
NAMES = [Path(path).name for path in TEXTS]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    embedder = LetterEmbedder()
    made_by = Fingerprint(embedder.model, embedder.fingerprint, embedder.dimension, 512, 64, splitter=1)
    with Index.create_or_open(tmp_path_factory.mktemp("selection") / "index", made_by) as index:
        fill(index, embedder)
        yield index


def fill(index: Index, embedder: Embedder, under: str = "") -> None:
    for number, (path, (language, text)) in enumerate(TEXTS.items()):
        title = f"On {Path(path).stem}, part {number}"
        stamp = FileStamp(len(text), number * SECOND, "0" * 64)
        document = Document(Path(under + path), stamp, Path(path).suffix[1:], title, language)
        vectors = embedder.embed_passages([Window(text, ((0, len(text)),))])
        sparse = [SparseVector(np.array([1], np.int32), np.array([1 + number], np.float32))]
        index.replace(document, [Passage(0, text, 0, len(text), 1, language)], vectors, sparse)
    index.publish()


@pytest.fixture
def anything(vector_of: Callable[[str], NDArray[np.float32]]) -> NDArray[np.float32]:
    return vector_of("")


@pytest.fixture
def let_through(library: Index, anything: NDArray[np.float32]) -> Callable[[Filters], list[str]]:
    """Names of files that the filters let through, the same in each channel."""
    words = "month planned café größe 湖 ทุก 친구 الجمعة"
    piece = SparseVector(np.array([1], np.int32), np.array([1], np.float32))

    def names(filters: Filters) -> list[str]:
        channels = [
            library.nearest(anything, 100, filters),
            library.matching(words, 100, filters),
            library.sharing(piece, 100, filters),
        ]
        ids = {tuple(sorted(found.passage_id for found in channel)) for channel in channels}
        assert len(ids) == 1
        return [stored.document.path.name for stored in library.passages(list(*ids))]

    return names


def phrase(*texts: str) -> tuple[Phrase, ...]:
    return tuple(Phrase(text.removesuffix("*"), open_ended=text.endswith("*")) for text in texts)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters(), NAMES),
        (Filters(languages=("zh", "de")), ["größe.txt", "西湖.txt", "湖西.txt"]),
        (Filters(not_languages=("zh", "en", "ko", "ar")), ["café.txt", "größe.txt", "a.txt"]),
        (Filters(media_types=("pdf", "md")), ["costs.pdf", "plan.md"]),
        (Filters(not_media_types=("txt",)), ["costs.pdf", "plan.md"]),
        (Filters(path_globs=("reports/**",)), ["costs.pdf", "plan.md"]),
        (Filters(path_globs=("reports/*.md", "*/zh/*")), ["plan.md", "西湖.txt", "湖西.txt"]),
        (Filters(not_path_globs=("letters", "??/*", "*.md")), ["costs.pdf"]),
        (Filters(titles=phrase("grosse", "part 1")), ["plan.md", "größe.txt"]),
        (Filters(titles=phrase("cost*"), not_titles=phrase("part 1")), ["costs.pdf"]),
        (Filters(modified_from_ns=7 * SECOND), ["a.txt", "a.txt"]),
        (Filters(modified_before_ns=SECOND), ["costs.pdf"]),
        (Filters(modified_from_ns=SECOND, modified_before_ns=2 * SECOND), ["plan.md"]),
        (Filters(modified_before_ns=10**30, languages=("ar",)), ["a.txt"]),
        (Filters(phrases=phrase("notice")), ["costs.pdf", "plan.md"]),
        (Filters(phrases=phrase("notice period")), ["costs.pdf"]),
        (Filters(phrases=phrase("cafe creme")), ["café.txt"]),
        (Filters(phrases=phrase("café creme")), ["café.txt"]),
        (Filters(phrases=phrase("cafè creme")), []),
        (Filters(phrases=phrase("grosse der tur")), ["größe.txt"]),
        (Filters(phrases=phrase("7430")), ["größe.txt"]),
        (Filters(phrases=phrase("西湖")), ["西湖.txt"]),
        (Filters(phrases=phrase("西")), ["西湖.txt", "湖西.txt"]),
        (Filters(phrases=phrase("看西湖风")), ["西湖.txt"]),
        (Filters(phrases=phrase("ห้องสมุด")), ["a.txt"]),
        (Filters(phrases=phrase("สมุดห้อง")), []),
        (Filters(phrases=phrase("학교에서 친구")), ["a.txt"]),
        (Filters(phrases=phrase("학교에서")), ["a.txt"]),
        (Filters(phrases=phrase("المكتبة مغلقة")), ["a.txt"]),
        (Filters(phrases=phrase("notic*")), ["costs.pdf", "plan.md"]),
        (Filters(phrases=phrase("notice peri*", "cost*")), ["costs.pdf"]),
        (Filters(phrases=phrase("nowhere", "notice")), []),
        (Filters(not_phrases=phrase("西湖", "湖西"), languages=("zh",)), []),
        (Filters(not_phrases=phrase("看西湖"), languages=("zh",)), ["湖西.txt"]),
        (Filters(not_phrases=phrase("notice period"), languages=("en",)), ["plan.md"]),
        (Filters(not_phrases=phrase("notice", "caf*", "grosse", "西", "مغلقة", "학교에서", "ทุกวัน")), []),
        (Filters(languages=("zh",), also=Filters(languages=("de",))), []),
        (Filters(languages=("zh", "en"), also=Filters(phrases=phrase("西湖"))), ["西湖.txt"]),
    ],
)
def test_each_filter_in_each_channel(
    let_through: Callable[[Filters], list[str]], filters: Filters, names: list[str]
) -> None:
    assert let_through(filters) == names


@pytest.mark.parametrize(
    "text", ["x'; DROP TABLE passages; --", 'x" OR "notice', "notice* NOT", "NEAR(notice a, 2)"]
)
def test_a_phrase_is_no_language(let_through: Callable[[Filters], list[str]], text: str) -> None:
    assert let_through(Filters(phrases=(Phrase(text),))) == []
    assert let_through(Filters(not_phrases=(Phrase(text),))) == NAMES
    assert let_through(Filters(languages=(text,), path_globs=(text,), media_types=(text,))) == []


def test_many_conditions_at_once(let_through: Callable[[Filters], list[str]]) -> None:
    several = tuple(Phrase(f"word{number}") for number in range(3_000))
    assert let_through(Filters(not_phrases=several)) == NAMES
    assert let_through(Filters(phrases=several)) == []
    assert let_through(Filters(phrases=(Phrase("the notice " * 2_000),))) == []


@pytest.fixture
def crowded(index: Index, store: Callable[..., list[int]]) -> Index:
    """Three passages with a phrase among a thousand that hold its words elsewhere, and more often."""
    store("/crowd", *[f"period and notice, notice and period {number}" for number in range(1_000)])
    store("/right", *[f"a notice period of {number} months and many other words" for number in range(3)])
    index.publish()
    return index


def test_a_phrase_holds_before_the_best_are_taken(crowded: Index, anything: NDArray[np.float32]) -> None:
    wanted = Filters(phrases=phrase("notice period"))
    for found in (crowded.matching("notice period", 3, wanted), crowded.nearest(anything, 3, wanted)):
        names = {stored.document.path.name for stored in crowded.passages([one.passage_id for one in found])}
        assert len(found) == 3
        assert names == {"right"}
    # The control: without it none of them is among the best.
    unwanted = crowded.passages([one.passage_id for one in crowded.matching("notice period", 3, Filters())])
    assert {stored.document.path.name for stored in unwanted} == {"crowd"}


def read_of(index: Index) -> set[int]:
    assert index._selection._view is not None
    return index._selection._view.read


def test_a_word_reads_no_text(crowded: Index, anything: NDArray[np.float32]) -> None:
    for filters, left in (
        (Filters(not_phrases=phrase("months")), 1_000),
        (Filters(phrases=phrase("mon*")), 3),
    ):
        assert len(crowded.nearest(anything, 1_003, filters)) == left
        assert read_of(crowded) == set()


def test_a_phrase_reads_few_texts_and_none_twice(crowded: Index, anything: NDArray[np.float32]) -> None:
    few = Filters(not_phrases=phrase("many other"))
    assert len(crowded.nearest(anything, 20, few)) == 20
    before = set(read_of(crowded))
    assert 20 <= len(before) < 100
    crowded.nearest(anything, 20, few)
    assert read_of(crowded) == before
    crowded.matching("notice", 20, few)
    assert before < read_of(crowded)
    assert len(read_of(crowded)) < 200


def test_a_change_of_the_index_is_seen(index: Index, letter_embedder: Embedder) -> None:
    wanted = Filters(phrases=phrase("notice period"))
    fill(index, letter_embedder)
    assert len(index.matching("notice", 10, wanted)) == 1
    fill(index, letter_embedder, under="/more")
    assert len(index.matching("notice", 10, wanted)) == 2
    index.remove([Path("/lib/reports/2023/costs.pdf")])
    assert len(index.matching("notice", 10, wanted)) == 1


def test_a_beginning_is_looked_for_by_the_words_too(library: Index) -> None:
    wanted = Filters(phrases=phrase("noti*"))
    assert len(library.matching("noti", 10, wanted)) == 2
    assert library.matching("noti", 10, Filters()) == []
    assert phrases.words_begun(wanted) == ['"noti"*']

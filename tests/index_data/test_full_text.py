from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_data import words
from index_data.index import Index
from index_data.records import Filters, Fingerprint

Store = Callable[..., list[int]]
EVERYTHING = Filters()
TEXTS = {
    "/zh": "他们在北京大学学习语言。",
    "/ja": "駅前の図書館は夜九時まで開いています。",
    "/th": "ห้องสมุดเปิดทุกวันยกเว้นวันอาทิตย์",
    "/ko": "학교에서 친구들을 만났습니다.",
    "/ar": "الْمَكْتَبَةُ مغلقة يوم الجمعة",
    "/de": "Die Größe der Tür ist 7.430 mm.",
    "/el": "Η ΒΙΒΛΙΟΘΗΚΗ είναι κλειστή",
    "/vi": "Thư viện mở cửa lúc tám giờ",
}


@pytest.fixture
def library(index: Index, store: Store) -> Index:
    for path, text in TEXTS.items():
        store(path, text, language=path[1:])
    return index


def paths_matching(index: Index, text: str, filters: Filters = EVERYTHING) -> list[str]:
    found = index.passages([hit.passage_id for hit in index.matching(text, 100, filters)])
    return [str(passage.document.path) for passage in found]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("大学", ["/zh"]),
        ("京", ["/zh"]),
        ("学京", []),
        ("図書館", ["/ja"]),
        ("ห้องสมุด", ["/th"]),
        ("학교", ["/ko"]),
        ("친구", ["/ko"]),
        ("المكتبة", ["/ar"]),
        ("grosse", ["/de"]),
        ("GRÖSSE", ["/de"]),
        ("tur", ["/de"]),
        ("türe", []),
        ("7430", ["/de"]),
        ("βιβλιοθηκη", ["/el"]),
        ("thu vien", ["/vi"]),
        ("nowhere", []),
    ],
)
def test_words_are_found_in_their_script(library: Index, text: str, paths: list[str]) -> None:
    assert paths_matching(library, text) == paths


@pytest.mark.parametrize(
    "text",
    [
        *('"', '""', "'", "*", "(", "\\", "", " ", "\x00", "\ud800"),
        *("AND", "NOT", "OR OR", "a AND", "a)", "a*", "^a", "-a", "C++", "a\x00b", "{a b}: c"),
        *("col:x", "words:x", "NEAR(", "NEAR(a b, 2)", "'; DROP TABLE passages"),
    ],
)
def test_no_query_is_a_syntax_error(library: Index, text: str) -> None:
    assert paths_matching(library, text) == []
    assert paths_matching(library, f"{text} 大学") == ["/zh"]


def test_a_query_may_be_a_whole_page(library: Index) -> None:
    assert paths_matching(library, "大学 " + " ".join(f"word{number}" for number in range(10_000))) == ["/zh"]


def test_rare_words_count_more_and_scores_are_above_zero(index: Index, store: Store) -> None:
    store("/often", *["common word"] * 8)
    rare = store("/rare", "common zebra")
    hits = index.matching("common zebra", 100, EVERYTHING)
    assert hits[0].passage_id == rare[0]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert min(hit.score for hit in hits) > 0
    assert len(index.matching("common", 3, EVERYTHING)) == 3
    assert index.matching("common", 0, EVERYTHING) == []


def test_a_filter_works_inside_the_search(index: Index, store: Store) -> None:
    store("/en", *["apple apple apple"] * 9)
    store("/fr", "apple and a great many other words", language="fr")
    wanted = Filters(languages=("fr",))
    assert paths_matching(index, "apple", wanted) == ["/fr"]
    assert len(index.matching("apple", 1, wanted)) == 1
    # The control: the best hit is not one that the filter lets through.
    assert index.matching("apple", 1, EVERYTHING) != index.matching("apple", 1, wanted)
    assert paths_matching(index, "apple", Filters(languages=("xx",))) == []


def test_taking_out_leaves_no_word_behind(library: Index, store: Store) -> None:
    for path in TEXTS:
        store(path, "other words")
    assert [paths_matching(library, text) for text in TEXTS.values()] == [[]] * len(TEXTS)
    assert paths_matching(library, "other") == list(TEXTS)


def test_new_rules_rebuild_the_rows(
    index_folder: Path, fingerprint: Fingerprint, library: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.close()
    monkeypatch.setattr(words, "VERSION", words.VERSION + 1)
    monkeypatch.setattr(words, "words", lambda text: [letter for letter in "abc" if letter in text])
    with Index.create_or_open(index_folder, fingerprint) as index:
        assert paths_matching(index, "b") == [path for path, text in TEXTS.items() if "b" in text]
        index.remove(map(Path, TEXTS))
        assert paths_matching(index, "a b c") == []

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_data import full_text, words
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
        ("βιβλιοθηκεσ", ["/el"]),
        ("مكتبات", ["/ar"]),
        ("Türen", []),
        ("tuer", ["/de"]),
        ("kleine Grosse", ["/de"]),
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


def test_a_beginning_ranks_what_was_found_and_finds_nothing(index: Index, store: Store) -> None:
    store("/near", "the universe of universities")
    store("/far", "the universe of other things")
    store("/other", "universities")
    assert paths_matching(index, "universe") == ["/near", "/far"]


def test_stop_words_rank_a_little_and_find_nothing(index: Index, store: Store) -> None:
    store("/only", "what is the use of that for you")
    store("/telling", "willow willow something else that stands here")
    store("/both", "what is the use of a willow")
    assert paths_matching(index, "what is the use of a willow tree for?") == ["/both", "/telling"]
    assert paths_matching(index, "what is the of for?") == ["/only", "/both"]


@pytest.mark.parametrize(("most", "found"), [(4, 15), (20, 15), (100, 45)])
def test_frequent_words_are_left_out_only_where_enough_is_found(
    index: Index, store: Store, monkeypatch: pytest.MonkeyPatch, most: int, found: int
) -> None:
    monkeypatch.setattr(full_text, "_MOST_VISITS", most)
    store("/frequent", *["river"] * 30)
    store("/rare", *["zebra river"] * 4)
    store("/middle", *["canyon"] * 11)
    paths = paths_matching(index, "river canyon zebra")
    assert paths[:4] == ["/rare"] * 4
    assert len(paths) == found
    assert len(paths_matching(index, "river")) == 34
    assert paths_matching(index, "river zebra", Filters(path_globs=("/freq*",))) == ["/frequent"] * 30


def test_of_two_frequent_words_the_rarer_is_looked_up(
    index: Index, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_text, "_MOST_VISITS", 4)
    monkeypatch.setattr(full_text, "_COUNTED", 4)
    monkeypatch.setattr(full_text, "_ENOUGH", 5)
    for number in range(12):
        store(f"/{number}", "river", "delta" if number % 2 else "other")
    hits = index.passages([hit.passage_id for hit in index.matching("river delta", 100, EVERYTHING)])
    assert [passage.passage.text for passage in hits] == ["delta"] * 6


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

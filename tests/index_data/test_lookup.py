"""The rarer questions to an index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from index_data.full_text import WordUse
from index_data.index import Index
from index_data.records import Filters

Store = Callable[..., list[int]]


def test_the_passages_of_a_path(index: Index, store: Store) -> None:
    store("/a", "one")
    ids = store("/b", "two", "three")
    assert index.lookup.passages_of(Path("/b")) == ids
    assert index.lookup.passages_of(Path("/c")) == []
    index.remove([Path("/b")])
    assert index.lookup.passages_of(Path("/b")) == []


def test_what_a_filter_lets_through(index: Index, store: Store) -> None:
    [english] = store("/a", "one")
    [german] = store("/b", "zwei", language="de", media_type="md")
    both = [english, german]
    assert index.lookup.let_through(both, Filters()) == both
    assert index.lookup.let_through(both, Filters(languages=("de",))) == [german]
    assert index.lookup.let_through(both, Filters(path_globs=("/a",), media_types=("md",))) == []
    assert index.lookup.let_through([], Filters(languages=("de",))) == []


def test_who_has_which_word(index: Index, store: Store) -> None:
    first, second = store("/a", "red apple, red pear", "green pear")
    [other] = store("/b", "pear café")
    assert index.lookup.word_uses("red Pear cafe zebra", [second, other]) == [
        WordUse("red", 1, ()),
        WordUse("pear", 3, (second, other)),
        WordUse("cafe", 1, (other,)),
        WordUse("zebra", 0, ()),
    ]
    assert index.lookup.word_uses('" OR NEAR(', [first]) == [WordUse("or", 0, ()), WordUse("near", 0, ())]
    assert index.lookup.word_uses("", [first]) == []

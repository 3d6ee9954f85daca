"""What is asked for which passage."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from encoder.tuning.pairs import body_of, pairs_of
from index_data.records import StoredPassage

MakeStored = Callable[..., StoredPassage]
KNEADED = "It has to be kneaded for ten minutes."
RESTED = "Then it must rest in a warm place for an hour at the least."
BREAD = f"# Bread\n\n## The dough\n\nFlour, water and salt make the dough. {KNEADED} {RESTED}"


def test_headings_are_no_part_of_what_they_ask_for(stored: MakeStored) -> None:
    passage = stored(1, "bread.md", BREAD, "Bread", "The dough")
    assert body_of(passage).startswith("Flour, water")
    assert body_of(stored(1, "bread.md", "Bread\n", "Bread")) == "Bread"


def test_a_heading_that_says_little_is_told_with_the_one_above(stored: MakeStored) -> None:
    passages = [
        stored(1, "bread.md", BREAD, "Bread", "The dough"),
        stored(2, "bread.md", "More of the dough.", "Bread", "The dough"),
        stored(3, "bread.md", "Bake it for long.", "Bread", "How long it bakes"),
    ]
    asked = {pair.query: pair for pair in pairs_of(passages, Random(0), sentences=0)}
    assert set(asked) == {"Bread: The dough", "How long it bakes"}
    assert asked["Bread: The dough"].passage_id == 1
    assert asked["Bread: The dough"].right == {1, 2}


def test_a_title_asks_for_its_document_unless_it_is_the_name_of_the_file(stored: MakeStored) -> None:
    named = [stored(1, "bread-of-old.md", BREAD)]
    titled = [stored(number, "b.md", BREAD, title="All about bread") for number in (1, 2)]
    assert pairs_of(named, Random(0), sentences=0) == []
    [pair] = pairs_of(titled, Random(0), sentences=0)
    assert (pair.query, pair.right) == ("All about bread", frozenset({1, 2}))


def test_a_title_of_a_long_document_asks_nothing(stored: MakeStored) -> None:
    for count, pairs in ((50, 2), (51, 0)):
        passages = [
            stored(number, "b.md", BREAD, "All of it", title="All about bread") for number in range(count)
        ]
        assert len(pairs_of(passages, Random(0), sentences=0)) == pairs


def test_a_sentence_asks_for_the_rest_of_its_passage(stored: MakeStored) -> None:
    pairs = pairs_of([stored(7, "bread.md", BREAD, "Bread", "The dough")], Random(0), sentences=9)[1:]
    rests = {pair.query: pair.text for pair in pairs}
    assert rests == {
        "Flour, water and salt make the dough.": f"{KNEADED} {RESTED}",
        KNEADED: f"Flour, water and salt make the dough. {RESTED}",
        RESTED: f"Flour, water and salt make the dough. {KNEADED}",
    }
    assert {pair.right for pair in pairs} == {frozenset({7})}


def test_short_sentences_and_short_passages_ask_nothing(stored: MakeStored) -> None:
    assert (
        pairs_of([stored(1, "a.md", "Yes. No. So it is said by all of them here.")], Random(0), sentences=2)
        == []
    )


def test_hostile_text_is_text(stored: MakeStored) -> None:
    text = "\x00\udc80 said the sign that stands there. " * 3
    [pair] = pairs_of([stored(1, "a.md", text)], Random(0), sentences=1)
    assert "\x00" in pair.query
    assert pairs_of([stored(1, "a.md", "")], Random(0), sentences=1) == []


def test_scripts_without_spaces_have_sentences(stored: MakeStored) -> None:
    text = "面包需要面粉、水和盐。面团要在温暖的地方发酵一个小时。然后放进烤箱里烤到变黄。"
    pairs = pairs_of([stored(1, "a.md", text)], Random(0), sentences=3)
    assert "面团要在温暖的地方发酵一个小时。" in {pair.query for pair in pairs}

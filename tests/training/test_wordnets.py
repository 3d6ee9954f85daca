"""Synsets of WordNet and of its sisters, on files of a few lines."""

from pathlib import Path

import pytest

from training.pairs import Pair
from training.sources.wordnets import definition, examples, lemmas_by_synset, synsets, wordnet_pairs

NOUNS = """  1 This software and database is being provided to you | under a licence
02084071 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 001 @ 02083346 n 0000 | a member of the genus \
Canis; barks; "the dog barked all night"; "good dog"
"""
ADJECTIVES = """00001740 00 s 01 able(p) 0 000 | having means; "able to swim very well"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make a WordNet of one noun and one satellite adjective."""
    folder = tmp_path / "usr/share/wordnet"
    folder.mkdir(parents=True)
    for name, text in (("noun", NOUNS), ("adj", ADJECTIVES), ("verb", ""), ("adv", "")):
        (folder / f"data.{name}").write_text(text, encoding="utf-8")
    return tmp_path


def test_english_synsets(tree: Path) -> None:
    """Underscores are blanks, markers of position go, the licence is no synset."""
    (noun, adjective) = synsets(tree)
    assert noun[:2] == ("02084071-n", ["dog", "domestic dog", "Canis familiaris"])
    assert adjective == ("00001740-a", ["able"], 'having means; "able to swim very well"')


def test_glosses_and_examples(tree: Path) -> None:
    """A definition ends where the examples begin; an example has at least three words."""
    assert definition('a member; barks; "it barked"') == "a member; barks"
    assert list(examples(tree)) == ["the dog barked all night", "able to swim very well"]


def test_sisters_are_linked_by_synset(tree: Path) -> None:
    """At most two lemmas a side, satellites as adjectives, unknown synsets and other relations left out."""
    clone = tree / "clone"
    path = clone / "wns/mcr/wn-data-spa.tab"
    path.parent.mkdir(parents=True)
    rows = [
        "# Spanish\tspa\thttps://example.org\tCC BY 3.0",
        "02084071-n\tspa:lemma\tcan",
        "02084071-n\tspa:lemma\tperro_doméstico",
        "02084071-n\tspa:lemma\tperro",
        "02084071-n\tspa:def\t0\tanimal",
        "00001740-s\tlemma\tcapaz",
        "99999999-n\tspa:lemma\tnada",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    assert list(wordnet_pairs(tree, clone)) == [
        (
            Pair("en", "es", "dog, domestic dog", "can, perro doméstico"),
            Pair("en", "es", "a member of the genus Canis; barks", "can, perro doméstico"),
        ),
        (Pair("en", "es", "able", "capaz"), Pair("en", "es", "having means", "capaz")),
    ]


def test_lemmas_are_spelt_as_in_text(tmp_path: Path) -> None:
    """Vowel points, roots, gaps and marks of word division go; each lemma counts once."""
    path = tmp_path / "wn-data-arb.tab"
    rows = [
        "1-n\tarb:lemma\tظلْماء",
        "1-n\tarb:lemma\tظلماء",
        "1-n\tarb:lemma:root\tظلم",
        "2-n\tita:lemma\tGAP!",
    ]
    path.write_text("\n".join([*rows, "3-v\tcmn:lemma\t能+的"]), encoding="utf-8")
    assert lemmas_by_synset(path) == {"1-n": ["ظلماء"], "3-v": ["能的"]}

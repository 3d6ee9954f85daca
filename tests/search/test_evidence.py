"""The sentence that is shown is the one that answers."""

from __future__ import annotations

from encoder.interface import Embedder
from search.evidence import answering_sentences, matching_sentence

PASSAGE = "Rain fell all night. Der Zug fährt um neun Uhr ab. 我们去看西湖。"


def test_the_nearest_sentence_of_each_passage(letter_embedder: Embedder) -> None:
    [query] = letter_embedder.embed_queries(["Zug fährt ab um neun Uhr"])
    spans = answering_sentences(query, [PASSAGE, "One only."], letter_embedder)
    assert PASSAGE[slice(*spans[0])].strip() == "Der Zug fährt um neun Uhr ab."
    assert spans[1] == (0, len("One only."))


def test_the_sentence_with_most_words_in_common() -> None:
    assert PASSAGE[slice(*matching_sentence("西湖", PASSAGE))] == "我们去看西湖。"
    assert PASSAGE[slice(*matching_sentence("nothing shared", PASSAGE))].strip() == "Rain fell all night."


def test_no_passages_give_no_sentences(letter_embedder: Embedder) -> None:
    [query] = letter_embedder.embed_queries(["anything"])
    assert answering_sentences(query, [], letter_embedder) == []

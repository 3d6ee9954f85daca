"""The best span is found by sums, in short passages and in long ones."""

from __future__ import annotations

import numpy as np
import pytest

from encoder.interface import PoolingEmbedder
from search.answering_spans import LONGEST, best_span, candidate_spans, sentences, span_cosines

FILLER = "Rain fell on the hills. The river rose all night. "


def shown(text: str, question: str, embedder: PoolingEmbedder) -> str:
    [query] = embedder.embed_queries([question])
    [states] = embedder.token_states([text])
    tokens = embedder.token_vectors([question])[0]
    return text[slice(*best_span(text, states, query, tokens, embedder))].strip()


def test_sentences_tile_a_text() -> None:
    text = "One. Two!\n\nThree 我们去。西湖"
    assert [text[slice(*span)] for span in sentences(text)] == ["One. ", "Two!\n\n", "Three 我们去。", "西湖"]
    assert sentences("") == ((0, 0),)


def test_candidates_are_up_to_three_sentences_of_one_paragraph() -> None:
    text = "Air blew. Cats did. Ella fell. Gold hid.\n\nInk jams."
    tiles = sentences(text)
    spans = [text[tiles[first][0] : tiles[last][1]] for first, last in candidate_spans(text, tiles)]
    assert len(spans) == 5 + 3 + 2
    assert max(span.count(".") for span in spans) == LONGEST
    assert not any("\n\nInk" in span for span in spans)


def test_a_sentence_far_inside_a_long_passage_is_found(letter_embedder: PoolingEmbedder) -> None:
    text = FILLER * 150 + "\n\nDer Zug fährt um neun Uhr ab.\n\n" + FILLER * 150
    assert len(letter_embedder.token_spans(text)) > 2_500
    assert shown(text, "Zug fährt um neun Uhr ab", letter_embedder) == "Der Zug fährt um neun Uhr ab."


def test_what_two_sentences_say_together_is_shown_together(letter_embedder: PoolingEmbedder) -> None:
    text = "Bbbb bbbb. Zzzz zzzz. Qqqq qqqq. Mmmm mmmm."
    assert shown(text, "zzzz qqqq", letter_embedder) == "Zzzz zzzz. Qqqq qqqq."
    assert shown(text, "zzzz", letter_embedder) == "Zzzz zzzz."


def test_sums_give_the_cosines_of_stretches_as_if_each_were_pooled(letter_embedder: PoolingEmbedder) -> None:
    [query] = letter_embedder.embed_queries(["all night"])
    [states] = letter_embedder.token_states([FILLER * 3])
    edges = np.array([0, 3, 3, 5, len(states.states)])
    found = span_cosines(states, query, edges, [(0, 0), (0, 2), (2, 3), (1, 1)], letter_embedder)
    means = np.array([states.states[slice(*one)].mean(axis=0) for one in ((0, 3), (0, 5), (3, edges[-1]))])
    assert found[:3] == pytest.approx(letter_embedder.pooled_vectors(means) @ query, abs=1e-5)
    assert found[3] == -1


def test_a_sentence_without_a_token_is_no_answer(letter_embedder: PoolingEmbedder) -> None:
    assert shown("… !\n\nThe train.", "?", letter_embedder) == "The train."

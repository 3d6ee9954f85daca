"""Words are paired where they stand out, and nowhere by chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.checkpoint import BUILTIN, resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import PoolingEmbedder
from search.evidence import explained
from search.pace import Pace
from search.read_words import ReadWords, read_words
from search.word_pairs import CHANCE, mutual_best, threshold, word_pairs

GENERATOR = np.random.default_rng(7)


def made_up(vectors: NDArray[np.float64], form: str = "w") -> ReadWords:
    """Words of one character each, all telling, of which none has another's form unless `form` says so."""
    count = len(vectors)
    spans = np.stack([np.arange(count) * 2, np.arange(count) * 2 + 1], axis=1)
    unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    forms = tuple(frozenset({f"{form}{number}"}) for number in range(count))
    return ReadWords(spans, np.arange(count), np.ones(count, bool), forms, unit)


def test_a_word_that_stands_out_is_paired_and_noise_is_not() -> None:
    asked = GENERATOR.normal(size=(6, 32))
    noise, other = GENERATOR.normal(size=(2, 40, 32))
    answer = np.concatenate([noise, asked[2:3] + 0.1 * GENERATOR.normal(size=(1, 32))])
    found, nothing = word_pairs(made_up(asked), [made_up(answer, "a"), made_up(other, "b")])
    assert [(pair.query, pair.passage) for pair in found] == [((4, 5), (80, 81))]
    assert found[0].similarity > 0.9
    assert nothing == ()


def test_noise_is_paired_as_rarely_as_is_said() -> None:
    passages = [made_up(GENERATOR.normal(size=(100, 32)), f"{number}-") for number in range(20)]
    asked = made_up(GENERATOR.normal(size=(10, 32)), "q")
    paired = sum(map(len, word_pairs(asked, passages)))
    assert paired <= 3 * CHANCE * 10 * len(passages)
    assert sum(len(mutual_best(asked.vectors @ words.vectors.T)) for words in passages) > 100


def test_the_threshold_rises_with_the_length_of_the_passage() -> None:
    assert threshold(1) == pytest.approx(2.326, abs=1e-3)
    assert threshold(10) < threshold(100) < threshold(10_000)


def test_each_is_the_others_best() -> None:
    scores = np.array([[0.9, 0.8], [0.95, 0.1]], np.float32)
    assert mutual_best(scores) == [(1, 0)]
    assert mutual_best(np.empty((0, 3), np.float32)) == []


def test_the_same_word_is_paired_however_small_the_background(letter_embedder: PoolingEmbedder) -> None:
    texts = ["Zug tea", "Zug"]
    question, passage = (
        read_words(text, states, letter_embedder)
        for text, states in zip(texts, letter_embedder.token_states(texts), strict=True)
    )
    [[pair]] = word_pairs(question, [passage])
    assert (pair.query, pair.passage) == ((0, 3), (0, 3))


def test_stop_words_are_not_asked(letter_embedder: PoolingEmbedder) -> None:
    text = "what is the train for"
    [states] = letter_embedder.token_states([text])
    read = read_words(text, states, letter_embedder)
    assert [text[slice(*span)] for span in read.spans[read.telling].tolist()] == ["train"]


def test_words_answer_words_of_other_languages() -> None:
    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu", NumberFormat.FLOAT32))
    question = "The red car stands in front of the school."
    passages = [
        "Das rote Auto steht vor der Schule.",
        "红色的汽车停在学校门口。",
        "รถสีแดงจอดอยู่หน้าโรงเรียน",
        "Le pain est cuit dans un four très chaud pendant une heure. Il faut trois jours pour le préparer.",
        "Glaciers melt faster when summers are warmer. Rivers carry the water to the sea.",
        "El tren sale a las nueve de la mañana y llega por la tarde a la costa del norte.",
        "Курица несёт яйца каждый день, если ей хватает зерна, воды и света.",
    ]
    [vector] = embedder.embed_queries([question])
    explanations = explained(question, vector, passages, embedder, Pace(), math.inf)
    found = [
        {(question[slice(*pair.query)], passage[slice(*pair.passage)]) for pair in why.pairs}
        for passage, (_, why) in zip(passages, explanations, strict=True)
    ]
    assert {("car", "Auto"), ("school", "Schule")} <= found[0]
    assert any(asked == "school" and "学校" in answer for asked, answer in found[1])
    assert any(asked == "red" and "แดง" in answer for asked, answer in found[2])
    assert not any(found[3:])

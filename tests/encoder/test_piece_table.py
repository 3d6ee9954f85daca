"""What pieces mean wherever they stand, against the network's own static half."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from encoder.checkpoint import BUILTIN, resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import PieceEmbedder, QuickReranker
from encoder.piece_table import PieceTable
from encoder.reranker import MaxSimReranker
from encoder.token_sequences import TokenSequencer

QUERY = "How long does the bread rest?"
PASSAGES = ["Der Teig ruht eine Nacht.", "", "The bread rests overnight, then it is baked.", "面包要放一夜"]
CONTEXTUAL = 384


@pytest.fixture(scope="module")
def embedder() -> TransformerEmbedder:
    return TransformerEmbedder(resolve(BUILTIN), place("cpu", NumberFormat.FLOAT32))


def static_half(embedder: TransformerEmbedder, text: str) -> NDArray[np.float32]:
    """Take the static vectors from the network: float32 (T, S)."""
    return embedder.token_states([text])[0].states[:, CONTEXTUAL:]


def test_scores_are_maxsim_over_the_static_half(embedder: TransformerEmbedder) -> None:
    assert embedder.pieces is not None
    scores = embedder.pieces.max_sims(QUERY, PASSAGES)
    asked = static_half(embedder, QUERY)
    lengths = np.linalg.norm(asked, axis=1)
    for score, passage in zip(scores, PASSAGES, strict=True):
        tokens = static_half(embedder, passage)
        tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
        best = (asked @ tokens.T).max(axis=1) if len(tokens) else np.zeros(len(asked))
        assert score == pytest.approx(best.sum() / lengths.sum(), abs=1e-4)
    assert scores[2] > scores[0] > scores[1] == 0


def test_function_words_weigh_less(embedder: TransformerEmbedder) -> None:
    assert embedder.pieces is not None
    tokens = [QUERY[start:end] for start, end in embedder.token_spans(QUERY)]
    weights = dict(zip(tokens, embedder.pieces.weights(QUERY), strict=True))
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["bread"] > 2 * weights["the"]


@pytest.mark.parametrize(("query", "passages"), [("", PASSAGES), (QUERY, []), ("", [])])
def test_nothing_asked_or_answered_is_zero(
    embedder: TransformerEmbedder, query: str, passages: list[str]
) -> None:
    assert embedder.pieces is not None
    assert embedder.pieces.max_sims(query, passages).tolist() == [0] * len(passages)
    assert len(embedder.pieces.weights("")) == 0


def test_a_table_in_floats_is_read_too(embedder: TransformerEmbedder, tmp_path: Path) -> None:
    builtin = resolve(BUILTIN)
    [file] = builtin.weights
    stored = load_file(file)
    name = "static_embeddings.weight"
    save_file(
        {name: (stored[name] * stored[f"{name}_scale"][:, None]).to(torch.float16)},
        tmp_path / "model.safetensors",
    )
    for part in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / part).write_bytes((builtin.folder / part).read_bytes())
    table = PieceTable(resolve(str(tmp_path)), TokenSequencer(tmp_path / "tokenizer.json"))
    assert embedder.pieces is not None
    np.testing.assert_allclose(
        table.max_sims(QUERY, PASSAGES), embedder.pieces.max_sims(QUERY, PASSAGES), atol=1e-3
    )


def test_the_reranker_guesses_by_it_and_weighs_by_it(embedder: TransformerEmbedder) -> None:
    reranker = MaxSimReranker(embedder)
    assert isinstance(embedder, PieceEmbedder)
    assert isinstance(reranker, QuickReranker)
    assert reranker.guesses
    quick, thorough = reranker.quick_scores(QUERY, PASSAGES), reranker.scores(QUERY, PASSAGES)
    assert quick.argmax() == thorough.argmax() == 2
    assert thorough.tolist() == pytest.approx(reranker.scores(f"{QUERY}", PASSAGES).tolist())


def test_an_encoder_without_pieces_has_no_guess(gemma_folder: Path) -> None:
    embedder = TransformerEmbedder(resolve(str(gemma_folder)), place("cpu", NumberFormat.FLOAT32))
    assert embedder.pieces is None
    reranker = MaxSimReranker(embedder)
    assert not reranker.guesses
    assert not reranker.quick_scores(QUERY, PASSAGES).any()
    assert reranker.scores(QUERY, PASSAGES).shape == (4,)


def test_a_passage_is_read_once_and_a_query_is_no_passage(embedder: TransformerEmbedder) -> None:
    [first] = embedder.token_states(["The river rose."])
    [again, other] = embedder.token_states(["The river rose.", "It fell."])
    assert again is first
    assert other is not first
    assert embedder.token_states(["The river rose."], query=True)[0] is not first
    assert first.states.base is None

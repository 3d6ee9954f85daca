"""BGE-M3's three ways of comparing texts, against numbers of FlagEmbedding 1.4.2 (`m3_golden.json`).

The numbers were made once, outside this repository: `checkpoint` below wrote its folder; FlagEmbedding's
`M3Embedder(folder, use_fp16=False, devices="cpu")` encoded QUERIES and PASSAGES and computed the scores of
all their pairs, under PyTorch 2.13 and transformers 5.23. The weights come from the raw stream of a PCG64
generator, which NumPy promises never to change.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.random import PCG64
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import XLMRobertaConfig, XLMRobertaModel

from encoder.checkpoint import resolve
from encoder.device import NumberFormat, place
from encoder.interface import SparseEmbedder, TokenEmbedder, Window
from encoder.m3 import M3Embedder, M3Reranker, sparse_vector
from encoder.reranker import max_sim
from index_data.errors import EncoderUnavailable
from index_data.records import SparseVector

SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["the", "a", "river", "froze", "in", "winter", "children", "skated", "to", "bridge"]
WORDS += ["baker", "opens", "his", "shop", "at", "five", "every", "day"]
QUERIES = ["the river froze", "baker xylophone shop shop"]
PASSAGES = [
    "in winter the river froze the children skated to the bridge",
    "a baker opens his shop at five",
    "xylophone",
]
WIDTH = 16


def checkpoint(folder: Path) -> Path:
    """Write a tiny random BGE-M3 in its published layout."""
    folder.mkdir()
    config = XLMRobertaConfig(
        vocab_size=len(SPECIALS) + len(WORDS),
        hidden_size=WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=34,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        architectures=["XLMRobertaModel"],
    )
    bits = PCG64(56)
    shapes = {name: tensor.shape for name, tensor in XLMRobertaModel(config, False).state_dict().items()}
    state = {name: _random(bits, *shape) for name, shape in sorted(shapes.items())}
    state |= {name: 1 + tensor for name, tensor in state.items() if name.endswith("LayerNorm.weight")}
    save_file(state, folder / "model.safetensors")
    for name, outputs in (("colbert_linear", WIDTH), ("sparse_linear", 1)):
        head = {"weight": _random(bits, outputs, WIDTH), "bias": _random(bits, outputs)}
        torch.save(head, folder / f"{name}.pt")
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    _tokenizer().save(str(folder / "tokenizer.json"))
    named = {"cls_token": "<s>", "bos_token": "<s>", "eos_token": "</s>", "sep_token": "</s>"}
    named |= {"pad_token": "<pad>", "unk_token": "<unk>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(json.dumps(named))
    steps = ["Transformer", "Pooling", "Normalize"]
    modules = [
        {
            "idx": n,
            "name": str(n),
            "path": f"{n}_{step}" if n else "",
            "type": f"sentence_transformers.models.{step}",
        }
        for n, step in enumerate(steps)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    pooling = {
        "word_embedding_dimension": WIDTH,
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": False,
    }
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def _random(bits: PCG64, *shape: int) -> torch.Tensor:
    """Numbers around zero, exact in float32; matrices wide enough to tell texts apart."""
    raw = bits.random_raw(int(np.prod(shape))) >> np.uint64(40)
    spread = 0.5 if len(shape) == 1 else 2.0
    return torch.from_numpy(((raw / 2**24 - 0.5) * spread).astype(np.float32).reshape(shape))


def _tokenizer() -> Tokenizer:
    pieces = {piece: number for number, piece in enumerate([*SPECIALS, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(Path(__file__).with_name("m3_golden.json").read_text())
    return parsed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoint(tmp_path_factory.mktemp("models") / "bge-m3")


@pytest.fixture(scope="module")
def embedder(folder: Path) -> M3Embedder:
    return M3Embedder(resolve(str(folder)), place("cpu", NumberFormat.FLOAT32))


def _one_by_one(texts: Sequence[str]) -> list[Window]:
    return [Window(text, ((0, len(text)),)) for text in texts]


def _as_dict(sparse: SparseVector) -> dict[str, float]:
    return {str(piece): float(weight) for piece, weight in zip(sparse.pieces, sparse.weights, strict=True)}


def _shared(query: SparseVector, passage: SparseVector) -> float:
    weights = _as_dict(passage)
    return sum(weight * weights.get(piece, 0.0) for piece, weight in _as_dict(query).items())


def test_it_is_all_that_the_protocols_ask_for(embedder: M3Embedder) -> None:
    assert isinstance(embedder, SparseEmbedder)
    assert isinstance(embedder, TokenEmbedder)


def test_dense_vectors_equal_the_reference(embedder: M3Embedder, golden: dict[str, Any]) -> None:
    for vectors, expected in (
        (embedder.embed_queries(QUERIES), golden["queries"]),
        (embedder.embed_passages(_one_by_one(PASSAGES)), golden["passages"]),
    ):
        np.testing.assert_allclose(vectors, [text["dense"] for text in expected], atol=1e-5)


def test_sparse_vectors_equal_the_reference(embedder: M3Embedder, golden: dict[str, Any]) -> None:
    _, passages = embedder.embed_passages_with_sparse(_one_by_one(PASSAGES))
    found = [_as_dict(sparse) for sparse in [*embedder.sparse_queries(QUERIES), *passages]]
    for ours, expected in zip(found, golden["queries"] + golden["passages"], strict=True):
        assert ours == pytest.approx(expected["sparse"], abs=1e-4)


def test_multi_vectors_equal_the_reference(embedder: M3Embedder, golden: dict[str, Any]) -> None:
    vectors = embedder.multi_vectors(QUERIES + PASSAGES)
    for ours, expected in zip(vectors, golden["queries"] + golden["passages"], strict=True):
        np.testing.assert_allclose(ours, expected["tokens"], atol=1e-5)


def test_scores_equal_the_reference(embedder: M3Embedder, golden: dict[str, Any]) -> None:
    dense, sparse = embedder.embed_passages_with_sparse(_one_by_one(PASSAGES))
    np.testing.assert_allclose(
        embedder.embed_queries(QUERIES) @ dense.T, golden["scores"]["dense"], atol=1e-5
    )
    ours = [[_shared(query, passage) for passage in sparse] for query in embedder.sparse_queries(QUERIES)]
    np.testing.assert_allclose(ours, golden["scores"]["sparse"], atol=1e-4)
    reranker = M3Reranker(embedder)
    ours = [reranker.scores(query, PASSAGES).tolist() for query in QUERIES]
    np.testing.assert_allclose(ours, golden["scores"]["colbert"], atol=1e-5)


def test_the_control_a_score_without_the_end_of_the_query_differs(
    embedder: M3Embedder, golden: dict[str, Any]
) -> None:
    [query], passages = embedder.token_vectors(QUERIES[:1], query=True), embedder.token_vectors(PASSAGES)
    without = [max_sim(query, passage) for passage in passages]
    assert not np.allclose(without, golden["scores"]["colbert"][0], atol=1e-3)


def test_one_pass_gives_the_same_dense_vectors(embedder: M3Embedder) -> None:
    windows = [Window(" ".join(PASSAGES[:2]), ((0, len(PASSAGES[0])), (len(PASSAGES[0]) + 1, 90)))]
    both, sparse = embedder.embed_passages_with_sparse(windows)
    np.testing.assert_array_equal(both, embedder.embed_passages(windows))
    apart, sparse_apart = embedder.embed_passages_with_sparse(_one_by_one(PASSAGES[:2]))
    np.testing.assert_allclose(both, apart, atol=1e-5)
    assert [_as_dict(one) for one in sparse] == [
        pytest.approx(_as_dict(one), abs=1e-5) for one in sparse_apart
    ]


def test_token_vectors_stand_where_the_spans_say(embedder: M3Embedder) -> None:
    [vectors], [whole] = embedder.token_vectors(PASSAGES[:1]), embedder.multi_vectors(PASSAGES[:1])
    assert len(vectors) == len(embedder.token_spans(PASSAGES[0])) == len(whole) - 1
    np.testing.assert_array_equal(vectors, whole[:-1])


def test_a_text_longer_than_the_window_is_weighed_whole(embedder: M3Embedder) -> None:
    long = " ".join(["the river froze"] * 20 + ["baker opens his shop"] * 20)
    dense, [sparse] = embedder.embed_passages_with_sparse(_one_by_one([long]))
    np.testing.assert_allclose(np.linalg.norm(dense, axis=1), 1, atol=1e-5)
    [vectors] = embedder.token_vectors([long])
    assert len(vectors) == 140
    parts = [long.split()[start : start + embedder.max_window_tokens] for start in range(0, 140, 30)]
    _, apart = embedder.embed_passages_with_sparse(_one_by_one([" ".join(part) for part in parts]))
    expected: dict[str, float] = {}
    for part in apart:
        expected |= {p: max(w, expected.get(p, 0.0)) for p, w in _as_dict(part).items()}
    assert _as_dict(sparse) == pytest.approx(expected, abs=1e-4)
    assert expected.keys() > {"14", "17"}  # of the last part


def test_texts_without_words_have_empty_sparse_vectors(embedder: M3Embedder) -> None:
    _, passages = embedder.embed_passages_with_sparse([Window("", ((0, 0),)), Window(" \n ", ((0, 3),))])
    assert [len(sparse.pieces) for sparse in [*passages, *embedder.sparse_queries([""])]] == [0, 0, 0]
    assert [vectors.shape for vectors in embedder.token_vectors([""])] == [(0, WIDTH)]


def test_a_piece_weighs_as_much_as_its_heaviest_token() -> None:
    ids, weights = np.array([0, 9, 5, 9, 7, 2]), np.array([4, 1, 2, 3, 0, 4], dtype=np.float32)
    sparse = sparse_vector(ids, weights, [0, 2])
    assert (sparse.pieces.tolist(), sparse.weights.tolist()) == ([5, 9], [2.0, 3.0])
    assert sparse.pieces.dtype == np.int32
    assert sparse.weights.dtype == np.float32


def test_a_folder_without_the_heads_is_a_dense_encoder_only(folder: Path, tmp_path: Path) -> None:
    assert M3Embedder.fits(resolve(str(folder)))
    plain = Path(shutil.copytree(folder, tmp_path / "plain", ignore=shutil.ignore_patterns("sparse_*")))
    assert not M3Embedder.fits(resolve(str(plain)))


class _Stranger:
    """What no file of weights may hold."""


@pytest.mark.parametrize("content", [_Stranger(), {"weight": torch.zeros(3)}, {"bias": torch.zeros(1)}, 7])
def test_a_head_that_is_no_head_is_refused(content: object, folder: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(folder, tmp_path / "broken"))
    torch.save(content, broken / "sparse_linear.pt")
    with pytest.raises(EncoderUnavailable, match=r"sparse_linear\.pt cannot be used"):
        M3Embedder(resolve(str(broken)), place("cpu", NumberFormat.FLOAT32))


@pytest.mark.slow
@pytest.mark.skipif("DRAGOMAN_BGE_M3" not in os.environ, reason="needs the published weights")
def test_published_weights_give_the_published_numbers() -> None:
    """The pairs of the model card, computed there in half precision."""
    embedder = M3Embedder(resolve(os.environ["DRAGOMAN_BGE_M3"]), place("cpu", NumberFormat.FLOAT32))
    queries = ["What is BGE M3?", "Defination of BM25"]
    passages = [
        "BGE M3 is an embedding model supporting dense retrieval, lexical matching and multi-vector "
        "interaction.",
        "BM25 is a bag-of-words retrieval function that ranks a set of documents based on the query terms "
        "appearing in each document",
    ]
    dense, sparse = embedder.embed_passages_with_sparse(_one_by_one(passages))
    expected = [[0.6265, 0.3477], [0.3499, 0.678]]
    np.testing.assert_allclose(embedder.embed_queries(queries) @ dense.T, expected, atol=2e-3)
    [first, _] = embedder.sparse_queries(queries)
    assert _shared(first, sparse[0]) == pytest.approx(0.19554, abs=2e-3)
    np.testing.assert_allclose(M3Reranker(embedder).scores(queries[0], passages), [0.7797, 0.4620], atol=2e-3)

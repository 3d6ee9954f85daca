"""A checkpoint of BidirLM's kind from its files to its vectors: tokens, prompts, pooling, batches."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from encoder.checkpoint import BIDIRLM_PROMPT, Pooling, resolve
from encoder.device import NumberFormat, Placement, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.token_sequences import TokenSequencer
from index_data.errors import EncoderUnavailable

CPU = torch.device("cpu")
FLOAT32 = Placement((CPU,), torch.float32, "for exact comparison", max_batch_tokens=2_000)
TEXTS = ["the river froze in winter", "снег лёг на 河川", "winter " * 400, "froze", "the river " * 30]


@pytest.fixture(scope="module")
def embedder(gemma_folder: Path) -> TransformerEmbedder:
    return TransformerEmbedder(resolve(str(gemma_folder)), FLOAT32)


def change(folder: Path, name: str, **changes: object) -> None:
    path = folder / name
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(json.dumps(content | changes), encoding="utf-8")


def whole(texts: list[str]) -> list[Window]:
    return [Window(text, ((0, len(text)),)) for text in texts]


def least_cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float((first * second).sum(axis=1).min())


def test_the_window_is_read_from_the_checkpoint(gemma_folder: Path, copied: Callable[[Path], Path]) -> None:
    halved = copied(gemma_folder)
    change(halved, "config.json", sliding_window=256)
    stored, other = (
        TransformerEmbedder(resolve(str(folder)), FLOAT32).embed_passages(whole(TEXTS[2:3]))
        for folder in (gemma_folder, halved)
    )
    assert stored[0] @ other[0] < 0.9999


def test_vectors_equal_those_of_sentence_transformers(
    embedder: TransformerEmbedder, gemma_folder: Path, copied: Callable[[Path], Path]
) -> None:
    known_there = copied(gemma_folder)
    change(known_there, "config.json", model_type="gemma3_text", architectures=["Gemma3TextModel"])
    change(known_there, "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast", pad_token="<pad>")
    change(known_there, "tokenizer.json", post_processor=None)  # that class obeys the template alone
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        reference = SentenceTransformer(str(known_there), device="cpu", model_kwargs={"dtype": torch.float32})
        expected = reference.encode(TEXTS, normalize_embeddings=True, batch_size=2)
    assert least_cosine(embedder.embed_passages(whole(TEXTS)), expected) >= 0.99999


@pytest.mark.parametrize(
    ("number_format", "least"),
    [(NumberFormat.FLOAT32, 0.99999), (NumberFormat.BFLOAT16, 0.999), (NumberFormat.INT8, 0.999)],
)
def test_a_vector_does_not_depend_on_its_batch(
    gemma_folder: Path, number_format: NumberFormat, least: float
) -> None:
    embedder = TransformerEmbedder(resolve(str(gemma_folder)), place("cpu", number_format))
    packed = embedder.embed_passages(whole(TEXTS))
    alone = np.concatenate([embedder.embed_passages(whole([text])) for text in TEXTS])
    among_others = embedder.embed_passages(whole([*TEXTS, *reversed(TEXTS), "x" * 99]))[: len(TEXTS)]
    assert least_cosine(packed, alone) >= least
    assert least_cosine(packed, among_others) >= least


def test_number_formats_agree(gemma_folder: Path, embedder: TransformerEmbedder) -> None:
    exact = embedder.embed_passages(whole(TEXTS))
    for number_format in (NumberFormat.BFLOAT16, NumberFormat.INT8):
        other = TransformerEmbedder(resolve(str(gemma_folder)), place("cpu", number_format))
        assert 0.99 < least_cosine(exact, other.embed_passages(whole(TEXTS))) < 0.9999999


def test_two_devices_give_what_one_gives(gemma_folder: Path, embedder: TransformerEmbedder) -> None:
    twice = Placement((CPU, CPU), torch.float32, "two copies", max_batch_tokens=50)
    both = TransformerEmbedder(resolve(str(gemma_folder)), twice)
    assert least_cosine(both.embed_passages(whole(TEXTS)), embedder.embed_passages(whole(TEXTS))) >= 0.99999


def test_windows_that_are_tokenised_ahead_keep_their_order(
    gemma_folder: Path, embedder: TransformerEmbedder
) -> None:
    hasty = Placement((CPU,), torch.float32, "groups of one window", max_batch_tokens=1)
    ahead = TransformerEmbedder(resolve(str(gemma_folder)), hasty)
    windows = [Window(text, ((0, len(text) // 2), (len(text) // 2, len(text)))) for text in TEXTS]
    assert least_cosine(ahead.embed_passages(windows), embedder.embed_passages(windows)) >= 0.99999


def test_queries_alone_are_instructed(embedder: TransformerEmbedder, gemma_folder: Path) -> None:
    assert resolve(str(gemma_folder)).query_prompt == BIDIRLM_PROMPT
    assert BIDIRLM_PROMPT.endswith("\nQuery:")
    text = "the river froze"
    [query] = embedder.embed_queries([text])
    [instructed] = embedder.embed_passages(whole([BIDIRLM_PROMPT + text]))
    [passage] = embedder.embed_passages(whole([text]))
    assert query @ instructed > 0.99999
    assert query @ passage < 0.99


def test_a_prompt_may_be_left_out_of_the_mean(
    embedder: TransformerEmbedder, gemma_folder: Path, copied: Callable[[Path], Path]
) -> None:
    folder = copied(gemma_folder)
    change(folder / "1_Pooling", "config.json", include_prompt=False)
    [without] = TransformerEmbedder(resolve(str(folder)), FLOAT32).embed_queries(["the river"])
    tokens = embedder.token_vectors(["the river"], query=True)[0]
    [with_prompt] = embedder.embed_queries(["the river"])
    assert without @ with_prompt < 0.99
    assert len(tokens) == len(embedder.token_spans("the river"))


def test_ids_are_those_of_the_published_switches(gemma_folder: Path, copied: Callable[[Path], Path]) -> None:
    sequencer = TokenSequencer(gemma_folder / "tokenizer.json", vocabulary=300)
    assert (sequencer.prefix, sequencer.suffix) == ([], [])
    folder = copied(gemma_folder)
    change(folder, "tokenizer_config.json", add_bos_token=True, add_eos_token=True, eos_token="<eos>")
    switched = TokenSequencer(folder / "tokenizer.json")
    assert (switched.prefix, switched.suffix) == ([2], [1])
    (folder / "tokenizer_config.json").unlink()
    templated = TokenSequencer(folder / "tokenizer.json")
    assert (templated.prefix, templated.suffix) == ([2], [])


@pytest.mark.parametrize("name", ["<|mask|>", "<eos>", "<bos>", "<pad>"])
def test_the_name_of_a_special_token_is_text(
    embedder: TransformerEmbedder, gemma_folder: Path, name: str
) -> None:
    sequencer = TokenSequencer(gemma_folder / "tokenizer.json", vocabulary=300)
    [(ids, spans)] = sequencer.encode([f"the {name} river"])
    assert not set(ids.tolist()) & {0, 1, 2, 300}
    assert spans[-1, 1] == len(f"the {name} river")
    assert np.isfinite(embedder.embed_passages(whole([name]))).all()


def test_an_id_without_a_row_is_replaced(gemma_folder: Path) -> None:
    whole_vocabulary = TokenSequencer(gemma_folder / "tokenizer.json").encode(["the river"])[0][0]
    few_rows = TokenSequencer(gemma_folder / "tokenizer.json", vocabulary=20).encode(["the river"])[0][0]
    assert whole_vocabulary.max() >= 20
    assert few_rows.max() < 20
    assert len(few_rows) == len(whole_vocabulary)


def test_text_outside_the_spans_is_context_only(embedder: TransformerEmbedder) -> None:
    text = "the river froze in winter, the river froze"
    inside = (9, 26)
    [passage] = embedder.embed_passages([Window(text, (inside,))])
    spans = embedder.token_spans(text)
    own = (spans[:, 1] > inside[0]) & (spans[:, 1] <= inside[1])
    hidden = [embedder.embed_passages([Window(text, ((int(s), int(e)),))])[0] for s, e in spans[own]]
    [alone] = embedder.embed_passages(whole([text[slice(*inside)]]))
    assert passage @ np.mean(hidden, axis=0) / np.linalg.norm(np.mean(hidden, axis=0)) > 0.99
    assert passage @ alone < 0.999


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "﷽" * 3])
def test_a_text_without_special_tokens_has_a_vector_all_the_same(
    embedder: TransformerEmbedder, text: str
) -> None:
    vectors = [*embedder.embed_queries([text]), *embedder.embed_passages(whole([text, "the river"]))]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("pooling", [Pooling.CLS, Pooling.LAST])
def test_one_token_is_pooled_where_the_checkpoint_says_so(
    embedder: TransformerEmbedder, gemma_folder: Path, copied: Callable[[Path], Path], pooling: Pooling
) -> None:
    folder = copied(gemma_folder)
    name = {Pooling.CLS: "cls_token", Pooling.LAST: "lasttoken"}[pooling]
    (folder / "1_Pooling/config.json").write_text(
        json.dumps({f"pooling_mode_{name}": True}), encoding="utf-8"
    )
    one_token = TransformerEmbedder(resolve(str(folder)), FLOAT32)
    text = "the river froze in winter"
    [vector] = one_token.embed_passages(whole([text]))
    tokens = embedder.token_vectors([text])[0]
    place_of_it = 0 if pooling is Pooling.CLS else -1
    assert vector @ tokens[place_of_it] > 0.99999
    assert vector @ tokens[1] < 0.999
    halves = [Window(text, ((0, 10), (10, len(text))))]
    each = one_token.embed_passages(whole([text[:10], text[10:]]))
    assert least_cosine(one_token.embed_passages(halves), each) > 0.99999


def test_dense_layers_stand_behind_the_mean(
    embedder: TransformerEmbedder, gemma_folder: Path, copied: Callable[[Path], Path]
) -> None:
    folder = copied(gemma_folder)
    steps = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    dense = {"idx": 2, "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(json.dumps([*steps, dense]), encoding="utf-8")
    (folder / "2_Dense").mkdir()
    settings = {
        "in_features": 64,
        "out_features": 24,
        "bias": True,
        "activation_function": "torch.nn.modules.activation.Tanh",
    }
    (folder / "2_Dense/config.json").write_text(json.dumps(settings), encoding="utf-8")
    torch.manual_seed(4)
    weights = {"linear.weight": torch.randn(24, 64), "linear.bias": torch.randn(24)}
    save_file(weights, folder / "2_Dense/model.safetensors")
    with_head = TransformerEmbedder(resolve(str(folder)), FLOAT32)
    assert with_head.dimension == 24
    assert with_head.fingerprint != embedder.fingerprint
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers.sentence_transformer.modules import Dense

        reference = Dense.load(str(folder / "2_Dense"))
    raw = mean_of_hidden(folder, "the river froze")
    expected = reference({"sentence_embedding": raw[None]})["sentence_embedding"].detach().numpy()
    expected /= np.linalg.norm(expected)
    [vector] = with_head.embed_passages(whole(["the river froze"]))
    assert vector @ expected[0] > 0.99999


def mean_of_hidden(folder: Path, text: str) -> torch.Tensor:
    """Pool what the network gives, before any length is changed: (D,)."""
    from torch.nn import functional

    from encoder.networks.batching import Run
    from encoder.networks.layout import Layout
    from encoder.networks.loading import load_network

    ids = torch.from_numpy(TokenSequencer(folder / "tokenizer.json").encode([text])[0][0])
    layout = Layout.of([Run(1, len(ids))], CPU)
    network = load_network(resolve(str(folder)), FLOAT32, CPU)
    with torch.inference_mode():
        hidden = network(functional.pad(ids, (0, layout.rows - len(ids))), layout)
    return hidden[: len(ids)].mean(dim=0).clone()


def test_weights_in_shards_are_read(
    embedder: TransformerEmbedder, gemma_folder: Path, copied: Callable[[Path], Path]
) -> None:
    folder = copied(gemma_folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for shard, inside in shards.items():
        save_file({name: weights[name] for name in inside}, folder / shard)
    listing: dict[str, Any] = {
        "weight_map": {name: shard for shard, inside in shards.items() for name in inside}
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(listing), encoding="utf-8")
    sharded = TransformerEmbedder(resolve(str(folder)), FLOAT32)
    assert np.array_equal(sharded.embed_queries(TEXTS), embedder.embed_queries(TEXTS))


def test_weights_of_another_network_are_refused(gemma_folder: Path, copied: Callable[[Path], Path]) -> None:
    folder = copied(gemma_folder)
    change(folder, "config.json", num_hidden_layers=5, layer_types=["sliding_attention"] * 5)
    with pytest.raises(EncoderUnavailable, match="are not known"):
        TransformerEmbedder(resolve(str(folder)), FLOAT32)

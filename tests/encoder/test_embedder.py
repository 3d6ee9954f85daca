"""The built-in encoder equals its reference, ignores its batch, cuts nothing off and crosses languages."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from encoder.checkpoint import BUILTIN, resolve
from encoder.device import NumberFormat, Placement, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.reranker import MaxSimReranker
from index_data.errors import EncoderUnavailable

FLOAT32 = Placement((torch.device("cpu"),), torch.float32, "for exact comparison", max_batch_tokens=300)

TEXTS = [
    "The baker opens his shop at five every morning.",
    "面包师每天早上五点开店。",
    "يفتح الخباز متجره في الخامسة كل صباح.",
    "ร้านเบเกอรี่เปิดตอนตีห้าทุกเช้า",
    "Bäcker 🥐 öffnen früh " * 20,
    "x",
]


@pytest.fixture(scope="module")
def embedder() -> TransformerEmbedder:
    return TransformerEmbedder(resolve(BUILTIN), FLOAT32)


def test_the_contextual_half_equals_sentence_transformers(contextual_half: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        reference = SentenceTransformer(str(contextual_half), device="cpu").encode(TEXTS)
    alone = TransformerEmbedder(resolve(str(contextual_half)), FLOAT32)
    assert np.abs(alone.embed_queries(TEXTS) - reference).max() < 1e-5


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


@torch.inference_mode()
def test_both_halves_equal_the_reference(embedder: TransformerEmbedder) -> None:
    folder = resolve(BUILTIN).folder
    stored = load_file(folder / "model.safetensors")
    for table in ("embeddings.word_embeddings", "static_embeddings"):
        scales = stored.pop(f"{table}.weight_scale")
        stored[f"{table}.weight"] = torch.einsum("pd,p->pd", stored[f"{table}.weight"].float(), scales)
    pieces = stored.pop("static_embeddings.weight").numpy()
    config = BertConfig(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
    bert = BertModel(config, add_pooling_layer=False)
    bert.load_state_dict({name: tensor.float() for name, tensor in stored.items()})
    bert.train(mode=False)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    contextual = np.stack([bert(torch.tensor([one])).last_hidden_state[0].mean(0).numpy() for one in ids])
    static = np.stack([pieces[tokenizer.encode(text, add_special_tokens=False).ids].sum(0) for text in TEXTS])
    reference = unit(np.concatenate([unit(contextual), unit(static)], axis=1))
    assert (embedder.embed_queries(TEXTS) * reference).sum(axis=1).min() >= 0.99999


def test_the_static_half_of_a_token_counts_for_a_quarter(embedder: TransformerEmbedder) -> None:
    [tokens] = embedder.token_vectors([TEXTS[0]])  # (T, D)
    assert tokens.shape == (len(embedder.token_spans(TEXTS[0])), embedder.dimension)
    assert np.allclose(np.linalg.norm(tokens[:, :384], axis=1), 0.75**0.5, atol=1e-5)
    assert np.allclose(np.linalg.norm(tokens[:, 384:], axis=1), 0.25**0.5, atol=1e-5)
    [passage] = embedder.embed_queries([TEXTS[0]])
    assert np.linalg.norm(passage[:384]) == pytest.approx(0.5**0.5, abs=1e-5)


def test_a_text_without_a_word_has_one_half(embedder: TransformerEmbedder) -> None:
    [nothing] = embedder.embed_queries([""])
    assert np.linalg.norm(nothing[:384]) == pytest.approx(1, abs=1e-5)
    assert not nothing[384:].any()


def test_a_vector_does_not_depend_on_its_batch(embedder: TransformerEmbedder) -> None:
    together = embedder.embed_queries(TEXTS)
    alone = np.concatenate([embedder.embed_queries([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() >= 0.99999


def test_native_number_format_stays_close(embedder: TransformerEmbedder) -> None:
    native = TransformerEmbedder(resolve(BUILTIN), place("cpu", NumberFormat.BFLOAT16))
    cosines = (native.embed_queries(TEXTS) * embedder.embed_queries(TEXTS)).sum(axis=1)
    assert cosines.min() >= 0.999


def test_one_passage_in_a_window_equals_the_text_alone(embedder: TransformerEmbedder) -> None:
    [passage] = embedder.embed_passages([Window(TEXTS[0], ((0, len(TEXTS[0])),))])
    [query] = embedder.embed_queries([TEXTS[0]])
    assert passage @ query > 0.99999


def test_passages_of_a_window_are_pooled_from_their_own_tokens(embedder: TransformerEmbedder) -> None:
    text = "The baker opens at five. The river froze in winter."
    border = text.index("The river")
    first, second = embedder.embed_passages([Window(text, ((0, border), (border, len(text))))])
    [whole] = embedder.embed_passages([Window(text, ((0, len(text)),))])
    bread, ice = embedder.embed_queries(["a bakery early in the morning", "ice on the water"])
    assert bread @ first > bread @ second
    assert ice @ second > ice @ first
    assert max(whole @ first, whole @ second) < 0.999


def test_a_long_window_is_read_to_its_end(embedder: TransformerEmbedder) -> None:
    filler = "one two three four five six seven eight nine ten " * 80
    assert len(embedder.token_spans(filler)) > embedder.max_window_tokens
    plain, marked = embedder.embed_passages(
        [Window(text, ((0, len(text)),)) for text in (filler, filler + "volcano " * 30)]
    )
    assert plain @ marked < 0.999


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "a\ud83d", "\u200b\u200b", "﷽", "🏳️‍🌈"])
def test_odd_texts_have_unit_vectors(embedder: TransformerEmbedder, text: str) -> None:
    vectors = [
        *embedder.embed_queries([text]),
        *embedder.embed_passages([Window(text + "rest", ((0, len(text)), (len(text), len(text) + 4)))]),
    ]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", [*TEXTS, "ﬁne ２０２４ Ⅳ", "line\r\n  two\tthree", "a\ud800b c"])
def test_token_spans_stay_in_order_inside_the_text(embedder: TransformerEmbedder, text: str) -> None:
    spans = embedder.token_spans(text)
    assert spans.dtype == np.int32
    assert (spans[:, 0] <= spans[:, 1]).all()
    assert (np.diff(spans[:, 0]) >= 0).all()
    assert spans.max() <= len(text)
    assert not any(text[start].isspace() for start, end in spans if end - start > 1)


def test_token_spans_of_a_long_text_cover_its_words(embedder: TransformerEmbedder) -> None:
    text = "volcano 火山 " * 20_000
    spans = embedder.token_spans(text)
    covered = np.zeros(len(text), dtype=bool)
    for start, end in spans:
        covered[start:end] = True
    assert all(covered[place] for place in range(0, len(text), 997) if not text[place].isspace())


def test_meaning_crosses_languages(embedder: TransformerEmbedder) -> None:
    english = embedder.embed_queries(["The baker opens his shop at five in the morning.", "It snows a lot."])
    others = embedder.embed_queries(
        [
            "Der Bäcker öffnet seinen Laden um fünf Uhr morgens.",
            "Пекарь открывает свой магазин в пять утра.",
            "パン屋は朝五時に店を開ける。",
            "El panadero abre su tienda a las cinco de la mañana.",
        ]
    )
    cosines = english @ others.T  # (2, 4)
    assert (cosines[0] > cosines[1] + 0.2).all()


def test_maxsim_prefers_the_passage_that_answers(embedder: TransformerEmbedder) -> None:
    scores = MaxSimReranker(embedder).scores(
        "When does the bakery open?", ["Der Bäcker öffnet um fünf Uhr.", "Im Winter fror der Fluss zu.", ""]
    )
    assert scores.dtype == np.float32
    assert scores.argmax() == 0


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(resolve(BUILTIN).folder, folder)
    weights = load_file(folder / "model.safetensors")
    weights.pop("embeddings.LayerNorm.bias")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EncoderUnavailable, match=r"LayerNorm\.bias is missing"):
        TransformerEmbedder(resolve(str(folder)), FLOAT32)
    weights.pop("static_embeddings.weight_scale")
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(EncoderUnavailable, match=r"static_embeddings\.weight_scale is missing"):
        TransformerEmbedder(resolve(str(folder)), FLOAT32)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(EncoderUnavailable, match="no device xpu"):
        place("xpu")

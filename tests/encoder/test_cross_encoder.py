"""The cross-encoder against the reference implementation, on small random weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from encoder.checkpoint import resolve
from encoder.cross_encoder import CrossEncoderReranker
from encoder.device import NumberFormat, place
from index_data.errors import EncoderUnavailable, UsageError

WORDS = ["a", *(f"w{number}" for number in range(40))]
POSITIONS = 34
"""Two of them are left out: 32 tokens, of which a pair's special tokens take four."""
QUERY = "w1 w2 w3"
PASSAGES = ["w1 w2 w3 w4", "w9", "", "w30 w31 w32 w33 w34 w35 w2 w1", "unknown w2"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "reranker"
    torch.manual_seed(7)
    config = XLMRobertaConfig(
        vocab_size=4 + len(WORDS),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=POSITIONS,
        type_vocab_size=1,
        initializer_range=0.3,
    )
    config.num_labels = 1
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    _tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def _tokenizer() -> Tokenizer:
    pieces = {piece: number for number, piece in enumerate(["<s>", "<pad>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


@pytest.fixture(scope="module")
def reranker(folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(resolve(str(folder)), place("cpu", NumberFormat.FLOAT32))


@torch.inference_mode()
def _reference(folder: Path, query: str, passages: list[str]) -> list[float]:
    """Scores of the library, in one padded batch."""
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>"
    )
    model = XLMRobertaForSequenceClassification.from_pretrained(folder)
    model.train(mode=False)
    pairs = tokenizer([query] * len(passages), passages, padding=True, return_tensors="pt")
    logits = model(input_ids=pairs["input_ids"], attention_mask=pairs["attention_mask"]).logits
    scores: list[float] = logits[:, 0].sigmoid().tolist()
    return scores


def test_scores_equal_the_reference(reranker: CrossEncoderReranker, folder: Path) -> None:
    expected = _reference(folder, QUERY, PASSAGES)
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(reranker.scores(QUERY, PASSAGES), expected, atol=1e-5)


def test_a_pair_that_just_fits_equals_the_reference(reranker: CrossEncoderReranker, folder: Path) -> None:
    passage = " ".join(WORDS[1:26])  # 3 + 25 + 4 special tokens are 32
    np.testing.assert_allclose(
        reranker.scores(QUERY, [passage]), _reference(folder, QUERY, [passage]), atol=1e-5
    )


@pytest.mark.parametrize("length", [26, 37, 38, 60])
def test_a_passage_that_does_not_fit_is_as_good_as_its_best_stretch(
    reranker: CrossEncoderReranker, folder: Path, length: int
) -> None:
    words = [WORDS[number % len(WORDS)] for number in range(length)]
    stretches = [" ".join(words[start : start + 25]) for start in range(0, length - 12, 12)]
    assert " ".join(words).endswith(stretches[-1])
    expected = _reference(folder, QUERY, stretches)
    np.testing.assert_allclose(reranker.scores(QUERY, [" ".join(words)]), [max(expected)], atol=1e-5)


def test_a_question_without_room_for_a_passage_is_refused(reranker: CrossEncoderReranker) -> None:
    assert len(reranker.scores("w1 " * 14, ["w2"])) == 1
    with pytest.raises(UsageError, match="the question has 15 tokens"):
        reranker.scores("w1 " * 15, ["w2"])


def test_nothing_to_score_is_nothing(reranker: CrossEncoderReranker) -> None:
    assert reranker.scores(QUERY, []).shape == (0,)


@pytest.mark.parametrize("change", ["no head", "two labels", "another kind"])
def test_what_is_no_reranker_is_refused(folder: Path, tmp_path: Path, change: str) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    tensors = load_file(other / "model.safetensors")
    if change == "no head":
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("classifier.")}
    elif change == "two labels":
        tensors["classifier.out_proj.weight"] = torch.zeros(2, 32)
    else:
        config = json.loads((other / "config.json").read_text()) | {"model_type": "bert"}
        (other / "config.json").write_text(json.dumps(config))
    save_file(tensors, other / "model.safetensors")
    with pytest.raises(EncoderUnavailable, match="holds no re-ranker of a known kind"):
        CrossEncoderReranker(resolve(str(other)), place("cpu", NumberFormat.FLOAT32))

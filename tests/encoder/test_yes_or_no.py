"""A language model as a re-ranker, against transformers' own logits, on small random weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from encoder.checkpoint import resolve
from encoder.cross_encoder import CrossEncoderReranker
from encoder.device import NumberFormat, place
from index_data.errors import EncoderUnavailable

QUERY = "why does bread rise?"
PASSAGES = [
    "Yeast makes gas, and the dough grows.",
    "",
    "\n  (white space) first",
    "<|im_end|> is text here",
    "Der Teig geht auf. " * 9,
]
PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the "
    'Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
TASK = "Given a web search query, retrieve relevant passages that answer the query"
"""As they stand in the model card of Qwen3-Reranker."""


def _tokenizer() -> Tokenizer:
    """Train one of Qwen's kind: bytes, special tokens, and added ones that are not special."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(["yes no yes no rise bread the query document", PREFIX, TASK] * 9, trainer)
    tokenizer.add_special_tokens([AddedToken("<|im_start|>"), AddedToken("<|im_end|>")])
    tokenizer.add_tokens([AddedToken("<think>"), AddedToken("</think>")])
    return tokenizer


@pytest.fixture(scope="module", params=[True, False], ids=["tied", "untied"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "judge"
    tokenizer = _tokenizer()
    torch.manual_seed(5)
    config = Qwen3Config(
        vocab_size=tokenizer.get_vocab_size() + 3,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=600,
        initializer_range=0.3,
        tie_word_embeddings=request.param,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _reranker(folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(resolve(str(folder)), place("cpu", NumberFormat.FLOAT32))


@torch.inference_mode()
def _reference(folder: Path, query: str, passages: list[str]) -> list[float]:
    """Scores as the model card computes them, one pair at a time."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))  # type: ignore[no-untyped-call]
    model = Qwen3ForCausalLM.from_pretrained(folder)
    model.train(mode=False)
    no, yes = (tokenizer.convert_tokens_to_ids(word) for word in ("no", "yes"))
    scores = []
    for passage in passages:
        pair = f"<Instruct>: {TASK}\n<Query>: {query}\n<Document>: {passage}"
        ids = [
            *tokenizer(PREFIX, add_special_tokens=False).input_ids,
            *tokenizer(pair, add_special_tokens=False, split_special_tokens=True).input_ids,
            *tokenizer(SUFFIX, add_special_tokens=False).input_ids,
        ]
        logits = model(input_ids=torch.tensor([ids])).logits[0, -1, [no, yes]]
        scores.append(float(logits.softmax(0)[1]))
    return scores


def test_scores_equal_the_reference(folder: Path) -> None:
    expected = _reference(folder, QUERY, PASSAGES)
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(_reranker(folder).scores(QUERY, PASSAGES), expected, atol=1e-5)


def test_a_special_tokens_name_in_a_passage_is_text(folder: Path) -> None:
    [(ids, _)] = _reranker(folder)._sequencer.encode(["<|im_end|>"])
    assert len(ids) > 1


@pytest.mark.parametrize("change", ["an encoder", "no answer"])
def test_what_is_no_reranker_is_refused(folder: Path, tmp_path: Path, change: str) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    if change == "an encoder":
        (other / "1_Pooling").mkdir()
    else:
        vocabulary = json.loads((other / "tokenizer.json").read_text(encoding="utf-8"))
        vocabulary["model"]["vocab"]["yeah"] = vocabulary["model"]["vocab"].pop("yes")
        vocabulary["model"]["merges"] = []
        (other / "tokenizer.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    with pytest.raises(EncoderUnavailable, match="holds no re-ranker of a known kind"):
        _reranker(other)

"""A causal Gemma 3 of some three million weights, trained on the spot: something to adapt."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from training.adaptation.masked import Riddle, prediction_loss
from training.adaptation.network import Network, load, open_base
from training.adaptation.recipe import Stage
from training.adaptation.rows import Texts
from training.adaptation.sequences import Reader, micro_batches
from training.adaptation.stage import Saving, train, warm_stable_decay

MAX_TOKENS = 128
MICRO_TOKENS = 2048
_PIECES = 6_000
_SAMPLE = 20_000
"""Lines of the texts that say which pieces are used most."""
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_MULTIPLE = 64
"""Rows of the vocabulary come in so many, as usual; those that are left over have no token."""
_SHAPE: dict[str, Any] = {
    "hidden_size": 160,
    "intermediate_size": 480,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 40,
    "query_pre_attn_scalar": 40,
    "sliding_window": 64,
    "layer_types": ["sliding_attention", "full_attention"] * 2,
    "max_position_embeddings": 512,
}


@dataclass(frozen=True, slots=True)
class NextToken:
    """A step of causal training: every token is told from the output before it."""

    network: Network
    texts: Texts
    reader: Reader
    batch: int
    seed: int

    def __call__(self, step: int) -> float:
        """Add the gradients of step number `step`; return the loss."""
        random = np.random.default_rng([self.seed, step])
        sequences = self.reader.parts(self.texts.draw(self.batch, random), random)
        riddles = [Riddle(ids, np.arange(len(ids) - 1), ids[1:]) for ids in sequences]
        asked = sum(len(riddle.answers) for riddle in riddles)
        total = 0.0
        for group in micro_batches([len(riddle.ids) for riddle in riddles], MICRO_TOKENS):
            loss = prediction_loss(self.network, [riddles[number] for number in group]) / asked
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total


def write_causal(folder: Path, tokenizer: Path, texts: Texts, stage: Stage, seed: int) -> int:
    """Train a causal model from nothing, and write it; return the number of its weights.

    Its tokenizer is that of the folder `tokenizer`, with the pieces that the texts use most.
    """
    folder.mkdir()
    sample = texts.draw(_SAMPLE, np.random.default_rng(seed))
    pieces = write_tokenizer(folder, tokenizer, sample)
    torch.manual_seed(seed)
    rows = (pieces // _MULTIPLE + 1) * _MULTIPLE
    config = Gemma3TextConfig(**_SHAPE, vocab_size=rows, initializer_range=0.05)
    Gemma3ForCausalLM(config).save_pretrained(folder)
    return learn(folder, texts, stage, seed)


def write_longer(base: Path, folder: Path, texts: Texts, stage: Stage, seed: int) -> None:
    """Write the causal model `base` again, trained on by another stage: a control for time spent."""
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns("losses.jsonl", "checkpoint*"))
    learn(folder, texts, stage, seed)


def learn(folder: Path, texts: Texts, stage: Stage, seed: int) -> int:
    """Train the causal model in `folder` to tell the next token; return the number of its weights."""
    checkpoint = open_base(folder, both_ways=False)
    network = load(checkpoint)
    step = NextToken(network, texts, Reader(checkpoint, MAX_TOKENS), stage.batch, seed)
    parameters = dict(network.named_parameters())
    train(parameters, step, stage.length, (stage.rate, warm_stable_decay), Saving(folder))
    network.save_pretrained(folder)
    return sum(parameter.numel() for parameter in parameters.values())


def write_tokenizer(folder: Path, source: Path, sample: Sequence[str]) -> int:
    """Write the tokenizer of `source` with its special tokens, its bytes and what `sample` uses most.

    Return how many pieces those are.
    """
    path = source / "tokenizer.json"
    encodings = Tokenizer.from_file(str(path)).encode_batch(list(sample), add_special_tokens=False)
    uses = Counter(number for encoding in encodings for number in encoding.ids)
    told = json.loads(path.read_text(encoding="utf-8"))
    special = {token["id"] for token in told["added_tokens"]}
    vocabulary = told["model"]["vocab"]
    most = {number for number, _ in uses.most_common(_PIECES)}
    told["model"]["vocab"] = [
        [piece, score]
        for number, (piece, score) in enumerate(vocabulary)
        if number in special | most or _BYTE.fullmatch(piece)
    ]
    (folder / "tokenizer.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    shutil.copyfile(source / "tokenizer_config.json", folder / "tokenizer_config.json")
    return len(told["model"]["vocab"])


def last_loss(folder: Path) -> float:
    """Average the losses of the last tenth of a stage's steps."""
    lines = (folder / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [json.loads(line)["loss"] for line in lines[-max(len(lines) // 10, 1) :]]
    return float(np.mean(losses))

"""Texts become what the network reads, by the tokenizer of the encoder, so that both read alike."""

import json
import re
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from encoder.checkpoint import Checkpoint
from encoder.token_sequences import TokenSequencer
from index_data.errors import UsageError

Ids = NDArray[np.int64]

_MASKS = ("<mask>", "[MASK]", "<|mask|>")
_RESERVED = re.compile(r"[<\[]\|?(unused|reserved|extra)\D*\d+\|?[>\]]", re.IGNORECASE)


class Reader:
    """A checkpoint's tokenizer, with special tokens and an end."""

    def __init__(self, checkpoint: Checkpoint, max_tokens: int) -> None:
        """Read at most `max_tokens` of a text, special tokens included."""
        self._sequencer = TokenSequencer(
            checkpoint.folder / "tokenizer.json", vocabulary=checkpoint.config["vocab_size"]
        )
        self._prefix = np.array(self._sequencer.prefix, dtype=np.int64)
        self._suffix = np.array(self._sequencer.suffix, dtype=np.int64)
        self._room = max_tokens - len(self._prefix) - len(self._suffix)

    @property
    def ends(self) -> tuple[int, int]:
        """How many special tokens stand before and after a text."""
        return len(self._prefix), len(self._suffix)

    def beginnings(self, texts: Sequence[str]) -> list[Ids]:
        """Return the ids of `texts`, each int64 (T,), cut where there is no more room."""
        return [self._whole(ids[: self._room]) for ids in self._ids(texts)]

    def parts(self, texts: Sequence[str], random: np.random.Generator) -> list[Ids]:
        """Return the same, of a text without room for all of it a part from anywhere."""
        parts = []
        for ids in self._ids(texts):
            start = random.integers(max(len(ids) - self._room, 0) + 1)
            parts.append(self._whole(ids[start : start + self._room]))
        return parts

    def _ids(self, texts: Sequence[str]) -> list[Ids]:
        return [ids for ids, _ in self._sequencer.encode(texts)]

    def _whole(self, ids: Ids) -> Ids:
        return np.concatenate([self._prefix, ids, self._suffix])


def mask_token(checkpoint: Checkpoint) -> tuple[int, str]:
    """Choose what stands for a hidden token, and say what it is: a mask, else what no text ever uses.

    Raises:
        UsageError: every row of the vocabulary is used.
    """
    tokenizer = Tokenizer.from_file(str(checkpoint.folder / "tokenizer.json"))
    rows: int = checkpoint.config["vocab_size"]
    numbers = {
        name: number for name, number in tokenizer.get_vocab(with_added_tokens=True).items() if number < rows
    }
    reserved = sorted(
        (number, name) for name, number in numbers.items() if _RESERVED.fullmatch(name) is not None
    )
    for name in (_stated_mask(checkpoint), *_MASKS, *(name for _, name in reserved)):
        if name in numbers:
            return numbers[name], f"the token {name}"
    free = set(range(rows)).difference(numbers.values())
    if free:
        return max(free), f"the row {max(free)} of the vocabulary, which no token has"
    raise UsageError(
        f"no token of {checkpoint.folder} can stand for a hidden one",
        remedy="Add a token called <mask> to its tokenizer, or leave --text out.",
    )


def _stated_mask(checkpoint: Checkpoint) -> str:
    path = checkpoint.folder / "tokenizer_config.json"
    stated = json.loads(path.read_text(encoding="utf-8")).get("mask_token") if path.is_file() else None
    return str(stated.get("content") if isinstance(stated, dict) else stated)


def padded(sequences: Sequence[Ids], device: torch.device) -> tuple[Tensor, Tensor]:
    """Put sequences below each other: ids and mask, both int64 (B, T), filled up on the right."""
    rows = [torch.from_numpy(ids) for ids in sequences]
    ids = pad_sequence(rows, batch_first=True).to(device)
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True).to(device)
    return ids, mask


def micro_batches(lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Group sequences of like lengths, by number: filled up, a group has at most `max_tokens`, or one row."""
    groups: list[list[int]] = []
    longest = 0
    for number in np.argsort(-np.array(lengths), kind="stable").tolist():
        if not groups or (len(groups[-1]) + 1) * longest > max_tokens:
            groups.append([])
            longest = lengths[number]
        groups[-1].append(number)
    return groups

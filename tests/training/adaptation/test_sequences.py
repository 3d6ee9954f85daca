"""Texts as the network reads them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from encoder.checkpoint import Checkpoint
from index_data.errors import UsageError
from training.adaptation.network import open_base
from training.adaptation.sequences import Reader, mask_token, micro_batches, padded


def changed(gemma: Path, folder: Path, name: str, change: Mapping[str, object]) -> Checkpoint:
    shutil.copytree(gemma, folder)
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    return open_base(folder)


def test_long_texts_are_cut_and_keep_their_special_tokens(gemma: Path) -> None:
    reader = Reader(open_base(gemma), 6)
    [long], [short] = reader.beginnings(["the river froze in winter the river"]), reader.beginnings(["the"])
    assert len(long) == 6
    assert long[0] == short[0] == 2
    assert len(short) < 6
    assert reader.ends == (1, 0)


def test_parts_come_from_everywhere_in_a_long_text(gemma: Path) -> None:
    reader = Reader(open_base(gemma), 6)
    random = np.random.default_rng(1)
    parts = {tuple(reader.parts(["the river froze in winter " * 5], random)[0]) for _ in range(50)}
    assert len(parts) == 5  # the words begin again after five tokens
    assert {len(part) for part in parts} == {6}


def test_the_mask_is_the_token_that_is_called_so(gemma: Path) -> None:
    number, what = mask_token(open_base(gemma))
    vocabulary = json.loads((gemma / "tokenizer.json").read_text(encoding="utf-8"))
    [added] = [token["id"] for token in vocabulary["added_tokens"] if token["content"] == "<|mask|>"]
    assert number == added
    assert "<|mask|>" in what


def test_the_tokenizer_may_say_what_its_mask_is(gemma: Path, tmp_path: Path) -> None:
    stated = {"mask_token": {"content": "<unk>"}}
    assert mask_token(changed(gemma, tmp_path / "a", "tokenizer_config.json", stated))[0] == 3


@pytest.mark.parametrize(("name", "found"), [("<unused7>", True), ("<|reserved_3|>", True), ("used7", False)])
def test_else_it_is_a_reserved_token_or_a_row_that_no_token_has(
    gemma: Path, tmp_path: Path, name: str, found: bool
) -> None:
    tokens = json.loads((gemma / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    for token in tokens:
        if token["content"] == "<|mask|>":
            token["content"] = name
    checkpoint = changed(gemma, tmp_path / "a", "tokenizer.json", {"added_tokens": tokens})
    number, what = mask_token(checkpoint)
    assert (name in what) is found
    assert found or number == 309


def test_without_a_free_row_nothing_can_be_hidden(gemma: Path) -> None:
    checkpoint = open_base(gemma)
    checkpoint.config["vocab_size"] = 50
    with pytest.raises(UsageError, match="hidden"):
        mask_token(checkpoint)


def test_sequences_are_filled_up_on_the_right() -> None:
    ids, mask = padded([np.array([5, 6, 7]), np.array([8])], torch.device("cpu"))
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_micro_batches_hold_like_lengths_and_no_more_than_fits() -> None:
    lengths = [3, 50, 4, 5, 200, 48]
    groups = micro_batches(lengths, 100)
    assert groups == [[4], [1, 5], [3, 2, 0]]

"""Causal checkpoints opened with attention both ways."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from encoder.checkpoint import Checkpoint
from index_data.errors import EncoderUnavailable
from tests.training.adaptation.conftest import in_bfloat16, write_causal
from training.adaptation.network import load, merged, open_base, stored_dtype

IDS = torch.arange(4, 24)


@torch.inference_mode()
def outputs(checkpoint: Checkpoint, ids: Tensor) -> Tensor:
    network = load(checkpoint)
    hidden: Tensor = network.model(
        input_ids=ids[None], attention_mask=torch.ones_like(ids)[None]
    ).last_hidden_state
    return hidden[0]


@pytest.mark.parametrize("both_ways", [True, False])
def test_a_later_token_changes_an_earlier_output_only_both_ways(base: Path, both_ways: bool) -> None:
    checkpoint = open_base(base, both_ways=both_ways)
    changed = IDS.clone()
    changed[-1] = 100
    before, after = outputs(checkpoint, IDS), outputs(checkpoint, changed)
    assert torch.equal(before[0], after[0]) is not both_ways
    assert not torch.equal(before[-1], after[-1])


def test_a_sliding_layer_sees_half_of_the_window_on_each_side(gemma: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(gemma, tmp_path / "sliding"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"num_hidden_layers": 1, "layer_types": ["sliding_attention"]}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    weights = load_file(folder / "model.safetensors")
    kept = {
        name: value for name, value in weights.items() if "layers.1" not in name and "layers.2" not in name
    }
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    checkpoint = open_base(folder)
    changed = IDS.clone()
    changed[10] = 100
    moved = (outputs(checkpoint, IDS) != outputs(checkpoint, changed)).any(1)
    assert moved.nonzero().flatten().tolist() == list(range(6, 15))


def test_shards_and_names_without_a_prefix_are_read(gemma: Path, tmp_path: Path) -> None:
    sharded = write_causal(tmp_path / "sharded", "gemma3_text", max_shard_size="100KB")
    assert len(list(sharded.glob("*.safetensors"))) > 1
    assert torch.equal(outputs(open_base(sharded), IDS), outputs(open_base(gemma), IDS))
    bare = tmp_path / "bare"
    load(open_base(gemma)).model.save_pretrained(bare)
    shutil.copyfile(gemma / "tokenizer.json", bare / "tokenizer.json")
    assert torch.equal(outputs(open_base(bare), IDS), outputs(open_base(gemma), IDS))


def test_a_head_of_its_own_is_kept_and_a_missing_one_is_tied(tmp_path: Path) -> None:
    folder = write_causal(tmp_path / "qwen", "qwen3")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["tie_word_embeddings"] = False
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    network = load(open_base(folder))
    assert network.lm_head.weight is network.model.embed_tokens.weight
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = torch.ones_like(weights["model.embed_tokens.weight"])
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    network = load(open_base(folder))
    assert torch.equal(network.lm_head.weight, torch.ones_like(network.lm_head.weight))


@pytest.mark.parametrize(
    "change", [{"model_type": "llama"}, {"attn_logit_softcapping": 30.0}, {"hidden_size": 64}]
)
def test_what_the_encoder_would_refuse_in_the_end_is_refused_at_once(
    gemma: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    folder = Path(shutil.copytree(gemma, tmp_path / "changed"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | change
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(EncoderUnavailable):
        open_base(folder)


def test_the_stored_format_is_told(tmp_path: Path, gemma: Path) -> None:
    assert stored_dtype(open_base(gemma)) is torch.float32
    assert stored_dtype(open_base(in_bfloat16(gemma, tmp_path / "half"))) is torch.bfloat16


def test_a_merge_lies_between_base_and_adapted() -> None:
    base, adapted = {"a": torch.tensor([0.0, 8.0])}, {"a": torch.tensor([4.0, 0.0])}
    assert merged(base, adapted, 0.25)["a"].tolist() == [1.0, 6.0]
    assert merged(base, adapted, 1.0)["a"].tolist() == [4.0, 0.0]
    assert base["a"].tolist() == [0.0, 8.0]

"""A work folder and an exported encoder, small enough to make on the spot."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from training.export import MODULES, POOLING, write_json
from training.exported import sha256

WORDS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "one", "two", "three", "red", "green", "blue"),
    *("eins", "zwei", "drei", "rot", "grün", "blau"),
)


def write_encoder(folder: Path, seed: int) -> None:
    """Write a BERT of two layers with random weights, as the export writes its folder."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS), max_position_embeddings=64,
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False)
    weights = {name: value for name, value in model.state_dict().items() if "position_ids" not in name}
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    write_json(folder / "config.json", {**config.to_dict(), "architectures": ["BertModel"]})
    write_json(folder / "modules.json", MODULES)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 64})
    write_json(folder / "1_Pooling" / "config.json", {**POOLING, "word_embedding_dimension": 32})
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({name: value.half() for name, value in weights.items()}, folder / "model.safetensors")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return an exported folder."""
    write_encoder(tmp_path / "builtin", seed=1)
    return tmp_path / "builtin"


def quality_of(target: Path) -> dict[str, object]:
    """Return what the quality step would have found."""
    values = {"parallel x->en": 0.75, "NTREX x->en": 0.5, "XQuAD en": 0.9, "XQuAD same other": 0.8}
    groups = {"parallel x->en": "ind", "NTREX x->en": "deu", "XQuAD en": "en", "XQuAD same other": "th"}
    return {
        "weights": sha256([target / "model.safetensors"]),
        "sets": "0",
        "queries": dict.fromkeys(values, 1234),
        "choices": dict.fromkeys(values, 120),
        "metrics": values,
        "interval": {metric: [value - 0.1, value + 0.1] for metric, value in values.items()},
        "by language": {metric: {group: values[metric]} for metric, group in groups.items()},
    }


@pytest.fixture
def work(tmp_path: Path, target: Path) -> Path:
    """Return a folder as the steps before the card leave it."""
    folder = tmp_path / "work"
    counts = {
        "held_out_rows_dropped": 97,
        "language_check_dropped": {"lessons": 3, "templates": 4},
        "pairs": {"sentences": {"de": 1500, "th": 20}, "english": {"en": 30}},
    }
    write_json(folder / "pairs" / "counts.json", counts)
    write_json(folder / "quality.json", {"static": quality_of(target), "builtin": quality_of(target)})
    fertility = {"pairs": 10, "pieces": 150, "english_pieces": 100, "words": 60, "byte_pieces": 0}
    write_json(folder / "vocabulary" / "fertility.json", {"de": fertility})
    for stage, loss in (("static", 5.0), ("distil", 2.0)):
        lines = [{"step": step, "pieces": 1000 * step, "loss": loss / step} for step in range(1, 6)]
        path = folder / stage / "losses.jsonl"
        path.parent.mkdir()
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    run = {"step": "distil", "seconds": 90.0, "seed": 7, "machine": "a machine, 2 cores"}
    (folder / "journal.jsonl").write_text((json.dumps(run) + "\n") * 2, encoding="utf-8")
    return folder

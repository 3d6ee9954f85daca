"""The exported folder holds both halves, and its contextual half can be had by itself."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from encoder.checkpoint import resolve
from encoder.device import Placement
from encoder.embedder import TransformerEmbedder
from tests.training.conftest import WORDS, write_encoder
from training import export
from training.encoders import load_student
from training.exported import read_exported
from training.static import StaticEncoder

FLOAT32 = Placement((torch.device("cpu"),), torch.float32, "for exact comparison", max_batch_tokens=300)
TEXTS = ["one two", "eins rot grün blau", "three"]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as the training leaves it; its static vectors of special pieces are not zero."""
    folder = tmp_path_factory.mktemp("training")
    torch.manual_seed(3)
    model = BertModel(
        BertConfig.from_dict({**export.CONFIG, "vocab_size": len(WORDS)}), add_pooling_layer=False
    )
    weights = {name: value for name, value in model.state_dict().items() if "position_ids" not in name}
    write_encoder(folder / "vocabulary", seed=1)
    tokenizer = Tokenizer.from_file(str(folder / "vocabulary" / "tokenizer.json"))
    tokenizer.add_special_tokens(list(WORDS[:4]))
    tokenizer.save(str(folder / "vocabulary" / "tokenizer.json"))
    export.write_json(folder / "vocabulary" / "tokenizer_config.json", {})
    for name in ("distil", "static"):
        (folder / name).mkdir()
    save_file(weights, folder / "distil" / "model.safetensors")
    vectors = np.random.default_rng(4).normal(size=(len(WORDS), 8)).astype(np.float32)
    np.save(folder / "static" / "vectors.npy", vectors)
    (folder / "static" / "tokenizer.json").symlink_to(folder / "vocabulary" / "tokenizer.json")
    return folder


@pytest.fixture(scope="module")
def exported(work: Path) -> Path:
    export.export(work, work / "builtin")
    return work / "builtin"


def vectors_of(folder: Path) -> NDArray[np.float32]:
    return TransformerEmbedder(resolve(str(folder)), FLOAT32).embed_queries(TEXTS)


def test_both_halves_are_those_of_their_stages(work: Path, exported: Path) -> None:
    vectors = vectors_of(exported) * np.sqrt(2, dtype=np.float32)
    tokenizer = work / "vocabulary" / "tokenizer.json"
    contextual = load_student(work / "distil" / "model.safetensors", tokenizer).embed(TEXTS)
    static = StaticEncoder(work / "static").embed(TEXTS)
    assert (vectors[:, :384] * contextual).sum(axis=1).min() > 0.999
    assert (vectors[:, 384:] * static).sum(axis=1).min() > 0.999


def test_the_folder_says_what_it_is(exported: Path) -> None:
    found = read_exported(exported)
    assert (found.dimensions, found.pieces, found.table_parameters) == (392, 16, 16 * 392)
    assert found.formats == ["float16", "int8"]


def test_the_contextual_half_by_itself_is_a_plain_encoder(exported: Path, tmp_path: Path) -> None:
    export.write_plain(exported, tmp_path / "plain")
    plain = vectors_of(tmp_path / "plain")
    both = vectors_of(exported)[:, :384] * np.sqrt(2, dtype=np.float32)
    assert plain.shape == both.shape
    assert (plain * both).sum(axis=1).min() > 0.99999
    assert read_exported(tmp_path / "plain").formats == ["float16"]


def test_of_the_old_folder_the_card_alone_is_kept(work: Path, tmp_path: Path) -> None:
    old = tmp_path / "builtin"
    old.mkdir()
    for name in ("README.md", "left.bin"):
        (old / name).write_text(name, encoding="utf-8")
    export.export(work, old)
    assert (old / "README.md").read_text(encoding="utf-8") == "README.md"
    assert not (old / "left.bin").exists()


def test_a_folder_that_was_half_swapped_is_put_back_and_then_replaced(work: Path, tmp_path: Path) -> None:
    left = tmp_path / "builtin.old"
    left.mkdir()
    (left / "README.md").write_text("the card", encoding="utf-8")
    export.export(work, tmp_path / "builtin")
    assert (tmp_path / "builtin" / "README.md").read_text(encoding="utf-8") == "the card"
    assert not left.exists()


def test_a_folder_that_is_too_large_changes_nothing(
    work: Path, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (exported / "model.safetensors").stat()
    monkeypatch.setattr(export, "MAX_BYTES", 1000)
    with pytest.raises(ValueError, match="more than 1000"):
        export.export(work, exported)
    assert (exported / "model.safetensors").stat() == before


def test_rows_in_int8_come_close_and_zeros_stay() -> None:
    table = torch.randn(5, 64, generator=torch.Generator().manual_seed(1)) * torch.logspace(-3, 3, 5)[:, None]
    table[2] = 0
    rows, scale = export.int8_rows(table)
    assert rows.dtype is torch.int8
    assert scale.dtype is torch.float32
    errors = (rows * scale[:, None] - table).abs().amax(1)
    assert (errors <= scale / 2 * 1.0001).all()
    assert not rows[2].any()

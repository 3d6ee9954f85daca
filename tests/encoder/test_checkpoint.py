"""Finding an encoder: what is missing or unknown is said, with a remedy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from encoder.checkpoint import BUILTIN, resolve
from index_data.errors import EncoderUnavailable


@pytest.fixture
def copied_builtin(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    shutil.copytree(resolve(BUILTIN).folder, folder)
    return folder


def test_the_builtin_encoder_is_found_and_named() -> None:
    checkpoint = resolve(BUILTIN)
    assert checkpoint.model == BUILTIN
    assert checkpoint.width == 384 + 256


def test_a_folder_is_an_encoder_with_the_same_digest(copied_builtin: Path) -> None:
    assert resolve(str(copied_builtin)).model == str(copied_builtin)
    assert resolve(str(copied_builtin)).digest() == resolve(BUILTIN).digest()


@pytest.mark.parametrize("part", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_part_is_named(copied_builtin: Path, part: str) -> None:
    (copied_builtin / part).unlink()
    with pytest.raises(EncoderUnavailable, match=part):
        resolve(str(copied_builtin))


def test_one_changed_byte_changes_the_digest(copied_builtin: Path) -> None:
    weights = bytearray((copied_builtin / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copied_builtin / "model.safetensors").write_bytes(weights)
    assert resolve(str(copied_builtin)).digest() != resolve(BUILTIN).digest()


def test_the_sizes_of_parts_change_the_digest(copied_builtin: Path) -> None:
    sizes = copied_builtin / "2_UnitParts" / "config.json"
    sizes.write_text(json.dumps({"sizes": [640]}), encoding="utf-8")
    assert resolve(str(copied_builtin)).digest() != resolve(BUILTIN).digest()


def test_a_query_prompt_changes_the_digest(copied_builtin: Path) -> None:
    settings = copied_builtin / "config_sentence_transformers.json"
    settings.write_text(json.dumps({"prompts": {"query": "find: "}}), encoding="utf-8")
    assert resolve(str(copied_builtin)).query_prompt == "find: "
    assert resolve(str(copied_builtin)).digest() != resolve(BUILTIN).digest()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("config.json", "{}", "model_type"),
        ("modules.json", '[{"type": "models.LSTM", "path": "1_LSTM"}]', "LSTM"),
        ("config.json", "{", "not JSON"),
        ("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}', "max"),
    ],
)
def test_an_encoder_that_cannot_be_run_is_refused(
    copied_builtin: Path, name: str, content: str, complaint: str
) -> None:
    (copied_builtin / name).write_text(content, encoding="utf-8")
    with pytest.raises(EncoderUnavailable, match=complaint) as refusal:
        resolve(str(copied_builtin))
    assert refusal.value.remedy


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(EncoderUnavailable, match="no model is known as nothing-here"):
        resolve("nothing-here")

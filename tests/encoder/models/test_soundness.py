"""Whether an encoder on disk is the one that was published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from encoder.checkpoint import BUILTIN, resolve
from encoder.models.soundness import examine_encoder
from index_data.observations import Verdict


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the built-in encoder."""
    return Path(shutil.copytree(resolve(BUILTIN).folder, tmp_path / "encoder"))


def test_the_encoder_that_is_carried_is_the_one_that_was_exported(tmp_path: Path) -> None:
    found = examine_encoder(BUILTIN, tmp_path)
    assert (found.verdict, found.remedy) == (Verdict.OK, "")
    assert found.what.startswith("builtin: all ")


def test_one_flipped_bit_is_a_fault(copy: Path, tmp_path: Path) -> None:
    assert examine_encoder(str(copy), tmp_path).verdict is Verdict.OK
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    (copy / "tokenizer_config.json").unlink()
    found = examine_encoder(str(copy), tmp_path)
    assert found.verdict is Verdict.FAULT
    assert "model.safetensors has other bytes" in found.what
    assert found.what.endswith("and 1 more")
    assert "fetch the model again" in found.remedy


def test_a_folder_without_a_record_is_a_warning(copy: Path, tmp_path: Path) -> None:
    (copy / "dragoman.json").unlink()
    found = examine_encoder(str(copy), tmp_path)
    assert found.verdict is Verdict.WARNING
    assert "--from FOLDER" in found.remedy


def test_what_cannot_be_used_is_a_fault(copy: Path, tmp_path: Path) -> None:
    (copy / "dragoman.json").write_text("[]", encoding="utf-8")
    assert examine_encoder(str(copy), tmp_path).verdict is Verdict.FAULT
    (copy / "config.json").unlink()
    found = examine_encoder(str(copy), tmp_path)
    assert found.verdict is Verdict.FAULT
    assert "lacks config.json" in found.what


def test_a_server_is_not_asked(tmp_path: Path) -> None:
    assert examine_encoder("ollama:bge-m3", tmp_path).verdict is Verdict.OK

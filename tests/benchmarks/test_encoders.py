"""Which encoders a comparison loads, and the static stage among them."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from benchmarks.encoders import add_options, contestants, load_any, named
from encoder.interface import Window
from index_data.errors import EncoderUnavailable

PIECES = {"<unk>": 0, "a": 1, "river": 2, "bank": 3}
VECTORS = np.array([[0, 0], [3, 0], [0, 2], [1, 1]], dtype=np.float32)


@pytest.fixture
def static_folder(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(models.WordLevel(PIECES, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    np.save(tmp_path / "vectors.npy", VECTORS)
    return tmp_path


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(arguments)


def test_stages_stand_behind_the_encoders_that_were_named() -> None:
    asked = parsed("--encoders", "builtin", "elsewhere/tuned", "--first", "old", "--static", "pieces")
    assert list(named(asked).items()) == [
        ("builtin", "builtin"),
        ("tuned", "elsewhere/tuned"),
        ("static", "pieces"),
        ("first", "old"),
    ]
    assert list(named(parsed("--encoders", "builtin"))) == ["builtin"]


def test_a_folder_of_piece_vectors_is_the_static_stage(static_folder: Path) -> None:
    embedder = load_any(str(static_folder))
    assert embedder.dimension == 2
    assert embedder.embed_queries(["a", "river"]).tolist() == [[1, 0], [0, 1]]
    assert embedder.token_spans("a river bank").tolist() == [[0, 1], [2, 7], [8, 12]]


def test_the_static_stage_reads_passages_alone(static_folder: Path) -> None:
    embedder = load_any(str(static_folder))
    window = Window("a river bank", ((0, 1), (2, 12)))
    expected = np.stack([embedder.embed_queries(["a"])[0], embedder.embed_queries(["river bank"])[0]])
    assert np.array_equal(embedder.embed_passages([window]), expected)


def test_other_vectors_are_another_encoder(static_folder: Path) -> None:
    before = load_any(str(static_folder)).fingerprint
    np.save(static_folder / "vectors.npy", 2 * VECTORS)
    assert load_any(str(static_folder)).fingerprint != before


def test_a_contestant_carries_its_name_and_digest(static_folder: Path) -> None:
    [contestant] = contestants(parsed("--encoders", "--static", str(static_folder)))
    assert contestant.name == "static"
    assert contestant.digest == load_any(str(static_folder)).fingerprint
    assert contestant.embed_passages(["river", "a"]).tolist() == [[0, 1], [1, 0]]


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable):
        load_any(str(tmp_path))

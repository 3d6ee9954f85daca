"""What a person with the published weights would run, on a small stand-in that brings its own code along."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import parity, real_weights
from benchmarks.encoding.checkpoint_facts import contradictions, facts
from benchmarks.encoding.m3_numbers import PASSAGES, PUBLISHED, QUERIES, Score, scores
from benchmarks.encoding.published_code import PublishedModel
from benchmarks.encoding.random_checkpoint import write_checkpoint
from encoder.checkpoint import BIDIRLM_PROMPT, resolve
from encoder.device import NumberFormat, place
from encoder.interface import Window
from encoder.m3 import M3Embedder
from tests.encoder.test_m3 import checkpoint as write_small_m3

CODE = {
    "configuration_bidirlm.py": """
from transformers import Gemma3TextConfig

class BidirLMConfig(Gemma3TextConfig):
    model_type = "bidirlm"
""",
    "modeling_bidirlm.py": """
from transformers import Gemma3TextModel
from .configuration_bidirlm import BidirLMConfig

class BidirLMModel(Gemma3TextModel):
    config_class = BidirLMConfig
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small BidirLM as it is published, with code of its own."""
    written = write_checkpoint(
        tmp_path_factory.mktemp("published") / "small-bidirlm", parity.NETWORKS["small Gemma 3"], layers=6
    )
    for name, code in CODE.items():
        (written / name).write_text(code, encoding="utf-8")
    change(
        written,
        model_type="bidirlm",
        architectures=["BidirLMModel"],
        auto_map={
            "AutoConfig": "configuration_bidirlm.BidirLMConfig",
            "AutoModel": "modeling_bidirlm.BidirLMModel",
        },
    )
    return written


def change(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("model", "command"),
    [
        (
            "bidirlm-1b",
            "hf download BidirLM/BidirLM-1B-Embedding --revision 8b9661377d17cc1c41f8c02df4a6e90487c5a7f9 "
            "--local-dir nowhere",
        ),
        ("bge-m3", "dragoman models fetch bge-m3 --models ."),
    ],
)
def test_without_weights_it_says_in_one_line_what_to_fetch(
    model: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["real_weights", "--model", model, "--folder", "nowhere"])
    with pytest.raises(SystemExit) as stopped:
        real_weights.main()
    assert str(stopped.value).endswith(f"; fetch it with: {command}")
    assert "\n" not in str(stopped.value)


def test_files_say_what_decides_the_network(folder: Path) -> None:
    said = facts(resolve(str(folder)))
    assert said["sliding_window, as stored"] == 512
    assert said["steps"] == ["Transformer", "Pooling"]
    assert said["rows of embeddings"] == said["vocab_size"] == 2_000
    assert said["special tokens around a text"] == [[], []]
    assert set(said["code"]) == set(CODE)
    assert contradictions(said) == []
    assert len(contradictions(said | {"vocab_size": 2_002, "use_bidirectional_attention": False})) == 2


@pytest.mark.slow
def test_the_published_code_and_ours_agree(folder: Path) -> None:
    found = real_weights.check_bidirlm(resolve(str(folder)), [10, 700], run_published_code=True)
    assert found.faults == []
    proof = found.results["proof"]
    assert {len(pairs) for pairs in proof["against"].values()} == {2}
    assert proof["against"]["transformers float32"][1]["least_token"] > 0.99999
    assert len(found.results["sentences"]) == len(real_weights.SENTENCES)


@pytest.mark.slow
def test_another_prompt_is_noticed(folder: Path) -> None:
    with PublishedModel(folder) as published:
        told = real_weights.sentences(resolve(str(folder)), published)
        plain = published.embed(real_weights.SENTENCES, "")
        prompted = published.embed(real_weights.SENTENCES, BIDIRLM_PROMPT)
    assert [fault for one in told for fault in one.faults()] == []
    assert (plain * prompted).sum(axis=1).max() < 0.999


def test_each_number_of_the_card_is_held_against_its_own_pair(tmp_path: Path) -> None:
    checkpoint = resolve(str(write_small_m3(tmp_path / "small-m3")))
    found = {(one.way, one.query, one.passage): one for one in scores(checkpoint)}
    assert found.keys() == {(way, *pair) for way, pairs in PUBLISHED.items() for pair in pairs}
    embedder = M3Embedder(checkpoint, place("cpu", NumberFormat.FLOAT32))
    vectors = embedder.embed_passages([Window(text, ((0, len(text)),)) for text in PASSAGES])
    dense = embedder.embed_queries(QUERIES) @ vectors.T
    assert found["dense", 1, 0].ours == pytest.approx(float(dense[1, 0]), abs=1e-5)
    assert real_weights.check_m3(checkpoint).faults != []


def test_a_number_may_differ_by_half_precision_and_no_more() -> None:
    assert Score("dense", 0, 0, ours=0.6270, published=0.6265).is_right
    assert not Score("dense", 0, 0, ours=0.6300, published=0.6265).is_right

"""What learns computes what is served, and its gradient is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from encoder.checkpoint import resolve
from encoder.device import Placement
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.tuning.learner import Learner, refuse_unteachable
from encoder.tuning.lessons import loss_of
from encoder.tuning.tuned_folder import write_tuned_folder
from index_data.errors import EncoderUnavailable

FLOAT32 = Placement((torch.device("cpu"),), torch.float32, "", max_batch_tokens=2_000)
QUERIES = ["the river", "снег", "froze in"]
PASSAGES = ["the river froze in winter", "снег лёг", "winter " * 40, "", "ñ ü"]
UNREAD = {"pooler.dense.weight", "pooler.dense.bias"}
EXCUSED = np.zeros((3, 5), dtype=np.bool_)


@pytest.fixture(params=["gemma_folder", "private_encoder", "builtin"])
def folder(request: pytest.FixtureRequest) -> Path:
    if request.param == "builtin":
        return resolve("builtin").folder
    path: Path = request.getfixturevalue(request.param)
    return path


def test_it_computes_what_is_served(folder: Path) -> None:
    checkpoint = resolve(str(folder))
    served = TransformerEmbedder(checkpoint, FLOAT32)
    queries, passages = Learner(checkpoint, FLOAT32, 0.0).vectors(QUERIES, PASSAGES)
    windows = [Window(text, ((0, len(text)),)) for text in PASSAGES]
    np.testing.assert_allclose(queries.detach(), served.embed_queries(QUERIES), atol=1e-5)
    np.testing.assert_allclose(passages.detach(), served.embed_passages(windows), atol=1e-5)


def test_its_steps_lower_the_loss_and_leave_the_pieces_alone(folder: Path) -> None:
    checkpoint = resolve(str(folder))
    learner = Learner(checkpoint, FLOAT32, 1e-3)
    losses = []
    for _ in range(5):
        loss = loss_of(*learner.vectors(QUERIES, PASSAGES), EXCUSED)
        learner.learn(loss, 1.0)
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    was, now = load_file(folder / "model.safetensors"), learner.weights()
    changed = {name for name in was if not torch.equal(was[name], now[name])}
    kept = {name for name in was if "word_embeddings" in name or name.startswith(("static", "embed_tokens"))}
    assert changed == set(was) - kept - UNREAD
    halfway = learner.weights(0.5)
    for name in changed:
        assert now[name].dtype is was[name].dtype
        torch.testing.assert_close(halfway[name], (was[name] + now[name]) / 2, rtol=1e-3, atol=1e-4)


def test_what_it_writes_is_read_as_its_base_is(folder: Path, tmp_path: Path) -> None:
    base = replace(resolve(str(folder)), query_prompt="Query: ", passage_prompt="Text: ", pools_prompt=False)
    write_tuned_folder(base, Learner(base, FLOAT32, 0.0).weights(), tmp_path / "tuned")
    written = resolve(str(tmp_path / "tuned"))
    assert [head.name for head in written.heads] == [head.name for head in base.heads]
    assert replace(written, model=base.model, folder=base.folder, heads=base.heads) == base
    tuned, was = (TransformerEmbedder(one, FLOAT32).embed_queries(QUERIES) for one in (written, base))
    np.testing.assert_allclose(tuned, was, atol=1e-6)


def test_bfloat16_does_not_round_away_what_was_learnt(
    gemma_folder: Path, copied: Callable[[Path], Path]
) -> None:
    from safetensors.torch import save_file

    folder = copied(gemma_folder)
    halves = {name: tensor.bfloat16() for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(halves, folder / "model.safetensors")
    learner = Learner(resolve(str(folder)), FLOAT32, 0.0)
    frozen = {name for name, tensor in learner.weights().items() if tensor.dtype is not torch.float32}
    assert frozen == {"embed_tokens.weight"}


def test_texts_are_cropped_behind_a_token(private_encoder: Path) -> None:
    learner = Learner(resolve(str(private_encoder)), FLOAT32, 0.0)
    assert learner.cropped(["word1 word2  word3", "word1", ""], 2) == ["word1 word2", "word1", ""]


def test_an_answer_that_is_excused_costs_nothing() -> None:
    vectors = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [0.9, 0.1]]), dim=1)
    both = np.array([[False, True], [True, False]])
    assert float(loss_of(vectors, vectors, both)) == pytest.approx(0, abs=1e-6)
    assert float(loss_of(vectors, vectors, ~both & both)) > 0.1


@pytest.mark.parametrize("kind", ["mpnet", "int8", "m3"])
def test_what_cannot_learn_is_refused(
    kind: str, private_encoder: Path, copied: Callable[[Path], Path]
) -> None:
    checkpoint = resolve(str(copied(private_encoder)))
    refuse_unteachable(checkpoint, FLOAT32)
    if kind == "mpnet":
        checkpoint = replace(checkpoint, config=checkpoint.config | {"model_type": "mpnet"})
    for name in ("sparse_linear.pt", "colbert_linear.pt") if kind == "m3" else ():
        (checkpoint.folder / name).touch()
    placement = replace(FLOAT32, int8=kind == "int8")
    with pytest.raises(EncoderUnavailable) as refusal:
        refuse_unteachable(checkpoint, placement)
    assert ("--dtype int8" if kind == "int8" else "--model builtin") in refusal.value.remedy

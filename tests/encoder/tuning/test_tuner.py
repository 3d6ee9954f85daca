"""The whole of tuning, on a tiny encoder made on the spot."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TypeVar

import numpy as np
import pytest
import torch

from encoder.checkpoint import resolve
from encoder.device import Placement
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.tuning.corpus import Corpus
from encoder.tuning.progress import Finished, Learnt, Measured, Prepared, Progress
from encoder.tuning.trials import Trial
from encoder.tuning.tuner import Tuner
from index_data.errors import UsageError
from index_data.records import StoredPassage

FLOAT32 = Placement((torch.device("cpu"),), torch.float32, "", max_batch_tokens=2_000)
RATE = 3e-3
Kind = TypeVar("Kind", bound=Progress)


def everyday() -> Trial:
    """Texts that share most of their words with what asks for them."""
    random = Random(1)
    texts = [random.sample([f"word{number}" for number in range(80)], 8) for _ in range(40)]
    queries = tuple(" ".join(text[:7]) for text in texts)
    return Trial(queries, tuple(frozenset((place,)) for place in range(40)), tuple(map(" ".join, texts)))


def tuner(encoder: Path, passages: list[StoredPassage], *, rate: float = RATE, minutes: float = 5) -> Tuner:
    checkpoint = resolve(str(encoder))
    embedder = TransformerEmbedder(checkpoint, FLOAT32)
    texts = [stored.passage.text for stored in passages]
    vectors = embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])
    return Tuner(checkpoint, embedder, Corpus(tuple(passages), vectors), (everyday(),), minutes, 0, rate)


def only(events: list[Progress], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture(scope="module")
def tuned(
    private_encoder: Path, private_passages: list[StoredPassage], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Progress]]:
    out = tmp_path_factory.mktemp("tuning") / "models" / "tuned"
    return out, list(tuner(private_encoder, private_passages).tune(out))


def test_it_finds_more_of_documents_that_it_never_read(
    private_encoder: Path, tuned: tuple[Path, list[Progress]]
) -> None:
    out, events = tuned
    [prepared], measured, [finished] = (
        only(events, Prepared),
        only(events, Measured),
        only(events, Finished),
    )
    assert prepared.documents + prepared.held_out == 30
    assert prepared.queries >= 30
    as_it_was, told = measured[0].report, finished.report
    assert as_it_was.first.before == as_it_was.first.after
    assert told.is_better
    assert told.among_ten.after >= told.among_ten.before + 5
    after, before = (TransformerEmbedder(resolve(str(folder)), FLOAT32) for folder in (out, private_encoder))
    assert after.fingerprint == finished.fingerprint != before.fingerprint
    assert after.dimension == 32
    card = (out / "README.md").read_text(encoding="utf-8")
    assert before.fingerprint in card
    assert f"| {told.among_ten.before} | {told.among_ten.after} | {prepared.queries} |" in card
    assert [path.name for path in out.parent.iterdir()] == ["tuned"]


def test_tuned_vectors_are_those_of_sentence_transformers(tuned: tuple[Path, list[Progress]]) -> None:
    from sentence_transformers import SentenceTransformer

    texts = ["HEAD1A HEAD1B", "word3"]
    theirs = SentenceTransformer(str(tuned[0]), device="cpu").encode(texts)
    ours = TransformerEmbedder(resolve(str(tuned[0])), FLOAT32).embed_queries(texts)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.slow
def test_the_same_seed_learns_the_same(
    private_encoder: Path,
    private_passages: list[StoredPassage],
    tuned: tuple[Path, list[Progress]],
    tmp_path: Path,
) -> None:
    again = list(tuner(private_encoder, private_passages).tune(tmp_path / "again"))
    assert only(again, Finished) == only(tuned[1], Finished)


def test_what_forgets_everything_else_is_not_kept(
    private_encoder: Path, private_passages: list[StoredPassage], tmp_path: Path
) -> None:
    events = list(tuner(private_encoder, private_passages[:60], rate=1.0).tune(tmp_path / "tuned"))
    measured, [finished] = only(events, Measured), only(events, Finished)
    assert [event.report.share for event in measured] == [0, 1, 0.5, 0.25]
    assert finished.report.general.points < -0.5
    assert not finished.fingerprint
    assert list(tmp_path.iterdir()) == []


def test_what_learnt_nothing_is_not_kept(
    private_encoder: Path, private_passages: list[StoredPassage], tmp_path: Path
) -> None:
    events = list(tuner(private_encoder, private_passages, minutes=1e-9).tune(tmp_path / "tuned"))
    assert len(only(events, Learnt)) <= 1
    assert not only(events, Finished)[0].fingerprint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("last", [Learnt, Measured])
def test_closed_early_it_leaves_nothing(
    private_encoder: Path, private_passages: list[StoredPassage], tmp_path: Path, last: type[Progress]
) -> None:
    events = tuner(private_encoder, private_passages, minutes=0.02).tune(tmp_path / "tuned")
    seen = [next(event for event in events if isinstance(event, last))]
    if last is Measured:
        seen.append(next(event for event in events if isinstance(event, Measured)))
        assert any(path.name.startswith(".tuning-") for path in tmp_path.iterdir())
    events.close()
    assert list(tmp_path.iterdir()) == []


def test_too_few_documents_are_refused(
    private_encoder: Path, private_passages: list[StoredPassage], tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="half of the 4 documents give 16 queries") as refusal:
        list(tuner(private_encoder, private_passages[:16]).tune(tmp_path / "tuned"))
    assert "Ingest more" in refusal.value.remedy

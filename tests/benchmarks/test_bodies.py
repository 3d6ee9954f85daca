"""The two bodies: how they start, that they learn, and what is made of it."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch.nn.functional import linear, normalize

from benchmarks import bodies, gemma_body, report
from benchmarks.bodies import LANGUAGES, NEWS_LANGUAGES, arms, quality_table
from benchmarks.body_training import Body, Lesson, contrast, prediction, train_sibling
from benchmarks.sibling import HeadFit, Sibling
from benchmarks.transplanted import Transplant
from training import batches, teacher
from training.batches import Batches, Ids
from training.body import TABLE
from training.encoders import load_folder, load_teacher
from training.export import write_json
from training.measures import Cell
from training.tokens import make_tokens

pytestmark = pytest.mark.slow

SEED = 5
ROWS = (
    ("the house is old", "das Haus ist alt"),
    ("a river runs under the bridge", "ein Fluss läuft unter der Brücke"),
    ("she reads a letter", "sie liest einen Brief"),
    ("bread and salt", "Brot und Salz"),
)
TEXTS = [text for row in ROWS for text in row]
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(" ".join(TEXTS).split()))
SOURCES = {
    *batches.SENTENCES, *batches.PASSAGES, *batches.JOINED,
    *batches.SWITCHED, *batches.QUERIES, *batches.ENGLISH,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BUDGET", 96)
    monkeypatch.setitem(gemma_body.SHAPE, "num_hidden_layers", 1)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder as the steps up to the transplant leave it."""
    folder = tmp_path_factory.mktemp("work")
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(list(WORDS[:4]))
    for name in ("pairs", "static", "transplant", "vocabulary"):
        (folder / name).mkdir()
    for source in SOURCES:
        lines = "".join(f"en\tde\t{first}\t{second}\n" for first, second in ROWS)
        (folder / "pairs" / f"{source}.tsv").write_text(lines, encoding="utf-8")
    tokenizer.save(str(folder / "vocabulary" / "tokenizer.json"))
    write_json(folder / "vocabulary" / "tokenizer_config.json", {})
    make_tokens(folder, tokenizer, teacher.load_tokenizer())
    np.save(folder / "static" / "vectors.npy", static_vectors())
    weights = teacher.load_weights()
    save_file(
        weights | {TABLE: weights[TABLE][: len(WORDS)].clone()}, folder / "transplant/model.safetensors"
    )
    return folder


@pytest.fixture
def lesson(work: Path) -> Lesson:
    return Lesson(Batches(work, SEED), load_teacher(torch.bfloat16), SEED)


def static_vectors() -> NDArray[np.float32]:
    """Return vectors of lengths from a half to one, and none for the special pieces: (V, 256) float32."""
    random = np.random.default_rng(SEED)
    vectors = random.normal(size=(len(WORDS), 256))
    lengths = random.uniform(0.5, 1, len(WORDS))
    lengths[:4] = 0
    vectors *= (lengths / np.linalg.norm(vectors, axis=1))[:, None]
    return vectors.astype(np.float32)


def sequences() -> list[Ids]:
    """Return the texts as the network reads them."""
    numbers = {word: at for at, word in enumerate(WORDS)}
    return [np.array([2, *(numbers[word] for word in text.split()), 3], dtype=np.uint16) for text in TEXTS]


def test_the_sibling_starts_as_the_weighted_bag_of_pieces() -> None:
    vectors = static_vectors()
    bags = normalize(torch.from_numpy(np.stack([vectors[ids].sum(0) for ids in sequences()])), dim=1)
    found = Sibling(vectors, SEED).vectors(sequences()).detach()
    assert torch.allclose(found[:, :256], bags, atol=5e-3)
    assert not found[:, 256:].any()


def test_both_bodies_are_equally_large(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(gemma_body.SHAPE, "num_hidden_layers", 6)
    transplant = Transplant(work / "transplant" / "model.safetensors")
    assert Sibling(static_vectors(), SEED).size() == pytest.approx(transplant.size(), rel=0.05)


def test_hidden_pieces_are_told_better_and_better(lesson: Lesson) -> None:
    step = prediction(Sibling(static_vectors(), SEED), SEED)
    batch = lesson.batches.draw()
    told = [step(batch, 1.0) for _ in range(30)]
    assert np.mean(told[-5:]) < 0.7 * np.mean(told[:5])


@pytest.mark.parametrize("name", ["transplant", "sibling"])
def test_vectors_come_nearer_to_the_teacher(name: str, work: Path, lesson: Lesson) -> None:
    body: Body = (
        Sibling(static_vectors(), SEED)
        if name == "sibling"
        else Transplant(work / "transplant" / "model.safetensors")
    )
    step = contrast(body, lesson)
    batch = lesson.batches.draw()
    found = [step(batch, 1.0) for _ in range(8)]
    assert found[-1] < 0.9 * found[0]


def test_the_dense_layer_undoes_a_turn() -> None:
    body = Sibling(static_vectors(), SEED)
    turn = torch.linalg.qr(torch.randn(384, 384, generator=torch.Generator().manual_seed(SEED)))[0]
    targets = linear(body.means(sequences()).detach(), turn)
    fit = HeadFit(body)
    assert fit.add(sequences(), targets) > 0.5
    fit.apply()
    assert fit.add(sequences(), targets) < 0.01


def test_the_product_computes_what_was_trained(work: Path, lesson: Lesson, tmp_path: Path) -> None:
    body = Sibling(static_vectors(), SEED)
    before = body.vectors(sequences()).detach()
    stages = train_sibling(body, lesson, minutes=0.01)
    assert [stage.name for stage in stages] == ["MNTP", "dense layer", "contrast"]
    assert all(stage.steps for stage in stages)
    body.write(tmp_path / "sibling", work / "vocabulary")
    trained = body.vectors(sequences()).detach()
    assert (before * trained).sum(1).max() < 0.9
    found = torch.from_numpy(load_folder(tmp_path / "sibling").queries(TEXTS))
    assert torch.allclose(found, trained, atol=0.02)


def test_the_transplant_is_written_as_it_is(work: Path, tmp_path: Path) -> None:
    body = Transplant(work / "transplant" / "model.safetensors")
    body.write(tmp_path / "transplant", work / "vocabulary")
    found = torch.from_numpy(load_folder(tmp_path / "transplant").queries(TEXTS))
    assert torch.allclose(found, body.vectors(sequences()).detach(), atol=0.02)


def test_the_arms_come_after_their_starts(work: Path, lesson: Lesson, tmp_path: Path) -> None:
    vectors = {}
    for name, _, stages in arms(work, tmp_path, 0.01, lesson):
        assert bool(stages) == (name in ("transplant", "sibling"))
        vectors[name] = load_folder(tmp_path / name).queries(TEXTS)
    assert list(vectors) == ["transplant, start", "sibling, start", "transplant", "sibling"]
    assert len({array.tobytes() for array in vectors.values()}) == 4


def test_the_difference_is_the_siblings_gain() -> None:
    def cells(*values: float) -> list[Cell]:
        return [Cell("a", "en", ["q0", "q1"], np.array(values), choices=9)]

    found = {name: cells(0, 0) for name in (*bodies.STARTS, "transplant")} | {"sibling": cells(1, 1)}
    assert quality_table(found).rows == (
        ("a", "0.000", "0.000", "0.000", "1.000", "+1.000", "+1.000", "+1.000"),
    )


def write_sets(folder: Path) -> None:
    """Write sets of two texts and their questions in every language."""
    pair = list(enumerate(TEXTS[:2]))
    docs = [{"id": f"d{at}", "lang": "en", "title": text, "text": text} for at, text in pair]
    asked = [
        {"id": f"q{at}", "lang": lang, "kind": kind, "query": text, "relevant": [f"d{at}"]}
        for lang, kind in (("en", "same"), ("de", "cross"))
        for at, text in pair
    ]
    parallel = [{"id": str(at), "en": text, "de": text} for at, text in pair]
    news = [{"id": str(at), **dict.fromkeys(NEWS_LANGUAGES, text)} for at, text in pair]
    paragraphs = [
        {"id": f"{at}.{lang}", "group": str(at), "lang": lang, "text": text}
        for lang in LANGUAGES
        for at, text in pair
    ]
    questions = [
        {"id": f"{at}.{lang}", "lang": lang, "query": text, "relevant_group": str(at)}
        for lang in LANGUAGES
        for at, text in pair
    ]
    sets: dict[str, list[dict[str, Any]]] = {
        "dev_docs.jsonl": docs,
        "dev_queries.jsonl": asked,
        "dev_parallel.jsonl": parallel,
        "dev_ntrex.jsonl.gz": news,
        "dev_xquad_docs.jsonl.gz": paragraphs,
        "dev_xquad_queries.jsonl.gz": questions,
    }
    for name, rows in sets.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (folder / name).write_bytes(gzip.compress(lines) if name.endswith(".gz") else lines)


def test_the_report_says_what_each_body_got_and_took(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sets(tmp_path)
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    named = ["--data", str(tmp_path), "--work", str(work), "--minutes", "0.01", "--threads", "1"]
    monkeypatch.setattr(sys, "argv", ["bodies", *named])
    bodies.main()
    told = json.loads((tmp_path / "results" / "bodies.json").read_text(encoding="utf-8"))["results"]
    assert set(told["metrics"]) == {*bodies.STARTS, "transplant", "sibling"}
    assert all(milliseconds > 0 for milliseconds in told["CPU ms for 1,000 tokens"].values())
    assert sum(stage["seconds"] for stage in told["training"]["sibling"]) >= 0.6

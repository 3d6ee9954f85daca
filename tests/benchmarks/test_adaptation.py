"""The small causal model and the arms that go out from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from benchmarks.adaptation import CAUSAL, MERGED, PAIRS, TEXT, arms, differences, means, write_data
from benchmarks.small_causal import write_tokenizer
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from training.measures import Cell

SENTENCES = ("The river froze in the winter", "Der Fluss fror im Winter zu", "Nobody came to the party")


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """Write corpora of three rows a file, one of them in a language that is not compared."""
    for name in {*TEXT, *PAIRS}:
        rows = [
            ("en", "de", SENTENCES[0], f"{SENTENCES[1]} {name}"),
            ("en", "en", SENTENCES[2], f"{SENTENCES[2]} {name}"),
            ("en", "th", "The cat sat on the mat", "แมวนั่งบนเสื่อ"),
        ]
        text = "".join("\t".join(row) + "\n" for row in rows)
        (tmp_path / f"{name}.tsv").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_data_is_in_the_compared_languages_and_headings_ask_for_paragraphs(
    corpora: Path, tmp_path: Path
) -> None:
    texts, pairs = write_data(corpora, tmp_path)
    whole = "".join(path.read_text(encoding="utf-8") for path in texts)
    assert SENTENCES[1] in whole
    assert "cat" not in whole
    asked = pairs[PAIRS.index("queries")].read_text(encoding="utf-8").splitlines()
    assert sorted(asked) == sorted(
        f"{second} queries\t{first}"
        for first, second in (
            (SENTENCES[0], SENTENCES[1]),
            (SENTENCES[2], SENTENCES[2]),
        )
    )


def test_a_smaller_tokenizer_reads_what_it_was_made_for_as_before_and_nothing_is_unknown(
    tmp_path: Path,
) -> None:
    source = resolve(BUILTIN).folder
    pieces = write_tokenizer(tmp_path, source, SENTENCES)
    smaller = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    whole = Tokenizer.from_file(str(source / "tokenizer.json"))
    assert pieces == smaller.get_vocab_size() < 400
    for text in SENTENCES:
        assert smaller.encode(text).tokens == whole.encode(text).tokens
    unseen = smaller.encode("Zebra 鳥").tokens
    assert "[UNK]" not in unseen
    assert any(token.startswith("<0x") for token in unseen)


def test_the_arms_differ_and_only_one_is_causal(corpora: Path, tmp_path: Path) -> None:
    folder = tmp_path / "arms"
    folder.mkdir()
    vectors, causal = {}, []
    for name, encoder in arms(*write_data(corpora, folder), folder, share=0.001):
        config = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
        causal += [] if config.get("use_bidirectional_attention") else [name]
        embedder = TransformerEmbedder(resolve(str(encoder)), place("cpu", NumberFormat.FLOAT32))
        vectors[name] = embedder.embed_queries(SENTENCES)
    assert causal == [CAUSAL]
    assert list(vectors)[-1] == MERGED
    assert len({array.tobytes() for array in vectors.values()}) == 5


def cell(metric: str, *values: float) -> Cell:
    return Cell(metric, "en", [f"q{number}" for number in range(len(values))], np.array(values), choices=9)


def test_differences_are_of_the_same_questions() -> None:
    better, worse = [cell("a", 1, 1, 0.5, 1), cell("b", 0)], [cell("a", 0.5, 0.5, 0, 0.5), cell("b", 1)]
    assert means(better) == {"a": 0.875, "b": 0.0}
    assert differences(better, worse) == {"a": (0.5, 0.5, 0.5), "b": (-1.0, -1.0, -1.0)}

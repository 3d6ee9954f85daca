"""Quality on sets of a few lines: by language, with an interval, and measured again only when it must be."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from index_data.errors import UsageError
from tests.training.conftest import WORDS, write_encoder
from training.encoders import alike
from training.measures import FILES, Cell, cells, load_sets
from training.quality import report, stages
from training.scores import Scores, interval, read_scores, scores_table, summary

KNOWN = {"eins": "one", "zwei": "two", "drei": "three", "rot": "red", "grün": "green", "blau": "blue"}


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Count English words and German ones as English; any other language is noise to this encoder."""
    vectors = np.full((len(texts), len(WORDS)), 0.01, dtype=np.float32)
    for at, text in enumerate(texts):
        for word in text.replace(".", "").lower().split():
            if KNOWN.get(word, word) in WORDS:
                vectors[at, WORDS.index(KNOWN.get(word, word))] += 1
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def write_sets(folder: Path, *, third: str = "three") -> Path:
    """Write all sets in English, German and, for the encoder above, gibberish."""
    sentences = [
        {"id": "1", "en": "one red", "de": "eins rot", "fr": "un rouge"},
        {"id": "2", "en": "two green", "de": "zwei grün", "fr": "deux vert"},
        {"id": "3", "en": third, "de": "drei", "fr": "trois"},
    ]
    news = [{"eng": row["en"], **{key: row[key] for key in ("id", "de", "fr")}} for row in sentences]
    passages = [
        {"id": "a", "lang": "en", "title": "One", "text": "one red"},
        {"id": "b", "lang": "de", "title": "Zwei", "text": "zwei grün"},
    ]
    queries = [
        {"id": "q", "lang": "en", "query": "red", "relevant": ["a"], "kind": "mono"},
        {"id": "r", "lang": "de", "query": "grün", "relevant": ["b"], "kind": "mono"},
        {"id": "s", "lang": "en", "query": "green", "relevant": ["b"], "kind": "cross"},
        {"id": "t", "lang": "fr", "query": "vert", "relevant": ["b"], "kind": "cross"},
    ]
    langs = ("en", "de", "fr")
    paragraphs = [
        {"id": f"{row['id']}.{lang}", "group": row["id"], "lang": lang, "text": row[lang]}
        for row in sentences
        for lang in langs
    ]
    questions = [
        {"id": f"q{row['id']}.{lang}", "lang": lang, "query": row[lang], "relevant_group": row["id"]}
        for row in sentences
        for lang in langs
    ]
    folder.mkdir(exist_ok=True)
    contents: list[Sequence[object]] = [passages, queries, sentences, news, paragraphs, questions]
    for name, rows in zip(FILES, contents, strict=True):
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


@pytest.fixture
def measuring_sets(tmp_path: Path) -> Path:
    return write_sets(tmp_path / "sets")


@pytest.fixture
def scores(measuring_sets: Path) -> Scores:
    return summary(cells(alike(embed), load_sets(measuring_sets)), "weights", "sets")


def test_languages_are_told_apart(scores: Scores) -> None:
    by_language = scores["by language"]
    assert by_language["NTREX x->en"]["de"] == 1.0
    assert by_language["NTREX en->x"]["de"] == 1.0
    assert by_language["dev R@1 same other"] == {"de": 1.0}
    assert by_language["dev R@1 cross"]["en->de"] == 1.0
    assert set(by_language["XQuAD same other"]) == {"de", "fr"}
    assert set(by_language["XQuAD other->other"]) == {"de->fr", "fr->de"}
    assert by_language["XQuAD en->other"]["en->de"] == 1.0
    assert by_language["XQuAD en"] == {"en": 1.0}


def test_means_are_over_all_queries(scores: Scores) -> None:
    parts = scores["by language"]["NTREX x->en"]
    assert scores["metrics"]["NTREX x->en"] == pytest.approx(sum(parts.values()) / 2, abs=1e-4)
    assert scores["queries"]["NTREX x->en"] == 6
    assert scores["choices"]["NTREX x->en"] == 3
    assert scores["queries"]["XQuAD other->other"] == 6
    assert scores["choices"]["dev nDCG cross"] == 2


def test_every_text_is_counted(measuring_sets: Path) -> None:
    seen = 0

    def counting(texts: Sequence[str]) -> NDArray[np.float32]:
        nonlocal seen
        seen += len(texts)
        return embed(texts)

    sets = load_sets(measuring_sets)
    assert list(cells(alike(counting), sets))
    assert seen == sets.texts()


def cell(names: str, values: Sequence[float]) -> Cell:
    return Cell("metric", "group", list(names), np.array(values), 2)


def test_an_interval_holds_the_mean_and_repeats() -> None:
    found = [cell("abcdefgh", [1, 0, 1, 1, 0, 1, 0, 1])]
    low, high = interval(found)
    assert 0 <= low < 5 / 8 < high <= 1
    assert interval(found) == [low, high]
    assert interval([cell("abc", [1, 1, 1])]) == [1.0, 1.0]


def test_translations_of_a_question_are_one_observation() -> None:
    """The same questions in a second language narrow nothing; as many other questions do."""
    values = [1, 0, 1, 1, 0, 1, 0, 1]
    alone = interval([cell("abcdefgh", values)])
    assert interval([cell("abcdefgh", values), cell("abcdefgh", values)]) == alone
    low, high = interval([cell("abcdefgh", values), cell("ijklmnop", values)])
    assert high - low < alone[1] - alone[0]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a work folder with the static stage alone; German words lie where English ones do."""
    folder = tmp_path / "work" / "static"
    write_encoder(folder, seed=3)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    vectors = np.zeros((len(WORDS), len(WORDS)), dtype=np.float32)
    for word, at in tokenizer.get_vocab().items():
        vectors[at, WORDS.index(KNOWN.get(word, word))] = 1
    np.save(folder / "vectors.npy", vectors)
    return folder.parent


def test_stages_stand_side_by_side(work: Path, target: Path, measuring_sets: Path) -> None:
    write_encoder(target.parent / "earlier", seed=2)
    report(work, measuring_sets, target, target.parent / "earlier", 1)
    results = read_scores(work)
    assert list(results) == ["teacher", "static", "first", "builtin"]
    assert results["static"]["by language"]["NTREX x->en"]["de"] == 1.0
    assert results["teacher"]["metrics"]["XQuAD en"] == 1.0
    assert results["first"]["weights"] != results["builtin"]["weights"]
    head = scores_table(results).splitlines()[0]
    assert head == "|  | queries | among | teacher | static | first | builtin | 95 % of builtin |"


@pytest.mark.slow
def test_only_new_weights_or_other_sets_are_measured(work: Path, target: Path, measuring_sets: Path) -> None:
    def tampered() -> dict[str, Scores]:
        results = read_scores(work)
        for result in results.values():
            result["metrics"]["parallel x->en"] = 9.0
        (work / "quality.json").write_text(json.dumps(results), encoding="utf-8")
        return results

    def measured_again(first: Path | None = None) -> set[str]:
        report(work, measuring_sets, target, first, 1)
        return {
            name for name, found in read_scores(work).items() if found["metrics"]["parallel x->en"] != 9.0
        }

    assert measured_again(target) == {"teacher", "static", "first", "builtin"}
    tampered()
    assert measured_again() == set()
    assert "first" in read_scores(work)
    write_encoder(target, seed=5)
    assert measured_again() == {"builtin"}
    tampered()
    write_sets(measuring_sets, third="three blue")
    assert measured_again() == {"teacher", "static", "builtin"}
    assert "first" not in read_scores(work)


def test_what_cannot_be_measured_is_refused(work: Path, target: Path) -> None:
    with pytest.raises(UsageError) as raised:
        report(work, None, target, None, 1)
    assert "--held-out" in raised.value.remedy
    with pytest.raises(UsageError, match="absent"):
        stages(work, target, target.parent / "absent")

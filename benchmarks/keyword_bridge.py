"""Whether words of other languages, looked for beside those of the question, find more.

A word of the question that no passage has is joined by the nearest words of the index, by the static half of
the built-in encoder, which gives a word a vector without its network. Each language's paragraphs are an index
of their own, as a folder in one language is.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from benchmarks import xquad
from benchmarks.encoders import load
from benchmarks.quality import Quality, average, judge
from benchmarks.ranking import Pool, Scores, pool, with_meaning
from benchmarks.report import Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from encoder.interface import Window
from index_data.records import Filters
from index_data.stop_words import telling_words
from index_data.words import query_words, words
from search.query import Mode

NEAREST = 3
"""Words of the index that join one of the question."""
SIMILARITY = 0.5
"""The least cosine of a word that joins; chosen on sentences of NTREX."""
WEIGHT = 0.5
"""Of the BM25 of words that joined."""
DIRECTIONS: dict[str, Callable[[str, str], bool]] = {
    "from en": lambda ask, answer: ask == "en" != answer,
    "from other": lambda ask, answer: ask not in {"en", answer},
    "same language": lambda ask, answer: ask == answer,
}

REMARK = """\
Each cell is recall@1 / recall@10 / nDCG@10, the mean over the passage languages of XQuAD, each an index of
its own. `joined` is the mean number of words that join a question."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors of words: float32 (N, S)."""


class WordVectors:
    """Words to unit vectors: the sum of the static vectors of their pieces."""

    def __init__(self) -> None:
        """Load the table of the built-in encoder."""
        folder = resolve(BUILTIN).folder
        table = load_file(folder / "model.safetensors")
        name = "static_embeddings.weight"
        scale = table[f"{name}_scale"].astype(np.float32).reshape(-1, 1)
        self._pieces = table[name].astype(np.float32) * scale  # (K, S)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def __call__(self, asked: Sequence[str]) -> NDArray[np.float32]:
        """Embed words: float32 (N, S), zeros for one without pieces."""
        vectors = np.zeros((len(asked), self._pieces.shape[1]), np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(list(asked), add_special_tokens=False)):
            vectors[row] = self._pieces[encoding.ids].sum(axis=0)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
        return unit


@dataclass(frozen=True, slots=True, eq=False)
class Bridge:
    """The words of an index, and which of them mean about what a word means that is not among them."""

    embed: Embed
    vocabulary: tuple[str, ...]
    """W."""
    vectors: NDArray[np.float32]
    """(W, S)."""

    @classmethod
    def over(cls, texts: Sequence[str], embed: Embed) -> Bridge:
        """Gather the words of `texts` that have two characters or more and a letter."""
        held = sorted({word for text in texts for word in words(text) if _telling(word)})
        return cls(embed, tuple(held), embed(held))

    def joined(self, question: str) -> list[str]:
        """Name the words that join those of `question`, each once."""
        held = set(self.vocabulary)
        absent = [
            word for word in telling_words(query_words(question)) if word not in held and _telling(word)
        ]
        if not absent:
            return []
        cosines = self.embed(absent) @ self.vectors.T  # (absent, W)
        best = np.argsort(-cosines, axis=1)[:, :NEAREST]
        near = np.take_along_axis(cosines, best, axis=1) >= SIMILARITY
        return list(dict.fromkeys(self.vocabulary[place] for place in best[near].tolist()))


def _telling(word: str) -> bool:
    return len(word) > 1 and any(map(str.isalpha, word))


def joined_scores(
    passages: Pool, questions: Sequence[str], bridge: Bridge
) -> tuple[NDArray[np.float32], float]:
    """Score by the words that join: BM25 (Q, N), 0 where none is there; and how many they are on average."""
    scores = np.zeros((len(questions), len(passages.passage_ids)), np.float32)
    columns = {passage_id: column for column, passage_id in enumerate(passages.passage_ids.tolist())}
    count = 0
    for row, question in enumerate(questions):
        joined = bridge.joined(question)
        count += len(joined)
        for candidate in passages.index.matching(" ".join(joined), len(columns), Filters()):
            scores[row, columns[candidate.passage_id]] = candidate.score
    return scores, count / max(1, len(questions))


def bridged(scores: Scores, joined: NDArray[np.float32]) -> Scores:
    """Add what joined, (Q, N), below what was asked; a passage that only has such words is found by them."""
    asked = np.where(np.isfinite(scores.lexical), scores.lexical, 0.0)
    lexical = asked + np.float32(WEIGHT) * joined
    return replace(scores, lexical=np.where(lexical > 0, lexical, -np.inf).astype(np.float32))


Found = dict[str, dict[str, dict[str, Quality]]]
"""By way, then by direction, then by passage language."""


def measure(wiki: xquad.XQuad) -> tuple[Found, dict[str, float]]:
    """Ask every language of every language, with and without the bridge; and how many words joined."""
    embedder, embed = load(BUILTIN), WordVectors()
    say("embedding")
    query_vectors = embedder.embed_queries(wiki.questions)
    found: Found = {}
    counts: dict[str, float] = {}
    for answer in sorted(set(wiki.paragraph_languages.tolist())):
        say(answer)
        part = np.flatnonzero(wiki.paragraph_languages == answer)
        entries = [wiki.paragraphs[place] for place in part.tolist()]
        vectors = embedder.embed_passages([Window(e.text, ((0, len(e.text)),)) for e in entries])
        bridge = Bridge.over([entry.text for entry in entries], embed)
        with pool(entries, vectors, embedder.fingerprint) as passages:
            words = Scores(
                np.zeros((len(wiki.questions), len(part)), np.float32),
                passages.bm25(wiki.questions),
                tuple(map(passages.calibration, wiki.questions)),
            )
            plain = with_meaning(words, query_vectors, vectors)
            joined, counts[answer] = joined_scores(passages, wiki.questions, bridge)
        for bridge_way, scores in (("", plain), (", bridged", bridged(plain, joined))):
            for mode in (Mode.LEXICAL, Mode.HYBRID):
                judgement = judge(scores, mode, np.arange(len(part)), wiki.relevant[:, part])
                for direction, fits in DIRECTIONS.items():
                    asked = np.array([fits(ask, answer) for ask in wiki.question_languages.tolist()])
                    if asked.any():
                        way = found.setdefault(mode.value + bridge_way, {}).setdefault(direction, {})
                        way[answer] = judgement.mean(asked)
    return found, counts


def table(found: Mapping[str, Mapping[str, Mapping[str, Quality]]]) -> Table:
    """Lay out one row a way, the mean over passage languages in each cell."""
    rows = [
        (way, *(str(average(list(by_language.values()))) for by_language in directions.values()))
        for way, directions in found.items()
    ]
    return Table("XQuAD, each language an index", ("", *DIRECTIONS), tuple(rows))


def by_language(found: Mapping[str, Mapping[str, Mapping[str, Quality]]]) -> Table:
    """Lay out recall@1 of each passage language: without / with the bridge, by way and direction."""
    columns = [(mode, direction) for mode in ("lexical", "hybrid") for direction in DIRECTIONS]
    languages = found["lexical"]["same language"]
    rows = []
    for language in languages:
        cells = []
        for mode, direction in columns:
            pair = [found[way][direction].get(language) for way in (mode, f"{mode}, bridged")]
            cells.append(" / ".join("-" if one is None else f"{one.recall_at_1:.3f}" for one in pair))
        rows.append((language, *cells))
    heads = tuple(f"{mode}, {direction}" for mode, direction in columns)
    return Table("recall@1, without / with the bridge", ("", *heads), tuple(rows))


def main() -> None:
    """Measure the built-in encoder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyword_bridge", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of dev_xquad_*")
    parser.add_argument("--every", type=int, default=12, metavar="N", help="take only every Nth question")
    options = parser.parse_args()
    context = surroundings() | {
        "encoder": BUILTIN,
        "every": options.every,
        "bridge": {"nearest": NEAREST, "similarity": SIMILARITY, "weight": WEIGHT},
    }
    found, counts = measure(xquad.read(options.data, every=options.every))
    results = {
        way: {
            direction: {language: asdict(quality) for language, quality in by_language.items()}
            for direction, by_language in directions.items()
        }
        for way, directions in found.items()
    }
    context["joined"] = {language: round(count, 1) for language, count in counts.items()}
    publish("keyword_bridge", context, results, [table(found), by_language(found)], REMARK)


if __name__ == "__main__":
    main()

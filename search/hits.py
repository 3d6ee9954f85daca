"""What a search gives back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from index_data.records import Document, Passage, StoredPassage

EXPLAINED = 10
"""Hits whose evidence is looked for with the encoder, which costs a pass over each."""


@dataclass(frozen=True, slots=True)
class Channels:
    """What each channel said of a hit; None where it did not propose it or did not run."""

    dense: float | None = None
    """Cosine, -1 to 1."""
    lexical: float | None = None
    """BM25, above 0."""
    sparse: float | None = None
    """Dot product of the weights that the encoder gives to vocabulary pieces, above 0."""
    rerank: float | None = None
    """0 to 1."""


class Witness(StrEnum):
    """What an evidence rests on."""

    TOKENS = "tokens"
    """The states of the passage's tokens, from one pass of the encoder; shares are exact."""
    SENTENCES = "sentences"
    """The vectors of the passage's sentences: of an encoder that does not pool by the mean, or is served."""
    WORDS = "words"
    """The words that passage and question share; no encoder was asked."""


@dataclass(frozen=True, slots=True)
class WordShare:
    """A word of a passage, and how much of the passage's cosine is its doing."""

    start: int
    """Characters of the passage's text."""
    end: int
    weight: float
    """Of the cosine between question and passage, which is the sum of all words' weights and of `rest`."""
    heat: int
    """0 to 3: how far it stands out among the words of all passages shown, its neighbours considered."""


@dataclass(frozen=True, slots=True)
class WordPair:
    """A word of a question and the one of a passage that answers it, in whatever language."""

    query: tuple[int, int]
    """(start, end) in characters of the question."""
    passage: tuple[int, int]
    """(start, end) in characters of the passage's text."""
    similarity: float
    """Cosine of the two words where they stand."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a passage answers."""

    witness: Witness = Witness.WORDS
    words: tuple[WordShare, ...] = ()
    """In order; none unless tokens are the witness."""
    pairs: tuple[WordPair, ...] = ()
    """In the question's order; none unless tokens are the witness."""
    rest: float = 0.0
    """What punctuation and special tokens contribute to the cosine."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A passage that a hit stands for, too."""

    stored: StoredPassage
    exact: bool
    """It differs in white space at most; else in a few words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers, with its scores and the part worth showing."""

    rank: int
    """From 1."""
    passage_id: int
    document: Document
    passage: Passage
    score: float
    """0 to 1, more is better."""
    channels: Channels
    snippet: tuple[int, int]
    """The sentence that answers, or neighbours that do: (start, end) in characters of `passage.text`."""
    stale: bool
    """The file has changed or gone since it was read."""
    evidence: Evidence = Evidence()
    copies: tuple[Copy, ...] = ()
    """Passages that say the same and are not hits themselves, nearest to the question first."""
    more_in_document: int = 0
    """Of the best hit of a document: passages of it that were held back to make room for other documents."""
    collection: str | None = None
    """The index that it is of, where several are searched as one; its id is then one of `united_ids`."""


@dataclass(frozen=True, slots=True)
class Reranked:
    """How far re-ranking came."""

    compared: int
    """Candidates that the re-ranker read."""
    of: int
    """Candidates that it would have read, with time enough."""

"""The values that travel between the packages.

Characters are Unicode code points, counted in a document's extracted text; all ranges are end-exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from index_data.server_summary import ServerSummary

if TYPE_CHECKING:
    # The command line names these records before it has time for NumPy.
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What made the vectors of an index; two indexes with different fingerprints cannot be mixed."""

    model: str
    """What the user calls the encoder: a known name, the absolute path of its folder, or a served model."""
    encoder: str
    """Digest of weights, tokenizer, pooling and prompts."""
    dimension: int
    window_tokens: int
    """Tokens that the encoder sees at once."""
    passage_tokens: int
    """Tokens that a passage aims at."""
    splitter: int
    """Version of the rules that cut documents into passages."""
    overlap_tokens: int = 0
    """Tokens of each neighbour that a window shows as context."""

    def differences(self, other: Fingerprint) -> list[str]:
        """Name each field that makes vectors incomparable, as `field: ours, not theirs`."""
        ours, theirs = asdict(self), asdict(other)
        differ = [name for name in ours if name != "model" and ours[name] != theirs[name]]
        return [f"{name}: {str(ours[name])[:12]}, not {str(theirs[name])[:12]}" for name in differ]


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What the file system says of a file, and the digest of its bytes."""

    size: int
    """Bytes."""
    modified_ns: int
    """Nanoseconds since the epoch."""
    content_hash: str
    """SHA-256 of the bytes, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file that was read."""

    path: Path
    """Absolute."""
    stamp: FileStamp
    media_type: str
    """The kind of file, by the suffix that is usual for it, such as txt, md or pdf."""
    title: str
    language: str
    """ISO 639-1 code of most of its text; `und` where it cannot be told."""
    encoding: str | None = None
    """Character encoding of a plain-text source; None for formats that name their own."""
    notes: tuple[str, ...] = ()
    """What was not read or is uncertain, a sentence each."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What is found and shown: a stretch of one document.

    The passages of a document tile its text: each starts where the one before it ends, white space included,
    so that joining their texts in order gives the document's text.
    """

    ordinal: int
    """Place in the document, from 0."""
    text: str
    start: int
    """Characters."""
    end: int
    """Characters."""
    line: int
    """First line, from 1."""
    language: str
    """ISO 639-1 code; `und` where it cannot be told."""
    byte_start: int | None = None
    """Offset in the source file; None where the text is not a plain copy of its bytes."""
    byte_end: int | None = None
    page: int | None = None
    """From 1; None for formats without pages."""
    heading_path: tuple[str, ...] = ()
    """Titles of the headings above it, outermost first."""
    second_language: str | None = None
    """Of another large part of it, as where half is translated; None where there is none."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The language of most of it, and the second one."""
        return (self.language,) if self.second_language is None else (self.language, self.second_language)


@dataclass(frozen=True, slots=True, eq=False)
class SparseVector:
    """How much each piece of a vocabulary matters in a text (lexical weights; arXiv 2402.03216)."""

    pieces: NDArray[np.int32]
    """Token ids: int32 (K,), ascending, each once."""
    weights: NDArray[np.float32]
    """float32 (K,), above zero."""


@dataclass(frozen=True, slots=True)
class WindowDigest:
    """What the encoder saw at once, as a digest, and how many passages were pooled from it."""

    digest: bytes
    """BLAKE2b of the text and of the places of the passages: 16 bytes."""
    passages: int


@dataclass(frozen=True, slots=True, eq=False)
class KnownWindow:
    """The vectors of the passages of a window that was embedded before."""

    vectors: NDArray[np.float32]
    """float32 (N, D)."""
    sparse: tuple[SparseVector, ...] | None
    """N; None where the encoder made none."""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the index knows it; `collection` names that of several which are read as one."""

    passage_id: int
    """Never used again for another passage, even after this one is gone."""
    document: Document
    passage: Passage
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one channel proposes, before its text is fetched."""

    passage_id: int
    score: float
    """In the channel's own unit (dense: cosine; lexical: BM25; sparse: dot product); more is better."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side in a text."""

    text: str
    open_ended: bool = False
    """The last word may go on."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which passages a search may see at all; an empty field lets everything through."""

    languages: tuple[str, ...] = ()
    """ISO 639-1 codes: any of them; a passage in two languages is let through for either."""
    media_types: tuple[str, ...] = ()
    path_globs: tuple[str, ...] = ()
    """Any of them; see `index_data.path_globs`."""
    not_languages: tuple[str, ...] = ()
    not_media_types: tuple[str, ...] = ()
    not_path_globs: tuple[str, ...] = ()
    titles: tuple[Phrase, ...] = ()
    """Any of them in the title of the document."""
    not_titles: tuple[Phrase, ...] = ()
    modified_from_ns: int | None = None
    """Time of the file when it was read, in nanoseconds since the epoch: this or later."""
    modified_before_ns: int | None = None
    phrases: tuple[Phrase, ...] = ()
    """All of them in the text of the passage."""
    not_phrases: tuple[Phrase, ...] = ()
    also: Filters | None = None
    """What has to let a passage through, too."""

    def chain(self) -> Iterator[Filters]:
        """Yield this one and those that have to let a passage through, too."""
        yield self
        if self.also is not None:
            yield from self.also.chain()


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file that was looked at and has no passages in the index."""

    path: Path
    reason: str
    """One line, for people."""
    attempts: int = 0
    """How often a reader died on this content; 0: it was refused, and would be again."""
    readers: str = ""
    """Version of the readers that tried."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of a file was read."""

    characters: int
    """Of the extracted text; all of them are in passages."""
    pages: int | None = None
    """None for formats without pages."""
    textless_pages: tuple[int, ...] = ()
    """From 1: pages on which nothing was found to read."""
    recognised_pages: tuple[int, ...] = ()
    """From 1: pages whose text comes from text recognition (OCR)."""
    readers: str = ""
    """Version of the readers."""


class FileState(StrEnum):
    """What became of a file."""

    READY = "ready"
    """It can be found."""
    SKIPPED = "skipped"
    """No reader takes it as it is."""
    FAILED = "failed"
    """A reader died on it."""


@dataclass(frozen=True, slots=True)
class FileAccount:
    """One file, and how much of it can be found."""

    path: Path
    state: FileState
    media_type: str | None = None
    passages: int = 0
    embedded_characters: int = 0
    """In passages that have vectors."""
    characters: int | None = None
    """Of the extracted text; None where it is not known: no text, or read before format 5."""
    pages: int | None = None
    textless_pages: tuple[int, ...] = ()
    recognised_pages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    """What was not read or is uncertain, a sentence each."""
    attempts: int = 0
    """How often a reader died on it."""
    reason: str = ""
    """Why it cannot be found."""

    @property
    def share_embedded(self) -> float | None:
        """How much of the extracted text can be found, 0 to 1; None where that is not known."""
        return self.embedded_characters / self.characters if self.characters else None


@dataclass(frozen=True, slots=True)
class SegmentSummary:
    """How a part of an index is searched, and how well."""

    passages: int
    """Those that are gone since it was made too."""
    kind: str
    """`exact`, `bits` or `lists`."""
    recall: float
    """Share of the ten nearest that a search finds, measured when it was made."""


@dataclass(frozen=True, slots=True)
class IndexSummary:
    """What an index holds, in counts."""

    folder: Path
    fingerprint: Fingerprint
    generation: int
    """Grows by one with every committed change."""
    documents: int
    passages: int
    languages: dict[str, int] = field(default_factory=dict)
    """Passages by language, most first."""
    unread: tuple[UnreadFile, ...] = ()
    media_types: dict[str, int] = field(default_factory=dict)
    """Documents by media type, most first."""
    segments: tuple[SegmentSummary, ...] = ()
    server: ServerSummary | None = None
    """None: it is in its folder."""

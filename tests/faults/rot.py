"""Bits that flip and pages that turn to zeros; and what a search then serves."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import faiss

from index_data.checking import check
from index_data.errors import DragomanError
from index_data.findings import is_sound
from index_data.index import Index
from search.query import Query
from search.searcher import Searcher
from tests.faults import oracle
from tests.faults.library import Library
from tests.faults.oracle import Kind, Promise
from tests.faults.worker import Encoder, ingest, print_nothing

PAGE = 4096
DATABASE = "meta.sqlite3"
_TOLERANCE = 1e-4
_MOST_SEGMENT_BYTES = 1 << 30
_NO_PROMISE = Promise({}, {})
_FEWEST_BYTES = 32
"""Of a payload, in one place: a shorter piece might stand in the file twice."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a search gave: a passage as a reader sees it."""

    document: str
    text: str
    cosine: float | None = field(compare=False)
    """FAISS and NumPy sum in different orders, so it is the same within a tolerance only."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One bit of a file that flips, or a page that turns to zeros."""

    file: Path
    """Inside the index."""
    place: int
    """Bytes."""
    bit: int | None = None
    """None for a page of zeros."""

    def bytes_instead(self, file: Path) -> bytes:
        """Work out what will stand there."""
        if self.bit is None:
            return bytes(PAGE)
        with file.open("rb") as opened:
            opened.seek(self.place)
            (byte,) = opened.read(1)
        return bytes([byte ^ 1 << self.bit])


class Specimen:
    """A sound index at rest, the questions asked of it, and the right answers."""

    def __init__(self, scratch: Path, seed: int) -> None:
        library = Library(scratch / "documents", seed, count=20)
        self.folder = scratch / "index"
        self.documents = library.folder
        ingest(print_nothing, folder=self.folder, documents=library.folder)
        self.texts = library.texts
        self.questions = [" ".join(text.split()[:6]) for text in library.texts.values()]
        given = self.ask(self.folder, self.questions)
        self.answers = [answer for answer in given if not isinstance(answer, str)]
        assert all(self.answers)
        assert len(self.answers) == len(self.questions)

    def ask(self, folder: Path, questions: list[str]) -> list[list[Served] | str]:
        """Search an index for each question; an answer may be a refusal, in the program's words."""
        encoder = Encoder()
        try:
            with Index.open(folder) as index:
                searcher = Searcher(index, encoder)
                return [_served(searcher, question) for question in questions]
        except DragomanError as error:
            return [error.message] * len(questions)

    def lies(self, questions: Sequence[int], given: Sequence[list[Served] | str]) -> list[Served]:
        """Pick what was given that was never so: a text that no document holds, or a wrong cosine."""
        lies = []
        for number, answer in zip(questions, given, strict=True):
            cosines = {served.text: served.cosine for served in self.answers[number]}
            for served in () if isinstance(answer, str) else answer:
                right = cosines.get(served.text)
                wrong = (
                    right is not None
                    and served.cosine is not None
                    and abs(right - served.cosine) > _TOLERANCE
                )
                if wrong or not any(served.text in text for text in self.texts.values()):
                    lies.append(served)
        return lies

    @contextmanager
    def a_copy(self, scratch: Path) -> Iterator[Path]:
        """Lend an index to spoil."""
        copy = scratch / "spoiled"
        shutil.copytree(self.folder, copy)
        try:
            yield copy
        finally:
            shutil.rmtree(copy)

    def payload_flips(self, random: Random) -> Iterator[Damage]:
        """Bits of texts and vectors, wherever in the database they stand, without end."""
        content = (self.folder / DATABASE).read_bytes()
        payloads = _payloads(self.folder / DATABASE)
        while True:
            payload = random.choice(payloads)
            first = random.randrange(len(payload) - _FEWEST_BYTES + 1)
            piece = payload[first : first + _FEWEST_BYTES]
            place = content.find(piece)
            if place >= 0 and content.find(piece, place + 1) < 0:
                yield Damage(Path(DATABASE), place + random.randrange(_FEWEST_BYTES), random.randrange(8))

    def segment_flips(self, random: Random) -> Iterator[Damage]:
        """Bits of a FAISS file, without end."""
        (file,) = (self.folder / "segments").iterdir()
        size = file.stat().st_size
        while True:
            yield Damage(file.relative_to(self.folder), random.randrange(size), random.randrange(8))

    def zeroed_pages(self, random: Random) -> Iterator[Damage]:
        """Pages of the database, without end."""
        pages = (self.folder / DATABASE).stat().st_size // PAGE
        while True:
            yield Damage(Path(DATABASE), random.randrange(pages) * PAGE)


@dataclass(frozen=True, slots=True)
class Rot:
    """What came of damaging an index again and again, each time in one place."""

    damages: int
    found: int
    """By `dragoman check --full`."""
    found_by_checksums: int
    """By the oracle, which knows only the checksums that are stored."""
    found_otherwise: int
    """By the integrity check of SQLite, or by FAISS as it reads: the controls."""
    served: tuple[Served, ...]
    """What a search gave that was never so."""
    lacking: int
    """Damages after which a search lacked an answer, or refused it."""


def rot(specimen: Specimen, scratch: Path, damages: Iterable[Damage], random: Random) -> Rot:
    """Do one damage after another to a copy of a sound index, ask it a few questions, and undo the damage."""
    number = found = found_by_checksums = found_otherwise = lacking = 0
    served: list[Served] = []
    with specimen.a_copy(scratch) as folder:
        for damage in damages:
            file = folder / damage.file
            was = _overwrite(file, damage.place, damage.bytes_instead(file))
            number += 1
            found += _is_found(folder)
            found_by_checksums += any(
                fault.kind is Kind.ROTTEN for fault in oracle.faults(folder, _NO_PROMISE)
            )
            found_otherwise += _is_found_otherwise(file)
            asked = random.sample(range(len(specimen.questions)), 3)
            given = specimen.ask(folder, [specimen.questions[question] for question in asked])
            served += specimen.lies(asked, given)
            lacking += given != [specimen.answers[question] for question in asked]
            _overwrite(file, damage.place, was)
    return Rot(number, found, found_by_checksums, found_otherwise, tuple(served), lacking)


def _overwrite(file: Path, place: int, data: bytes) -> bytes:
    """Put `data` into a file, and return what stood there."""
    with file.open("r+b") as opened:
        opened.seek(place)
        was = opened.read(len(data))
        opened.seek(place)
        opened.write(data)
    return was


def _is_found(folder: Path) -> bool:
    try:
        return not is_sound(check(folder, full=True))
    except DragomanError:
        return True


def _is_found_otherwise(file: Path) -> bool:
    if file.suffix == ".faiss":
        faiss.set_deserialization_vector_byte_limit(_MOST_SEGMENT_BYTES)
        try:
            faiss.read_index(str(file))
        except RuntimeError:
            return True
        return False
    with closing(sqlite3.connect(file)) as rows:
        try:
            return bool(rows.execute("PRAGMA integrity_check").fetchall() != [("ok",)])
        except sqlite3.DatabaseError:
            return True


def _payloads(database: Path) -> list[bytes]:
    with closing(sqlite3.connect(database)) as rows:
        return [
            payload
            for table, column in (("passages", "text"), ("vectors", "vector"), ("sparse_vectors", "vector"))
            for (payload,) in rows.execute(f"SELECT {column} FROM {table}")
            if len(payload) >= _FEWEST_BYTES
        ]


def _served(searcher: Searcher, question: str) -> list[Served] | str:
    try:
        hits = searcher.search(Query(question, limit=5))
    except DragomanError as error:
        return error.message
    return [Served(hit.document.path.name, hit.passage.text, hit.channels.dense) for hit in hits]

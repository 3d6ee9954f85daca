"""The index that judged queries are put to: one that is there, or one of the set's own corpus."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index_data.errors import IndexMismatch
from terminal.diagnostics import tell
from terminal.settings import Settings

if TYPE_CHECKING:
    from index_data.index import Index
    from search.evaluation.judged_documents import JudgedDocuments
    from search.evaluation.judged_set import JudgedSet
    from search.searcher import Searcher


@dataclass(frozen=True, slots=True)
class JudgedIndex:
    """What can be asked, and what the answers are called."""

    searcher: Searcher
    documents: JudgedDocuments
    judged: JudgedSet
    """With documents called by their ids."""


def place_of(judged: JudgedSet, settings: Settings, work: Path) -> Path:
    """Choose where what is made for a set is kept: by its folder, and by what is asked of the index."""
    folder = judged.folder.resolve()
    made_by = (settings.model, settings.window_tokens, settings.passage_tokens, settings.overlap_tokens)
    key = hashlib.sha256(repr((str(folder), made_by)).encode(errors="replace")).hexdigest()[:12]
    return work / f"{folder.name}-{key}"


@contextmanager
def index_that_is_there(judged: JudgedSet, settings: Settings) -> Iterator[JudgedIndex]:
    """Open the index whose files the judgements name.

    Raises:
        UsageError: it lacks a judged document.
        IndexProblem: it is missing, foreign or damaged.
    """
    from search.evaluation.judged_documents import documents_of_index
    from terminal.wiring import load_searcher, open_index

    with open_index(settings) as index:
        wanted = {name for query in judged.queries for name in query.grades}
        documents = documents_of_index(index.stamps(), wanted)
        renamed = judged.known_as(documents.names)
        yield JudgedIndex(load_searcher(index, settings), documents, renamed)


@contextmanager
def index_of_its_own(judged: JudgedSet, settings: Settings, place: Path) -> Iterator[JudgedIndex]:
    """Read the corpus of a set into an index in `place`; what is unchanged since the last time is not read.

    Raises:
        UsageError: a line of the corpus is something else, or it lacks a judged document.
        IndexProblem: the index cannot be written.
    """
    from index_data.atomic_file import make_folder
    from search.evaluation.judged_documents import documents_of_folder
    from terminal.wiring import load_searcher, open_index

    make_folder(place)
    documents = documents_of_folder(judged.folder, place)
    renamed = judged.known_as(documents.names)
    own = replace(settings, index=place / "index")
    try:
        _read(documents, own)
    except IndexMismatch:
        # The encoder, or the way of cutting, is another one since then; what is made here is made for this.
        shutil.rmtree(own.index)
        _read(documents, own)
    with open_index(own) as index:
        _tell_unread(index, documents)
        yield JudgedIndex(load_searcher(index, own), documents, renamed)


def _read(documents: JudgedDocuments, settings: Settings) -> None:
    """Bring the index of a corpus up to date with it."""
    from ingest.ingester import Manner
    from terminal.progress_bar import shown
    from terminal.ways_to_show import way_to_show
    from terminal.wiring import open_ingester

    assert documents.root is not None
    with (
        open_ingester(settings) as ingester,
        closing(ingester.ingest([documents.root], Manner(heed_ignore_files=False))) as events,
    ):
        for _ in shown(events, way_to_show(None, silent=settings.quiet), settings.index):
            pass


def _tell_unread(index: Index, documents: JudgedDocuments) -> None:
    there = index.stamps()
    missing = [path for path in documents.ids if path not in there]
    if missing:
        first = documents.id_of(missing[0])
        tell(f"{len(missing):,} documents hold nothing that can be read, and cannot be found: {first}, ...")

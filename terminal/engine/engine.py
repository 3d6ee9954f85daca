"""An index and its encoder, kept warm for whoever asks: the command line, the screen, other programs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from search.known_values import refuse_unknown
from search.query import Mode, Query
from terminal.answer import Answer, answer
from terminal.engine.told import Told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from encoder.interface import Embedder
    from index_data.records import FileAccount, IndexSummary, StoredPassage
    from search.explanation import Explanation
    from search.searcher import Searcher
    from search.united_index import Searchable


class Stage(StrEnum):
    """How far a search goes; each takes longer than the one before it, and orders better."""

    WORDS = "words"
    """By words alone: milliseconds, and no encoder."""
    FUSED = "fused"
    """As the question's mode says, not re-ranked."""
    RANKED = "ranked"
    """With the best compared once more, if a re-ranker is there and the question asks for meaning."""
    COMPARED = "compared"
    """With the best compared once more, also where words alone are asked for."""


class Engine:
    """Answers questions to one index.

    Any thread may call it. What needs the encoder is done one after the other; what needs words or rows alone
    never waits for it. The index is opened when it is first needed, and anew when its folder was replaced.
    """

    def __init__(
        self,
        folder: Path,
        open_index: Callable[[], Searchable],
        by_words: Callable[[Any], Searcher],
        load_searcher: Callable[[Any], Searcher],
        *,
        several: Mapping[str, Path] | None = None,
    ) -> None:
        """Answer with what these open and load; `several` are the folders that are opened as one, by name."""
        self.folder, self.several = folder, dict(several or {})
        self._open_index, self._by_words, self._load_searcher = open_index, by_words, load_searcher
        self._index: Searchable | None = None
        self._identity: object = None
        self._searcher: Searcher | None = None
        self._summary: tuple[Searchable, IndexSummary] | None = None
        self._opening = threading.Lock()
        self._encoding = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index and of the encoder."""
        with self._encoding, self._opening:
            self._searcher = None
            if self._index is not None:
                self._index.close()
            self._index = None

    @property
    def loaded(self) -> bool:
        """Questions are answered by their meaning without waiting for the encoder to load."""
        return self._searcher is not None and self._searcher.embedder is not None

    def load(self) -> None:
        """Load the encoder; takes seconds.

        Raises:
            DragomanError: it cannot be used, or is not the one that made the index.
        """
        with self._encoding:
            self._loaded_searcher()

    def answer(self, query: Query, stage: Stage = Stage.RANKED) -> Answer:
        """Search as far as `stage` says.

        Raises:
            UsageError: the question names a language or a type of which the index holds nothing.
            DragomanError: the index or the encoder cannot be used.
        """
        index = self._index_for(query)
        if stage is Stage.WORDS or query.by_example:
            words = query if query.by_example else replace(query, mode=Mode.LEXICAL)
            return answer(self._by_words(index), words, self.folder)
        with self._encoding:
            return answer(self._encoding_searcher(query, stage), query, self.folder)

    def explanation(self, query: Query, passage_id: int | None = None) -> dict[str, Any]:
        """Say what each stage of a search said of its hits, and of one more passage, as JSON has it.

        Raises:
            DragomanError: the index or the encoder cannot be used.
        """
        from terminal.explanation_output import explanation_fields

        stage = Stage.WORDS if query.mode is Mode.LEXICAL else Stage.RANKED
        ids = [] if passage_id is None else [passage_id]
        return explanation_fields(self._explanation(self._index_for(query), query, stage, ids), None)

    def explained(
        self,
        query: Query,
        stage: Stage,
        *,
        passage_id: int | None = None,
        path: Path | None = None,
        as_json: bool = False,
    ) -> Told:
        """Write what each stage said of the hits, and of one more passage, or of the file at `path`.

        Raises:
            UsageError: there is no such passage, or of a language or a type nothing.
            DragomanError: the index or the encoder cannot be used.
        """
        from terminal.explanation_output import explanation_json, explanation_text

        index = self._index_for(query)
        ids, absent = _targets(index, passage_id, path)
        told = self._explanation(index, query, stage, ids)
        write = explanation_json if as_json else explanation_text
        return Told(write(told, absent), len(told.hits))

    def _explanation(self, index: Searchable, query: Query, stage: Stage, ids: list[int]) -> Explanation:
        from search.explanation import explain

        if stage is Stage.WORDS:
            return explain(self._by_words(index), replace(query, mode=Mode.LEXICAL), ids)
        with self._encoding:
            return explain(self._encoding_searcher(query, stage), query, ids)

    def passages_of(self, path: Path) -> list[int]:
        """Return the ids of the passages of the document at `path`, in order; none where there is none."""
        return self.index().lookup.passages_of(path)

    def generation(self) -> int:
        """Return the state of the index; it grows by one with every committed change.

        Raises:
            IndexProblem: it is missing, foreign or damaged.
        """
        return self.index().generation

    def passages_around(self, passage_id: int, before: int, after: int) -> list[StoredPassage]:
        """Fetch a passage among its neighbours in the document, in order; none when it is gone."""
        return self.index().passages_around(passage_id, before, after)

    def summary(self) -> IndexSummary:
        """Count what the index holds; counted once for each state of it."""
        return self._summary_of(self.index())

    def accounts(self) -> list[FileAccount]:
        """Say what became of every file, by path."""
        return self.index().accounts()

    def account(self, path: Path) -> FileAccount | None:
        """Say what became of one file; None where it is not known."""
        return self.index().account(path)

    def embed(self, texts: Sequence[str], *, query: bool) -> NDArray[np.float32]:
        """Embed questions, or passages that stand alone: float32 (N, D), unit vectors.

        Raises:
            DragomanError: the encoder cannot be used.
        """
        from encoder.interface import Window

        embedder = self.embedder()
        with self._encoding:
            if query:
                return embedder.embed_queries(list(texts))
            return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])

    def embedder(self) -> Embedder:
        """Return the encoder, loaded: what it is and how it counts tokens. For vectors, ask `embed`.

        Raises:
            DragomanError: the encoder cannot be used.
        """
        with self._encoding:
            embedder = self._loaded_searcher().embedder
        assert embedder is not None  # a searcher that was loaded has one
        return embedder

    def index(self) -> Searchable:
        """Return the index as it stands in its folder now.

        Raises:
            IndexProblem: it is missing, foreign or damaged.
        """
        with self._opening:
            identity = [_identity(folder) for folder in self.several.values() or [self.folder]]
            if self._index is None or identity != self._identity:
                # Whoever still reads the old one may finish: it goes when the last of them lets go.
                self._searcher, self._summary = None, None
                self._index, self._identity = self._open_index(), identity
            return self._index

    def _summary_of(self, index: Searchable) -> IndexSummary:
        counted = self._summary
        if counted is None or counted[0] is not index or counted[1].generation != index.generation:
            self._summary = counted = index, index.summary()
        return counted[1]

    def _index_for(self, query: Query) -> Searchable:
        """Return the index, unless it holds nothing of what `query` names."""
        index = self.index()
        refuse_unknown(query.filters, lambda: self._summary_of(index))
        return index

    def _encoding_searcher(self, query: Query, stage: Stage) -> Searcher:
        """Return what goes as far as `stage` says."""
        searcher = self._loaded_searcher()
        ranked = stage is Stage.COMPARED or (stage is Stage.RANKED and query.mode is not Mode.LEXICAL)
        return searcher if ranked else replace(searcher, reranker=None)

    def _loaded_searcher(self) -> Searcher:
        index = self.index()
        if self._searcher is None:
            self._searcher = self._load_searcher(index)
        return self._searcher


def _targets(index: Searchable, passage_id: int | None, path: Path | None) -> tuple[list[int], str | None]:
    """Return the ids of the passages asked about; where a file has none, why."""
    from terminal.commands.passage_id import found_for
    from terminal.whereabouts import why_absent

    if passage_id is not None:
        return [found_for(passage_id, index.passages([passage_id]))[0].passage_id], None
    if path is None:
        return [], None

    ids = index.lookup.passages_of(path)
    return ids, None if ids else why_absent(index, path)


def _identity(folder: Path) -> object:
    """Tell one index from another that has taken its place, or that the folder stands for now."""
    from index_data.paths import IndexPaths

    paths = IndexPaths(folder)
    return _file_identity(paths.database), _file_identity(paths.handle)


def _file_identity(file: Path) -> object:
    with suppress(OSError):
        found = file.stat()
        return found.st_dev, found.st_ino
    return None

"""Several indexes read as one: what they hold, side by side, under ids that are unique among them.

Vectors of different encoders cannot be compared. Those of each encoder have columns of their own, and zeros
in the others, so that the cosine of two that differ is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from os.path import commonpath
from pathlib import Path
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from index_data.errors import DragomanError, MemberFailed
from index_data.full_text import WordUse
from index_data.index import Index
from index_data.records import FileAccount, FileStamp, Filters, Fingerprint, IndexSummary, StoredPassage
from search.trace import Trouble
from search.united_ids import parted, united_id

Result = TypeVar("Result")
Taken = TypeVar("Taken")


class UnitedIndex:
    """Any thread may call it, as it may call each of them."""

    def __init__(
        self, names: Sequence[str], members: Mapping[int, Index], troubles: Sequence[Trouble]
    ) -> None:
        """Unite those that could be opened, by their place among `names`; `troubles` tells of the rest."""
        self.names, self.members, self.troubles = tuple(names), dict(members), tuple(troubles)
        made_by = [index.fingerprint for index in self.members.values()]
        self.fingerprint = made_by[0]
        self.columns: dict[str, slice] = {}
        """Of the vectors of each encoder, by its fingerprint."""
        for each in made_by:
            if each.encoder not in self.columns:
                self.columns[each.encoder] = slice(self._dimension, self._dimension + each.dimension)
        self.lookup = UnitedLookup(self)

    @classmethod
    def open(cls, folders: Mapping[str, Path]) -> UnitedIndex:
        """Open the indexes in these folders, by name, for reading.

        Raises:
            IndexProblem: none of them can be opened; what is wrong with the first.
        """
        members, troubles, errors = {}, [], []
        for place, (name, folder) in enumerate(folders.items()):
            try:
                members[place] = Index.open(folder)
            except DragomanError as error:
                errors.append(error)
                troubles.append(Trouble(name, error.message, error.remedy))
        if not members:
            raise errors[0]
        return cls(tuple(folders), members, troubles)

    def close(self) -> None:
        """Let go of them."""
        with ExitStack() as closing:
            for index in self.members.values():
                closing.callback(index.close)

    def without(self, place: int, error: DragomanError) -> UnitedIndex:
        """Leave one out, for what is wrong with it; the others keep their places.

        Raises:
            DragomanError: there is no other.
        """
        rest = {other: index for other, index in self.members.items() if other != place}
        if not rest:
            raise error
        trouble = Trouble(self.names[place], error.message, error.remedy)
        return UnitedIndex(self.names, rest, [*self.troubles, trouble])

    def side_by_side(self, call: Callable[[int], Result]) -> dict[int, Result]:
        """Call it for the place of each index, all at once.

        Raises:
            MemberFailed: one of them cannot be read.
        """
        with ThreadPoolExecutor(len(self.members), thread_name_prefix="member") as threads:
            asked = {place: threads.submit(_guarded, place, call, place) for place in self.members}
            return {place: answer.result() for place, answer in asked.items()}

    @property
    def _dimension(self) -> int:
        return max((columns.stop for columns in self.columns.values()), default=0)

    @property
    def generation(self) -> int:
        """Grows by one with every committed change of one of them."""
        return sum(index.generation for index in self.members.values())

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Return the fingerprint of each of them, by name."""
        return {self.names[place]: index.fingerprint for place, index in self.members.items()}

    def summary(self) -> IndexSummary:
        """Count what they hold together; the folder is the one that all of theirs lie in."""
        counted = [index.summary() for index in self.members.values()]
        return IndexSummary(
            folder=Path(commonpath([one.folder for one in counted])),
            fingerprint=self.fingerprint,
            generation=self.generation,
            documents=sum(one.documents for one in counted),
            passages=sum(one.passages for one in counted),
            languages=_added(one.languages for one in counted),
            unread=tuple(file for one in counted for file in one.unread),
            media_types=_added(one.media_types for one in counted),
            segments=tuple(segment for one in counted for segment in one.segments),
        )

    def stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every document."""
        return {path: stamp for index in self.members.values() for path, stamp in index.stamps().items()}

    def account(self, path: Path) -> FileAccount | None:
        """Account for one file, by the first index that knows it; None where none does."""
        found = (index.account(path) for index in self.members.values())
        return next((account for account in found if account is not None), None)

    def accounts(self) -> list[FileAccount]:
        """Say what became of every file, by path."""
        accounts = [account for index in self.members.values() for account in index.accounts()]
        return sorted(accounts, key=lambda account: account.path)

    def passages(self, passage_ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these ids, in this order, without those that are gone."""
        found = {}
        for place, index, own in self._parted(passage_ids):
            for stored in _guarded(place, index.passages, own):
                found[united_id(place, stored.passage_id)] = self._named(place, stored)
        return [found[passage_id] for passage_id in passage_ids if passage_id in found]

    def passages_around(self, passage_id: int, before: int, after: int) -> list[StoredPassage]:
        """Return a passage among its neighbours in the document, in order; nothing if it is gone."""
        place, own = parted(passage_id)
        index = self.members.get(place)
        found = [] if index is None else index.passages_around(own, before, after)
        return [self._named(place, stored) for stored in found]

    def vectors(self, passage_ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the vectors of the passages with these ids: float32 (N, D), zeros where one is gone."""
        rows = {passage_id: row for row, passage_id in enumerate(dict.fromkeys(passage_ids))}
        vectors = np.zeros((len(rows), self._dimension), np.float32)
        for place, index, own in self._parted(rows):
            columns = self.columns[index.fingerprint.encoder]
            where = [rows[united_id(place, one)] for one in own]
            vectors[where, columns] = _guarded(place, index.vectors, own)
        return vectors[[rows[passage_id] for passage_id in passage_ids]]

    def languages(self, passage_ids: Sequence[int]) -> list[tuple[str, ...]]:
        """Return the languages of these passages, the main one first; `und` for one that is gone."""
        spoken: dict[int, tuple[str, ...]] = {}
        for place, index, own in self._parted(passage_ids):
            spoken |= zip((united_id(place, one) for one in own), index.languages(own), strict=True)
        return [spoken.get(passage_id, ("und",)) for passage_id in passage_ids]

    def holds_every_word(self, text: str, filters: Filters) -> bool:
        """Whether one passage, out of what `filters` lets through, has every telling word of `text`."""
        return any(index.holds_every_word(text, filters) for index in self.members.values())

    def _named(self, place: int, stored: StoredPassage) -> StoredPassage:
        return replace(stored, passage_id=united_id(place, stored.passage_id), collection=self.names[place])

    def _parted(self, passage_ids: Iterable[int]) -> Iterator[tuple[int, Index, list[int]]]:
        """Part ids by the index that they are of: its place, itself, and the ids that they are there."""
        own: dict[int, list[int]] = {}
        for passage_id in passage_ids:
            place, one = parted(passage_id)
            own.setdefault(place, []).append(one)
        for place, index in self.members.items():
            if place in own:
                yield place, index, own[place]


class UnitedLookup:
    """The rarer questions to several indexes."""

    def __init__(self, united: UnitedIndex) -> None:
        self._united = united

    def passages_of(self, path: Path) -> list[int]:
        """Return the ids of the passages of the documents at `path`, in order; none where there is none."""
        return [
            united_id(place, own)
            for place, index in self._united.members.items()
            for own in index.lookup.passages_of(path)
        ]

    def let_through(self, passage_ids: Sequence[int], filters: Filters) -> list[int]:
        """Return those of `passage_ids` that `filters` lets a search see."""
        return [
            united_id(place, one)
            for place, index, own in self._united._parted(passage_ids)
            for one in index.lookup.let_through(own, filters)
        ]

    def word_uses(self, text: str, passage_ids: Sequence[int]) -> list[WordUse]:
        """Tell for each word that `text` asks for how many passages have it, and which of `passage_ids`."""
        theirs = {place: own for place, _, own in self._united._parted(passage_ids)}
        uses: dict[str, WordUse] = {}
        for place, index in self._united.members.items():
            for use in index.lookup.word_uses(text, theirs.get(place, [])):
                known = uses.get(use.word, WordUse(use.word, 0, ()))
                among = (*known.among, *(united_id(place, own) for own in use.among))
                uses[use.word] = WordUse(use.word, known.passages + use.passages, among)
        return list(uses.values())


Searchable: TypeAlias = Index | UnitedIndex
"""What is searched."""


def _guarded(place: int, call: Callable[[Taken], Result], wanted: Taken) -> Result:
    try:
        return call(wanted)
    except DragomanError as error:
        raise MemberFailed(error.message, remedy=error.remedy, place=place) from error


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))

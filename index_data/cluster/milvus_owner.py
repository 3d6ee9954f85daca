"""Whose a collection is: the catalogue that its passages have their rows in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from index_data import words
from index_data.cluster.milvus_collection import MilvusCollection
from index_data.errors import IndexForeign, IndexMismatch
from index_data.records import Fingerprint

_STORE, _FINGERPRINT, _WORDS = "dragoman.store", "dragoman.fingerprint", "dragoman.words"
_REMEDY = "Name another collection, as in --index milvus://HOST:PORT/OTHER."


@dataclass(frozen=True, slots=True)
class Owner:
    """An index, as a collection of it has to be marked."""

    store_id: str
    """Made by chance when the index was made, and kept with its rows."""
    fingerprint: Fingerprint

    def properties(self) -> dict[str, str]:
        """Return the marks."""
        return {
            _STORE: self.store_id,
            _FINGERPRINT: json.dumps(asdict(self.fingerprint)),
            _WORDS: str(words.VERSION),
        }

    def recognise(self, collection: MilvusCollection) -> Mapping[str, str]:
        """Let only a collection of this index pass.

        Raises:
            IndexForeign: it is no collection of ours.
            IndexMismatch: it is another index's, or its vectors were made another way.
        """
        marks = collection.properties()
        place = f"{collection.name} at {collection.server.place}"
        if _STORE not in marks:
            raise IndexForeign(f"the collection {place} was made by something else", remedy=_REMEDY)
        if marks[_STORE] != self.store_id:
            raise IndexMismatch(f"the collection {place} belongs to another index", remedy=_REMEDY)
        stored = Fingerprint(**json.loads(marks[_FINGERPRINT]))
        if differences := stored.differences(self.fingerprint):
            raise IndexMismatch(
                f"the collection {place} was made another way ({'; '.join(differences)})",
                remedy="Use the model and the settings that it was made with, or name another collection.",
            )
        return marks


def has_words_of_today(marks: Mapping[str, str]) -> bool:
    """Tell whether the words in a collection follow the rules of today."""
    return marks.get(_WORDS) == str(words.VERSION)

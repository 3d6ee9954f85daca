"""The held-out check: no training row may equal a text of the measuring sets."""

import gzip
import json
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.pairs import Pair, fold_space

FORBIDDEN_PACKAGES = ("debian-handbook", "debian-reference", "installation-guide", "developers-reference")
METADATA = frozenset({"id", "lang", "kind", "group", "relevant", "relevant_group", "why"})


def text_of(path: Path) -> str:
    """Return the text of a plain or gzip-compressed file."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def folded(text: str) -> str:
    """Return the form in which texts are compared: NFKC, white space folded."""
    return fold_space(unicodedata.normalize("NFKC", text))


def strings(value: object) -> Iterator[str]:
    """Yield every text inside a JSON value, metadata left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in METADATA:
                yield from strings(item)


class HeldOut:
    """The texts of the measuring sets, and how many rows were dropped because of them."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Remember the texts in folded form."""
        self._texts = frozenset(filter(None, map(folded, texts)))
        self.dropped = 0

    def __len__(self) -> int:
        """Return how many distinct texts are held out."""
        return len(self._texts)

    @classmethod
    def from_folder(cls, folder: Path | None) -> "HeldOut":
        """Read every `.jsonl` and `.jsonl.gz` of a folder; without a folder nothing is held out."""
        texts: list[str] = []
        for path in sorted(folder.glob("*.jsonl*")) if folder else []:
            rows = map(json.loads, text_of(path).splitlines())
            texts.extend(text for row in rows for text in strings(row))
        return cls(texts)

    def keep(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield the pairs neither of whose texts is held out; count the others."""
        for pair in pairs:
            if folded(pair.first) in self._texts or folded(pair.second) in self._texts:
                self.dropped += 1
            else:
                yield pair


def check_packages(names: Iterable[str]) -> None:
    """Refuse the packages that are the yardstick.

    Raises:
        ValueError: a name begins with a forbidden one.
    """
    for name in names:
        if name.startswith(FORBIDDEN_PACKAGES):
            raise ValueError(f"{name} is held out for measuring; never train on it")

"""Licences: where the training texts come from, and on what terms."""

import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from index_data.errors import UsageError

PATH = Path(__file__).parent / "sources" / "licences.toml"


class Source(NamedTuple):
    """One source of texts."""

    name: str
    origin: str
    """Debian packages, or a public repository."""
    licence: str
    """As the source states it."""
    use: str
    pairs: list[str]
    """The files of `work/pairs` that its texts reach."""


def load_sources(path: Path = PATH) -> list[Source]:
    """Return every source."""
    return [Source(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["source"]]


def used_sources(written: Collection[str]) -> list[Source]:
    """Return the sources whose texts are in these files of `work/pairs`.

    Raises:
        UsageError: a file has no source.
    """
    sources = load_sources()
    unknown = sorted(set(written) - {name for source in sources for name in source.pairs})
    if unknown:
        raise UsageError(
            f"no source is named for {', '.join(unknown)}", remedy=f"Add it with its licence to {PATH.name}."
        )
    return [source for source in sources if not set(source.pairs).isdisjoint(written)]

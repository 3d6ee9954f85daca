"""Why a file is not in the index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.ignore_rules import IgnoreRules
from ingest.readers.suffixes import media_type_of

if TYPE_CHECKING:
    from search.united_index import Searchable


def why_absent(index: Searchable, path: Path) -> str:
    """Say in one line why `path`, absolute, has no passages in `index`."""
    unread = next((file for file in index.summary().unread if file.path == path), None)
    if unread is not None:
        tried = f" (tried {unread.attempts} times)" if unread.attempts else ""
        return f"it could not be read: {unread.reason}{tried}"
    if path in index.stamps():
        return "it was read, and there is no text in it"
    if not path.exists():
        return "there is no such file"
    if path.is_dir():
        return "it is a folder; name one file of it"
    ignored = _ignored(path)
    if ignored is not None:
        return f"an ignore file leaves out {'it' if ignored == path else ignored}"
    hidden = next((part for part in path.parts if part.startswith(".")), None)
    if hidden is not None:
        return f"{hidden} is hidden; name the file itself to `dragoman ingest`"
    if media_type_of(path) is None:
        return "it is not of a kind that is read"
    return "it was never read: `dragoman ingest` it"


def _ignored(path: Path) -> Path | None:
    """Find what an ignore file leaves out: the file, or a folder that it lies in."""
    rules = IgnoreRules()
    for inner in [*reversed(path.parents), path]:
        if rules.ignore(inner, is_folder=inner != path):
            return inner
        if inner != path:
            rules = rules.inside(inner)
    return None

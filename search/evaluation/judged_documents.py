"""The documents that a query is put to: rows of a file that become files, a folder, or an index as it is."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index_data.atomic_file import write_atomically
from index_data.errors import UsageError
from search.evaluation.judged_set import UNKNOWN, language_in
from search.evaluation.rows import find_rows, json_rows, named

_MANIFEST = "written.json"
"""Beside the files of a corpus: the digest of what they were written from."""


@dataclass(frozen=True, slots=True)
class JudgedDocuments:
    """Files that have ids."""

    root: Path | None
    """What has to be read into an index; None for one that is there."""
    ids: dict[Path, str]
    languages: dict[str, str]
    """By id."""
    names: dict[str, str]
    """The id that judgements mean, by what they may call it."""

    def id_of(self, path: Path) -> str:
        """Return the id of a document, or its path if nobody named it."""
        return self.ids.get(path) or os.fsencode(path).decode(errors="replace")


def has_corpus(folder: Path) -> bool:
    """Whether a set brings its documents."""
    return find_rows(folder, "corpus") is not None or (folder / "corpus").is_dir()


def documents_of_folder(folder: Path, work: Path) -> JudgedDocuments:
    """Return the documents of a set; those of a corpus.jsonl are written to `work`, a file each.

    Raises:
        UsageError: a line is something else, an id comes twice, or there is no document.
    """
    rows = find_rows(folder, "corpus")
    found = _from_tree(folder / "corpus") if rows is None else _from_rows(rows, work)
    if not found.ids:
        raise UsageError(f"the corpus of {folder} is empty", remedy="Put documents into it.")
    return found


def documents_of_index(paths: Iterable[Path], wanted: Iterable[str]) -> JudgedDocuments:
    """Find the documents at `paths` that `wanted` means: by whole paths, or by the last parts of one.

    Raises:
        UsageError: a name means two documents.
    """
    there = list(paths)
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in there:
        by_name[path.name].append(path)
    names: dict[str, str] = {}
    for name in wanted:
        last = Path(name).name
        ends = [path for path in by_name[last] if str(path) == name or str(path).endswith(f"/{name}")]
        if len(ends) > 1:
            raise UsageError(
                f"{name!r} is the end of {len(ends)} paths in the index", remedy="Judge by whole paths."
            )
        if ends:
            names[name] = str(ends[0])
    return JudgedDocuments(None, {path: str(path) for path in there}, {}, names)


def _from_tree(root: Path) -> JudgedDocuments:
    """Call each file by its path below `root`, and also without the suffix where that is one file's."""
    root = root.absolute()
    files = sorted(path for path in root.rglob("*") if path.is_file())
    ids = {path: path.relative_to(root).as_posix() for path in files}
    stems: dict[str, list[str]] = defaultdict(list)
    for path, name in ids.items():
        stems[name.removesuffix(path.suffix)].append(name)
    names = {stem: whole[0] for stem, whole in stems.items() if len(whole) == 1}
    return JudgedDocuments(root, ids, {}, names | {name: name for name in ids.values()})


def _from_rows(rows: Path, work: Path) -> JudgedDocuments:
    """Write each row as a file, named by a digest of its id, unless all are as they were.

    Raises:
        UsageError: a line is something else, or an id comes twice.
    """
    root, manifest = work / "documents", work / _MANIFEST
    root.mkdir(parents=True, exist_ok=True)
    with rows.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    is_written = manifest.is_file() and json.loads(manifest.read_text(encoding="utf-8")) == digest
    ids: dict[Path, str] = {}
    languages: dict[str, str] = {}
    for document_id, text, language in _documents(rows):
        path = _place(root, document_id)
        if path in ids:
            raise UsageError(
                f"{rows}: the id {document_id!r} comes twice", remedy="Give each document its own id."
            )
        ids[path] = document_id
        if language != UNKNOWN:
            languages[document_id] = language
        if not is_written:
            _write(path, text)
    if not is_written:
        for surplus in [path for path in root.rglob("*.txt") if path not in ids]:
            surplus.unlink()
        write_atomically(manifest, json.dumps(digest).encode())
    return JudgedDocuments(root, ids, languages, {name: name for name in ids.values()})


def _documents(rows: Path) -> Iterator[tuple[str, str, str]]:
    """Yield id, text below its title, and language.

    Raises:
        UsageError: a line is something else.
    """
    for number, row in json_rows(rows):
        document_id = named(row, ("_id", "id", "docid"), f"{rows}, line {number}")
        text = row.get("text", "")
        title = row.get("title") or ""
        if not isinstance(text, str) or not isinstance(title, str):
            raise UsageError(f"{rows}, line {number}: its text is no text", remedy="Give it as a string.")
        yield document_id, f"{title}\n\n{text}\n" if title else f"{text}\n", language_in(row)


def _place(root: Path, document_id: str) -> Path:
    name = hashlib.blake2b(document_id.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    return root / name[:2] / f"{name}.txt"


def _write(path: Path, text: str) -> None:
    # A file that holds the same keeps its time, and is not read again.
    data = text.encode(errors="replace")
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

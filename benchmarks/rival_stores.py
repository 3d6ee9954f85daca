"""Other stores of vectors, filled with the documents of the fault tests as their manuals say, and looked at.

Everything here runs in the environment of the rival, which has neither this program nor its libraries.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

Say = Callable[..., None]
DIMENSION = 64
COLLECTION = "passages"


def ingest_chromadb(say: Say, *, folder: str, documents: str) -> None:
    """Bring a Chroma collection up to date; a path is said when its calls have returned."""
    collection = _chromadb(folder)
    held = collection.get(include=["metadatas"])
    known = {row["path"]: row["text_crc"] for row in held["metadatas"]}
    for path, text in _documents(say, documents, known):
        rows = list(_rows(path, text))
        if rows:
            collection.upsert(
                ids=[row["id"] for row in rows],
                embeddings=[row["vector"] for row in rows],
                documents=[row["text"] for row in rows],
                metadatas=[{"path": path, "text_crc": _crc(text), "ordinal": row["ordinal"]} for row in rows],
            )
        if path in known:
            collection.delete(where={"$and": [{"path": path}, {"ordinal": {"$gte": len(rows)}}]})
        say("ingested", path)


def look_at_chromadb(say: Say, *, folder: str) -> None:
    """Say what each path holds, and how many passages a search finds."""
    collection = _chromadb(folder)
    held = collection.get(include=["documents", "metadatas"])
    rows = zip(held["documents"], held["metadatas"], strict=True)
    _say_texts(say, ({"text": text, **metadata} for text, metadata in rows))
    count = len(held["ids"])
    found = collection.query(query_embeddings=[_vector("")], n_results=count)["ids"][0] if count else []
    say("found", count, len(set(found)))


def ingest_lancedb(say: Say, *, folder: str, documents: str) -> None:
    """Bring a LanceDB table up to date; a path is said when its calls have returned."""
    table = _lancedb(folder)
    known = {row["path"]: row["text_crc"] for row in table.to_arrow().to_pylist()}
    for path, text in _documents(say, documents, known):
        if rows := [{**row, "path": path, "text_crc": _crc(text)} for row in _rows(path, text)]:
            merge = table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.when_not_matched_by_source_delete(f"path = '{path}'").execute(rows)
        else:
            table.delete(f"path = '{path}'")
        say("ingested", path)


def look_at_lancedb(say: Say, *, folder: str) -> None:
    """Say what each path holds, and how many passages a search finds."""
    table = _lancedb(folder)
    rows = table.to_arrow().to_pylist()
    _say_texts(say, rows)
    found = table.search(_vector("")).limit(len(rows)).to_list() if rows else []
    say("found", len(rows), len({row["id"] for row in found}))


def _chromadb(folder: str) -> Any:
    chromadb: Any = import_module("chromadb")

    settings = chromadb.Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(folder, settings).get_or_create_collection(COLLECTION)


def _lancedb(folder: str) -> Any:
    lancedb: Any = import_module("lancedb")
    pyarrow: Any = import_module("pyarrow")

    schema = pyarrow.schema(
        [
            ("id", pyarrow.string()),
            ("path", pyarrow.string()),
            ("text", pyarrow.string()),
            ("text_crc", pyarrow.int64()),
            ("ordinal", pyarrow.int64()),
            ("vector", pyarrow.list_(pyarrow.float32(), DIMENSION)),
        ]
    )
    return lancedb.connect(folder).create_table(COLLECTION, schema=schema, exist_ok=True)


def _documents(say: Say, folder: str, known: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Give what is new or changed, and the paths that are gone with an empty text; say what is neither."""
    there = sorted(map(str, Path(folder).iterdir()))
    # What is gone comes last, so that a document that has moved is somewhere all the time.
    for path in [*there, *sorted({*known} - {*there})]:
        text = Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""
        if known.get(path, _crc("")) == _crc(text):
            say("unchanged", path)
        else:
            yield path, text


def _rows(path: str, text: str) -> Iterator[dict[str, Any]]:
    paragraphs = text.split("\n\n") if text else []
    for ordinal, paragraph in enumerate(paragraphs):
        ending = "\n\n" if ordinal + 1 < len(paragraphs) else ""
        yield {
            "id": f"{path}#{ordinal}",
            "ordinal": ordinal,
            "text": paragraph + ending,
            "vector": _vector(paragraph),
        }


def _say_texts(say: Say, rows: Iterable[dict[str, Any]]) -> None:
    """Join the passages of each path in their order."""
    passages: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        passages[row["path"]].append((row["ordinal"], row["text"]))
    for path, parts in passages.items():
        say("holds", path, "".join(text for _, text in sorted(parts)))


def _crc(text: str) -> int:
    return zlib.crc32(text.encode())


def _vector(text: str) -> list[float]:
    """Count letters, to unit length."""
    counts = [0.01] * DIMENSION
    for letter in text.casefold():
        counts[zlib.crc32(letter.encode()) % DIMENSION] += 1
    length = sum(count * count for count in counts) ** 0.5
    return [count / length for count in counts]

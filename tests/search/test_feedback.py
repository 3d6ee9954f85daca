"""What was said of hits, after everything that can happen to the documents."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from encoder.interface import Embedder, Window
from index_data.errors import OutputUnwritable, UsageError
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.feedback import Judgement, Verdict, append, feedback_file, judged, placed, read

PARTS = ("Tea is poured hot. ", "Rain fell at night. ", "Trains leave at nine. ", "Bread rises slowly.")
TIME = "2026-01-02T03:04:05+00:00"


def put(index: Index, embedder: Embedder, path: str, parts: tuple[str, ...]) -> None:
    text = "".join(parts)
    ends = [sum(map(len, parts[: place + 1])) for place in range(len(parts))]
    passages = [
        Passage(place, part, end - len(part), end, 1, "en")
        for place, (part, end) in enumerate(zip(parts, ends, strict=True))
    ]
    stamp = FileStamp(len(text), 1, sha256(text.encode()).hexdigest())
    vectors = embedder.embed_passages([Window(part, ((0, len(part)),)) for part in parts])
    index.replace(Document(Path(path), stamp, "txt", "title", "en"), passages, vectors)


@pytest.fixture
def index(index_folder: Path, letter_embedder: Embedder) -> Index:
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    index = Index.create_or_open(index_folder, made_by)
    put(index, letter_embedder, "/docs/a.txt", PARTS)
    return index


def of(index: Index, place: int, verdict: Verdict = Verdict.GOOD) -> Judgement:
    [stored] = index.passages(index.lookup.passages_of(Path("/docs/a.txt")))[place : place + 1]
    return judged("when do trains leave", verdict, [stored], TIME)


def texts(index: Index, judgement: Judgement) -> list[str]:
    [found] = placed(index, [judgement])
    return [stored.passage.text for stored in found.passages]


def test_what_is_written_is_read(index: Index, tmp_path: Path) -> None:
    file = feedback_file(tmp_path / "index")
    assert file.parent == tmp_path
    assert read(file) == ([], [])
    first, second = of(index, 2), of(index, 0, Verdict.BAD)
    append(file, [first])
    append(file, [second])
    assert read(file) == ([first, second], [])
    assert "Trains leave" not in file.read_text(encoding="utf-8")
    changed = replace(first, verdict=Verdict.BAD)
    append(file, [changed])
    assert read(file) == ([second, changed], [])


def test_a_document_that_was_read_again(index: Index, letter_embedder: Embedder) -> None:
    judgement = of(index, 2)
    assert texts(index, judgement) == [PARTS[2]]
    # Cut otherwise.
    put(index, letter_embedder, "/docs/a.txt", (PARTS[0] + PARTS[1], PARTS[2] + PARTS[3]))
    assert texts(index, judgement) == [PARTS[2] + PARTS[3]]
    put(index, letter_embedder, "/docs/a.txt", (*PARTS[:2], PARTS[2][:6], PARTS[2][6:], PARTS[3]))
    assert texts(index, judgement) == [PARTS[2][:6], PARTS[2][6:]]
    # Elsewhere.
    index.remove([Path("/docs/a.txt")])
    assert texts(index, judgement) == []
    put(index, letter_embedder, "/docs/b.txt", PARTS)
    assert texts(index, judgement) == [PARTS[2]]


def test_a_document_that_was_changed(index: Index, letter_embedder: Embedder) -> None:
    kept, lost = of(index, 2), of(index, 1)
    put(
        index,
        letter_embedder,
        "/docs/a.txt",
        ("New beginning. ", PARTS[0], "Trains  leave at nine.\n", "End."),
    )
    assert texts(index, kept) == ["Trains  leave at nine.\n"]
    assert texts(index, lost) == []


def test_a_whole_document(index: Index, letter_embedder: Embedder) -> None:
    judgement = judged(
        "tea", Verdict.GOOD, index.passages(index.lookup.passages_of(Path("/docs/a.txt"))), TIME
    )
    assert texts(index, judgement) == list(PARTS)
    put(index, letter_embedder, "/docs/a.txt", ("Something else.",))
    assert texts(index, judgement) == []


def test_a_torn_line_takes_no_other_with_it(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    append(file, [of(index, 0), of(index, 1)])
    file.write_bytes(file.read_bytes()[:-20])
    append(file, [of(index, 2)])
    with file.open("ab") as end:
        end.write(b'[]\n{"query": 1}\n\xff\n')
    assert read(file) == ([of(index, 0), of(index, 2)], [2, 4, 5, 6])


def test_several_write_at_once(index: Index, tmp_path: Path) -> None:
    file = tmp_path / "feedback.jsonl"
    judgements = [replace(of(index, 0), query=f"{number} " * 400) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: append(file, [one]), judgements))
    found, bad = read(file)
    assert not bad
    assert {one.query for one in found} == {one.query for one in judgements}


def test_a_name_that_is_not_utf_8(index: Index, letter_embedder: Embedder, tmp_path: Path) -> None:
    put(index, letter_embedder, "/docs/\udcff.txt", ("Odd.",))
    [stored] = index.passages(index.lookup.passages_of(Path("/docs/\udcff.txt")))
    file = tmp_path / "feedback.jsonl"
    append(file, [judged("odd", Verdict.GOOD, [stored], TIME)])
    [again], _ = read(file)
    assert texts(index, again) == ["Odd."]


def test_what_cannot_be_read_or_written_is_told(index: Index, tmp_path: Path) -> None:
    with pytest.raises(OutputUnwritable, match="cannot write"):
        append(tmp_path, [of(index, 0)])
    with pytest.raises(UsageError, match="cannot read"):
        read(tmp_path)

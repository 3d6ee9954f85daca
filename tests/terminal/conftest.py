"""A small library in many scripts, indexed with the letter-counting embedder."""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from encoder.interface import Embedder, Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.tui.asker import Asker


@dataclass(frozen=True, slots=True)
class Work:
    """A document to be: its passages are its paragraphs."""

    name: str
    language: str
    title: str
    text: str
    headings: tuple[str, ...] = ()
    paged: bool = False


WORKS = (
    Work(
        "bread.md",
        "en",
        "How to bake bread",
        "Mix flour, water, salt and yeast. Knead the dough for ten minutes.\n\n"
        "Let the bread rise for an hour in a warm place. Then bake it in a hot oven until it is brown.\n\n"
        "Good bread keeps for three days. Wrap it in a cloth and not in plastic.\n",
        ("Kitchen", "Baking"),
    ),
    Work(
        "brot.md",
        "de",
        "Brot backen für Anfänger",
        "Das Brot braucht Zeit. Der Teig ruht über Nacht, dann wird das Brot gebacken.\n\n"
        "Ein gutes Brot erkennt man am Klang: Klopft man auf den Boden, klingt es hohl.\n",
    ),
    Work(
        "面包.txt",
        "zh",
        "如何在家里烤面包",
        "烤面包需要面粉、水、盐和酵母。面团要发酵一个小时,然后放进烤箱。\n",
    ),
    Work(
        "خبز.txt",
        "ar",
        "كيف تخبز الخبز في البيت",
        "الخبز يحتاج إلى الطحين والماء والملح والخميرة. اترك العجين ساعة.\n",
    ),
    Work("ขนมปัง.pdf", "th", "วิธีทำขนมปังที่บ้าน", "ขนมปังทำจากแป้ง น้ำ เกลือ และยีสต์ พักแป้งไว้หนึ่งชั่วโมง\n", paged=True),
    Work(
        "tax.pdf",
        "en",
        "Income tax guide",
        "The tax is due in May. Late payment costs interest.\n",
        paged=True,
    ),
)

TRICKS = (
    "[@click=app.quit]click[/]",
    "return [/* x */]",
    "\x1b]0;pwned\x07",
    "\x1b]52;c;cHduZWQ=\x1b\\",
    "\x1b[2Jwiped",
    "\x9b31mred",
    "\u202egpj.exe",
)
"""Titles, texts, headings and names that a careless screen would obey."""

HOSTILE = tuple(
    Work(
        f"{number} {trick.replace('/', '')}.txt",
        "en",
        trick,
        f"pwned {trick}\n",
        (trick,),
    )
    for number, trick in enumerate(TRICKS)
)


@dataclass(frozen=True, slots=True)
class Library:
    """Files, and their index."""

    files: Path
    index_folder: Path
    embedder: Embedder


@pytest.fixture
def library(
    tmp_path: Path, index_folder: Path, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Library:
    """Documents in many scripts, indexed, in the working directory."""
    monkeypatch.chdir(tmp_path)
    fill(index_folder, tmp_path, letter_embedder, WORKS)
    return Library(tmp_path, index_folder, letter_embedder)


@pytest.fixture
def hostile_library(
    tmp_path: Path, index_folder: Path, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Library:
    """Documents that try to take the terminal over, indexed, in the working directory."""
    monkeypatch.chdir(tmp_path)
    fill(index_folder, tmp_path, letter_embedder, HOSTILE)
    return Library(tmp_path, index_folder, letter_embedder)


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put `dragoman`, as a shell would find it, on the path."""
    file = tmp_path_factory.mktemp("bin") / "dragoman"
    run = "import sys; from terminal.cli import main; sys.exit(main())"
    file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{run}" "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return file


@pytest.fixture
def asker(library: Library) -> Iterator[Asker]:
    with asker_of(library) as asker:
        yield asker


@pytest.fixture
def hostile_asker(hostile_library: Library) -> Iterator[Asker]:
    with asker_of(hostile_library) as asker:
        yield asker


@pytest.fixture
def long_asker(
    tmp_path: Path, index_folder: Path, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Asker]:
    """One passage longer than the screen, with something to find at both ends."""
    monkeypatch.chdir(tmp_path)
    between = "Nothing of note is said here at all. " * 40
    work = Work("long.md", "en", "A long one", f"Marzipan first. {between}Marzipan last.\n")
    fill(index_folder, tmp_path, letter_embedder, (work,))
    with asker_of(Library(tmp_path, index_folder, letter_embedder)) as asker:
        yield asker


Asking = Callable[..., AbstractContextManager[Asker]]


@pytest.fixture
def asking() -> Asking:
    """Hand out `_asking`, which asks any index in any way."""
    return _asking


@contextmanager
def asker_of(library: Library) -> Iterator[Asker]:
    with Index.open(library.index_folder) as index, _asking(index, library.embedder) as asker:
        yield asker


@contextmanager
def _asking(
    index: Index, embedder: Embedder | None, load: Callable[[], Searcher] | None = None
) -> Iterator[Asker]:
    """Ask `index` as it is, with `embedder`, or with whatever `load` returns or raises."""
    loaded = load or (lambda: Searcher(index, embedder))
    folder = index.summary().folder
    engine = Engine(folder, lambda: index, lambda _: Searcher(index, None), lambda _: loaded())
    with engine, Asker(engine) as asker:
        yield asker


def fingerprint(embedder: Embedder) -> Fingerprint:
    return Fingerprint("letters", embedder.fingerprint, embedder.dimension, 512, 256, splitter=1)


def fill(index_folder: Path, files: Path, embedder: Embedder, works: tuple[Work, ...]) -> None:
    with Index.create_or_open(index_folder, fingerprint(embedder)) as index:
        for work in works:
            passages = passages_of(work)
            window = Window(work.text, tuple((passage.start, passage.end) for passage in passages))
            index.replace(written(work, files), passages, embedder.embed_passages([window]))
        index.publish()


def written(work: Work, files: Path) -> Document:
    path = files / work.name
    path.write_text(work.text, encoding="utf-8")
    said = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Document(
        path,
        FileStamp(said.st_size, said.st_mtime_ns, digest),
        media_type=path.suffix[1:],
        title=work.title,
        language=work.language,
        encoding=None if work.paged else "utf-8",
    )


def passages_of(work: Work) -> list[Passage]:
    passages: list[Passage] = []
    start = 0
    for ordinal, text in enumerate(work.text.split("\n\n")):
        end = min(start + len(text) + 2, len(work.text))
        passages.append(
            Passage(
                ordinal,
                work.text[start:end],
                start,
                end,
                line=work.text.count("\n", 0, start) + 1,
                language=work.language,
                byte_start=None if work.paged else len(work.text[:start].encode()),
                byte_end=None if work.paged else len(work.text[:end].encode()),
                page=ordinal + 1 if work.paged else None,
                heading_path=work.headings,
            )
        )
        start = end
    return passages


@pytest.fixture
def writer(library: Library) -> Callable[[str, str], None]:
    """Add a document to the index of the library, as another process would."""

    def add(name: str, text: str) -> None:
        fill(library.index_folder, library.files, library.embedder, (Work(name, "en", name, text),))

    return add


SCRIPTS = (
    *WORKS,
    Work("לחם.md", "he", "איך אופים לחם בבית", "לשים את הבצק עשר דקות. הלחם תופח שעה במקום חם.\n"),
    Work("रोटी.md", "hi", "घर पर रोटी कैसे बनाएँ", "आटे को दस मिनट तक गूँधें। फिर रोटी को गरम तवे पर सेंकें।\n"),
    Work(
        "빵.md",
        "ko",
        "집에서 빵을 굽는 법",
        "반죽을 십 분 동안 치대고 한 시간 발효시킵니다. 그다음 빵을 굽습니다.\n",
    ),
    Work(
        "emoji.md",
        "en",
        "Bread 👩‍🍳🍞 for the 👨‍👩‍👧‍👦",
        "The family 👨‍👩‍👧‍👦 bakes bread 🍞 with a flag 🏳️‍🌈 and a thumb 👍🏽, e\u0301 and a\u0308.\n",
    ),
)
"""The library with the scripts that a terminal is least sure of."""


@pytest.fixture
def scripts_asker(
    tmp_path: Path, index_folder: Path, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Asker]:
    monkeypatch.chdir(tmp_path)
    fill(index_folder, tmp_path, letter_embedder, SCRIPTS)
    with asker_of(Library(tmp_path, index_folder, letter_embedder)) as asker:
        yield asker

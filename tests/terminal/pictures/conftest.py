"""An index whose documents speak HTML, and a browser that reports what a page tries to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from encoder.interface import Embedder, Window
from index_data.index import Index
from index_data.records import Coverage, Document, FileStamp, Fingerprint, Passage

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request, Route

TRICKS = (
    "<script>document.title='pwned'</script>",
    "</script><script>document.title='pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "\"><svg onload=document.title='pwned'>",
    "<!--<script>",
    "&lt;b&gt;",
    "\x1b]0;pwned\x07 \u202egpj.exe",
)
"""What a careless page would run."""
STAMP = FileStamp(1, 1, "0" * 64)


@pytest.fixture
def tricky_index(tmp_path: Path, index_folder: Path, letter_embedder: Embedder) -> Path:
    """Documents whose titles, texts, names and notes are tricks, and some that nobody could read."""
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(index_folder, made_by) as index:
        for number, trick in enumerate(TRICKS):
            text = f"passage {trick} number {number}"
            path = tmp_path / f"folder {number % 2} <b>" / f"{number} {trick.replace('/', '')}.txt"
            document = Document(path, STAMP, "txt", trick, "en", "utf-8", notes=(trick,))
            passage = Passage(0, text, 0, len(text), 1, ["en", "de"][number % 2], 0, len(text.encode()))
            vectors = letter_embedder.embed_passages([Window(text, ((0, len(text)),))])
            index.replace(document, [passage], vectors, coverage=Coverage(len(text), 3, (number + 1,)))
        index.record_unread(tmp_path / "<i>odd</i>.pdf", STAMP, TRICKS[0])
        index.record_unread(tmp_path / "slow.pdf", STAMP, "its reader died", attempts=2, readers="1")
    return index_folder


@dataclass(frozen=True, slots=True)
class Browser:
    """A page, and what it did that a page of ours must not."""

    page: Page
    requests: list[str] = field(default_factory=list)
    """Addresses, other than the page's own file."""
    complaints: list[str] = field(default_factory=list)

    def open(self, file: Path) -> Page:
        self.page.goto(file.as_uri())
        return self.page


@pytest.fixture
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here")
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program, args=flags)
        opened = Browser(chromium.new_page(viewport={"width": 1200, "height": 800}))
        page = opened.page

        def watched(route: Route, request: Request) -> None:
            if request.is_navigation_request() and request.url.startswith("file:"):
                route.continue_()
            else:
                opened.requests.append(request.url)
                route.abort()

        def complained(message: ConsoleMessage) -> None:
            if message.type == "error":
                opened.complaints.append(message.text)

        page.route("**/*", watched)
        page.on("console", complained)
        page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        yield opened
        chromium.close()

"""The screen in Chromium, from the question in one language to the hit in another."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jsonschema
import pytest

from terminal.json_output import schema_text
from terminal.settings import load_settings
from terminal.wiring import open_ingester

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
SAMPLES = Path(__file__).parents[3] / "samples" / "documents" / "night-sky"
START = "import sys; from terminal.cli import main; sys.exit(main())"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIETLY = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "index"
    with open_ingester(load_settings({"index": str(folder)})) as ingester:
        for _ in ingester.ingest([SAMPLES]):
            pass
    return folder


@pytest.fixture
def server(index: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", START, "tui", "--index", str(index), "--web"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    link = re.search(r"http\S+", process.stderr.readline())
    assert link
    yield link[0], process
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


class Seen:
    """What the page was sent, and what it asked for."""

    def __init__(self, page: Page) -> None:
        self.bytes = b""
        self.asked: list[str] = []
        self._page = page
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, frame: bytes | str) -> None:
        self.bytes += frame if isinstance(frame, bytes) else b""

    def wait_for(self, text: str) -> None:
        for _ in range(600):
            if text.encode() in self.bytes:
                return
            self._page.wait_for_timeout(100)
        raise AssertionError(f"{text} was never shown")


def screens(server: int) -> list[int]:
    said = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(server)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in said.stdout.split()]


def test_a_question_in_german_leads_to_a_page_in_chinese(
    server: tuple[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    link, process = server
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        page = browser.new_page(viewport={"width": 1200, "height": 720})
        seen = Seen(page)
        page.goto(link)
        page.wait_for_selector("body.-first-byte", timeout=60_000)
        seen.wait_for("ready")
        assert len(screens(process.pid)) == 1
        page.mouse.click(300, 32)
        page.keyboard.type("Welche Farbe gaben die alten Chinesen dem roten Planeten?")
        page.keyboard.press("Enter")
        seen.wait_for("中国传统星空文化.pdf")
        seen.wait_for("rerank")
        page.keyboard.press("o")
        seen.wait_for("Files are opened")
        with page.expect_download() as download:
            page.keyboard.press("e")
            seen.wait_for("results.json")
            page.keyboard.press("Enter")
        download.value.save_as(tmp_path / "results.json")
        page.screenshot(path=tmp_path / "screen.png")
        assert {urlsplit(url).netloc for url in seen.asked} == {urlsplit(link).netloc}
        assert "token" not in page.url
        assert page.evaluate("document.cookie") == "", "no script can read the cookie"
        browser.close()
    answer = json.loads((tmp_path / "results.json").read_text())
    jsonschema.validate(answer, json.loads(schema_text()))
    assert answer["results"][0]["path"].endswith("中国传统星空文化.pdf")
    gone = threading.Event()
    for _ in range(300):
        if not screens(process.pid):
            gone.set()
            break
        gone.wait(0.1)
    assert gone.is_set(), "the screen outlives its page"


def test_without_the_link_there_is_no_screen(server: tuple[str, subprocess.Popen[str]]) -> None:
    from playwright.sync_api import sync_playwright

    link, process = server
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=QUIETLY)
        page = browser.new_page()
        answer = page.goto(link.partition("?")[0])
        assert answer is not None
        assert answer.status == 403
        page.goto(link)
        page.wait_for_selector("body.-first-byte", timeout=60_000)
        evil = browser.new_page()
        evil.set_content("<p>another site</p>")
        socket = f"ws://{urlsplit(link).netloc}/ws"
        closed = evil.evaluate(
            "url => new Promise(done => { const s = new WebSocket(url); s.onopen = () => done('open');"
            " s.onerror = () => done('refused') })",
            socket,
        )
        assert closed == "refused"
        assert len(screens(process.pid)) == 1
        browser.close()

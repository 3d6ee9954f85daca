"""Documents may say what they like: the screen shows it and obeys none of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

from textual.pilot import Pilot

from search.query import Query
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.hit_list import HitList

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

ROOT = Path(__file__).parents[2]
OBEYED = [b"\x1b]0;pwned", b"\x1b]52;c;cHdu", b"\x1b[2Jwiped", "\x9b".encode(), "\u202e".encode()]
"""What of the tricks must never reach a terminal."""

OUR_SCREEN = """
import sys
from pathlib import Path
from index_data.index import Index
from search.query import Query
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker

folder = Path(sys.argv[1])
with Index.open(folder) as index:
    searcher = Searcher(index, None)
    engine = Engine(folder, lambda: index, lambda _: searcher, lambda _: searcher)
    with Asker(engine) as asker:
        SearchApp(asker, Query("pwned")).run()
"""
PLAIN_SCREEN = """
import sys
from pathlib import Path
from index_data.index import Index
from textual.app import App
from textual.widgets import Static

with Index.open(Path(sys.argv[1])) as index:
    titles = [stored.document.title for stored in index.passages(range(1, 8))]

class Plain(App):
    def compose(self):
        yield Static("\\n".join(titles), markup=False)

Plain().run()
"""


async def settle(pilot: Pilot[None]) -> None:
    await pilot.pause()
    while any(not worker.is_finished for worker in pilot.app.workers):
        await pilot.pause(0.02)
    await pilot.pause(0.05)


async def test_no_click_on_any_row_runs_anything(hostile_asker: Asker) -> None:
    app = SearchApp(hostile_asker, Query("pwned"))
    async with app.run_test(size=(120, 50)) as pilot:
        await settle(pilot)
        hits = app.screen.query_one(HitList)
        assert hits.option_count == 7
        for row in range(hits.option_count):
            await pilot.click(HitList, offset=(4, row * 2))
        await settle(pilot)
        for widget, rows in (("#place", 3), ("#document", 3)):
            for row in range(rows):
                await pilot.click(widget, offset=(3, row))
        await settle(pilot)
        assert app.is_running
        assert app.return_code is None
        assert app.screen is app.screen_stack[1]


async def test_titles_are_shown_letter_by_letter(hostile_asker: Asker) -> None:
    app = SearchApp(hostile_asker, Query("pwned"))
    async with app.run_test(size=(120, 50)) as pilot:
        await settle(pilot)
        hits = app.screen.query_one(HitList)
        shown = "\n".join(strip.text for strip in (hits.render_line(line) for line in range(14)))
    assert "[@click=app.quit]click[/]" in shown
    assert "return [/* x */]" in shown
    assert "\ufffd]0;pwned\ufffd" in shown


def test_no_control_character_reaches_the_terminal(hostile_library: Library) -> None:
    written = bytes_on_a_terminal(OUR_SCREEN, hostile_library.index_folder, until=b"gpj.exe")
    assert [trick for trick in OBEYED if trick in written] == []
    assert b"]0;pwned" in written


def test_through_a_plain_widget_they_do(hostile_library: Library) -> None:
    written = bytes_on_a_terminal(PLAIN_SCREEN, hostile_library.index_folder, until=b"gpj.exe")
    assert [trick for trick in OBEYED if trick in written] == OBEYED


def bytes_on_a_terminal(program: str, index_folder: Path, *, until: bytes) -> bytes:
    """Run a screen on a terminal of its own until it has drawn `until`, and leave it by ctrl+q."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        [sys.executable, "-c", program, str(index_folder)],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    written, leave_at, deadline = b"", float("inf"), time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                part = read(ours)
                written += part
                if not part:
                    break
            if until in written and leave_at == float("inf"):
                leave_at = time.monotonic() + 0.3
            if time.monotonic() > leave_at:
                os.write(ours, b"\x11")
                leave_at = deadline
        return written
    finally:
        running.terminate()
        running.wait(10)
        os.close(ours)


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        return b""

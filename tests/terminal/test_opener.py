from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from index_data.errors import UsageError
from index_data.records import Document, FileStamp, Passage
from search.hits import Channels, Hit
from search.query import Query
from terminal.tui.app import SearchApp
from terminal.tui.engine import Engine
from terminal.tui.opener import Opener, open_hit, opener

PATH = Path("/library/a; rm -rf $HOME.txt")
TEXT = Hit(
    1,
    1,
    Document(PATH, FileStamp(1, 1, "00"), "txt", "Title", "en", "utf-8"),
    Passage(0, "text", 0, 4, 12, "en"),
    1.0,
    Channels(),
    (0, 4),
    False,
)
PDF = replace(TEXT, document=replace(TEXT.document, encoding=None, media_type="pdf"))


def test_plain_text_opens_in_the_editor_at_its_line() -> None:
    words = ("vim", "-R", "+12", "--", str(PATH))
    assert opener(TEXT, {"VISUAL": "vim -R", "EDITOR": "nano"}) == Opener(words, takes_the_terminal=True)
    assert opener(TEXT, {"EDITOR": "nano"}).arguments == ("nano", "+12", "--", str(PATH))


def test_all_else_opens_as_the_desktop_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    program = Opener(("xdg-open", str(PATH)), takes_the_terminal=False)
    assert opener(PDF, {"EDITOR": "nano"}) == program
    assert opener(TEXT, {}) == program
    monkeypatch.setattr(sys, "platform", "darwin")
    assert opener(PDF, {}).arguments == ("open", str(PATH))


def test_an_editor_that_is_no_command_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot read the editor"):
        opener(TEXT, {"EDITOR": "vim '"})


def test_no_shell_reads_the_name_of_a_file(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "$(touch pwned); `touch pwned` && touch pwned.pdf"
    file.write_bytes(b"")
    recorder = tmp_path / "bin" / "xdg-open"
    recorder.parent.mkdir()
    recorder.write_text(
        '#!/bin/sh\nprintf "%s" "$1" > "$0.seen.part"\nmv "$0.seen.part" "$0.seen"\n', encoding="utf-8"
    )
    recorder.chmod(0o755)
    monkeypatch.setenv("PATH", f"{recorder.parent}:/usr/bin:/bin")
    monkeypatch.setattr(sys, "platform", "linux")
    hit = replace(PDF, document=replace(PDF.document, path=file))
    program = open_hit(SearchApp(engine, Query("")), hit, {})
    assert program is not None
    assert program.wait(10) == 0
    assert recorder.with_name("xdg-open.seen").read_text(encoding="utf-8") == str(file)
    assert not (tmp_path / "pwned").exists()


def test_what_has_gone_or_cannot_run_is_told(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = SearchApp(engine, Query(""))
    with pytest.raises(UsageError, match="has gone"):
        open_hit(app, TEXT, {})
    file = tmp_path / "a.pdf"
    file.write_bytes(b"")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="cannot run"):
        open_hit(app, replace(PDF, document=replace(PDF.document, path=file)), {})

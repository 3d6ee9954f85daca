from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from index_data.errors import UsageError
from index_data.records import Document, FileStamp, Passage
from search.hits import Channels, Hit
from search.query import Query
from terminal.opener import Opener, opener, shell_words
from terminal.safe_text import safe_text
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.opener import open_hit

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
PAGE = replace(PDF, passage=replace(PDF.passage, page=7))


def opened(hit: Hit, environment: Mapping[str, str], viewer: str | None = None) -> Opener:
    return opener(hit.document, hit.passage, environment, viewer)


def test_plain_text_opens_in_the_editor_at_its_line() -> None:
    words = ("vim", "-R", "+12", "--", str(PATH))
    assert opened(TEXT, {"VISUAL": "vim -R", "EDITOR": "nano"}) == Opener(words, takes_the_terminal=True)
    assert opened(TEXT, {"EDITOR": "nano"}).arguments == ("nano", "+12", "--", str(PATH))


@pytest.mark.parametrize(
    ("editor", "arguments"),
    [
        ("/usr/bin/code --wait", ("/usr/bin/code", "--wait", "--goto", f"{PATH}:12")),
        ("hx", ("hx", f"{PATH}:12")),
        ("subl -w", ("subl", "-w", f"{PATH}:12")),
        ("kate", ("kate", "--line", "12", str(PATH))),
        ("micro", ("micro", "+12", str(PATH))),
        ("emacsclient -t", ("emacsclient", "-t", "+12", "--", str(PATH))),
    ],
)
def test_each_editor_is_told_the_line_in_its_own_way(editor: str, arguments: tuple[str, ...]) -> None:
    assert opened(TEXT, {"EDITOR": editor}).arguments == arguments


def test_all_else_opens_as_the_desktop_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    program = Opener(("xdg-open", str(PATH)), takes_the_terminal=False)
    assert opened(PDF, {"EDITOR": "nano"}) == program
    assert opened(TEXT, {}) == program
    monkeypatch.setattr(sys, "platform", "darwin")
    assert opened(PDF, {}).arguments == ("open", str(PATH))


@pytest.mark.parametrize(
    ("viewer", "arguments"),
    [
        ("evince", ("evince", "-i", "7", str(PATH))),
        ("/usr/bin/okular", ("/usr/bin/okular", "-p", "7", str(PATH))),
        ("zathura --fork", ("zathura", "--fork", "-P", "7", str(PATH))),
        ("sioyek", ("sioyek", "--page", "7", str(PATH))),
        ("xpdf", ("xpdf", str(PATH), "7")),
        ("mupdf", ("mupdf", str(PATH), "7")),
        ("unheard-of", ("unheard-of", str(PATH))),
        ("firefox file://{path}#page={page}", ("firefox", f"file://{PATH}#page=7")),
    ],
)
def test_a_pdf_opens_in_the_viewer_at_its_page(viewer: str, arguments: tuple[str, ...]) -> None:
    assert opened(PAGE, {}, viewer) == Opener(arguments, takes_the_terminal=False)
    assert opened(PDF, {}, viewer).arguments[0] != arguments[0]


def test_the_first_viewer_that_is_installed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert opened(PAGE, {"PATH": str(tmp_path)}).arguments == ("xdg-open", str(PATH))
    for name in ("mupdf", "okular"):
        (tmp_path / name).touch(mode=0o755)
    assert opened(PAGE, {"PATH": str(tmp_path)}).arguments == ("okular", "-p", "7", str(PATH))


HOSTILE = (
    "-rf {page}.pdf",
    "a\nrm -rf x.pdf",
    "$(touch pwned).pdf",
    "`id`;'\"{path}.pdf",
    "\x1b]0;pwned\x07.pdf",
    "\u202egpj.pdf",
    "\udcff \\.pdf",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_argument_and_no_option(name: str) -> None:
    path = Path("/library") / name
    hits = [replace(hit, document=replace(hit.document, path=path)) for hit in (TEXT, PAGE)]
    for arguments in (
        opened(hits[0], {"EDITOR": "vim"}).arguments,
        opened(hits[0], {"EDITOR": "code"}).arguments,
        opened(hits[1], {}, "evince").arguments,
        opened(hits[1], {}, "x -p {page} {path}").arguments,
    ):
        [word] = [word for word in arguments if str(path) in word]
        assert word in {str(path), f"{path}:12"}
        assert len(arguments) <= 4


@pytest.mark.parametrize("name", HOSTILE)
def test_a_printed_command_means_the_same_and_is_safe_to_show(name: str) -> None:
    words = ("printf", "%s\\0", f"/library/{name}", "plain", "two words")
    line = shell_words(words)
    assert safe_text(line) == line
    printed = subprocess.run(["bash", "-c", line], check=True, capture_output=True).stdout
    assert printed == b"".join(os.fsencode(word) + b"\0" for word in words[2:])


def test_a_command_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot read the command"):
        opened(TEXT, {"EDITOR": "vim '"})
    with pytest.raises(UsageError, match="cannot read the command"):
        opened(PAGE, {}, "evince '")


def test_no_shell_reads_the_name_of_a_file(
    asker: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    program = open_hit(SearchApp(asker, Query("")), hit, {})
    assert program is not None
    assert program.wait(10) == 0
    assert recorder.with_name("xdg-open.seen").read_text(encoding="utf-8") == str(file)
    assert not (tmp_path / "pwned").exists()


def test_what_has_gone_or_cannot_run_is_told(
    asker: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = SearchApp(asker, Query(""))
    with pytest.raises(UsageError, match="has gone"):
        open_hit(app, TEXT, {})
    file = tmp_path / "a.pdf"
    file.write_bytes(b"")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="cannot run"):
        open_hit(app, replace(PDF, document=replace(PDF.document, path=file)), {})

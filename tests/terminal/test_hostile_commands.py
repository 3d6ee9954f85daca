"""Every command that prints is run on a terminal, over documents, names and errors that try to own it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminal.cli import cli
from terminal.commands.search import Format

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

ROOT = Path(__file__).parents[2]
DRIVER = """
import json, os, sys
from pathlib import Path

if sys.argv[2] == "careless":
    import terminal.safe_text
    terminal.safe_text.safe_text = lambda text, **_: text.encode("utf-8", "surrogateescape").decode("latin-1")

from terminal import wiring
from terminal.cli import main
from tests.conftest import LetterEmbedder

embedder = LetterEmbedder()
wiring._load_embedder = lambda _settings, _made_by, _announce: embedder
for step in json.loads(Path(sys.argv[1]).read_text()):
    if isinstance(step, dict):
        Path(step["write"]).write_text(step["text"])
        continue
    os.write(1, b"\\n=== " + ascii(step).encode() + b"\\n")
    main(step)
"""
OURS = re.compile(
    r"\x1b\[(?:0|1|2|3|4|[39][0-7])(?:;(?:0|1|2|3|4|[39][0-7]))*m"  # style and the sixteen colours
    r"|\x1b\]8;(?:id=\d+)?;(?:file://[!-~]*)?\x1b\\"  # a path leads to its file
    r"|\x1b\[38;5;\d+m(?=[━╸╺])"  # the bar of a live line
    r"|\r?(?:\x1b\[1A)?\x1b\[2K"  # a live line is taken back
    r"|\x1b\[\?25[lh]"  # no cursor on it
    r"|\r(?=\d|looking at the files|\x1b|\n|[━╸╺ ])"  # and is written again
)
"""All that a command of ours makes a terminal do besides showing letters, a newline and a tab."""
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
TRICKS = (
    "\x1b]0;pwned\x07",
    "\x1b]52;c;cHduZWQ=\x1b\\",
    "\x1b]8;;http://pwned\x1b\\click",
    "\x1b[2Jwiped",
    "\x1b[38;5;199mred",
    "\x9b31mred",
    "before\rafter",
    "a\x08b\x7fc\x00d",
    "\u202egpj.exe",
    "two\nlines\u2028three",
    "[@click=app.quit]click[/]",
)


def leaks(written: bytes) -> list[tuple[str, str]]:
    """List what a terminal would obey and is not ours: the command that wrote it, and where it stands."""
    found, command = [], ""
    for line in written.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith("=== "):
            command = line
        rest = OURS.sub("", line)
        if harm := OBEYED.search(rest) or re.search("[\ud800-\udfff]", rest):
            found.append((command, ascii(rest[max(0, harm.start() - 30) : harm.end() + 30])))
    return found


def on_a_terminal(steps: Sequence[object], work: Path, manner: str = "careful") -> bytes:
    """Run commands one after the other on a terminal that changes no byte; interrupt what watches."""
    script = work / "steps.json"
    script.write_text(json.dumps(steps), encoding="utf-8")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    environment = {
        **os.environ,
        "COLORTERM": "",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    running = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(script), manner],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=work, start_new_session=True,
        preexec_fn=_take_terminal,
    )  # fmt: skip
    os.close(theirs)
    try:
        return _heard(ours)
    finally:
        running.kill()
        running.wait(10)
        os.close(ours)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _heard(terminal: int) -> bytes:
    written, answered, deadline = b"", 0, time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            part = os.read(terminal, 65_536)
        except OSError:
            return written
        if not part:
            return written
        written += part
        for asks, answer in ((b"watching; Ctrl-C ends it", b"\x03"), (b"[y/N]", b"y\n")):
            if asks in written[answered:]:
                answered = len(written)
                os.write(terminal, answer)
    raise AssertionError(f"it never ended: {written[-500:]!r}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents, good and broken, with tricks in their texts, titles and names."""
    work = tmp_path_factory.mktemp("hostile")
    documents = work / "documents"
    documents.mkdir()
    for number, trick in enumerate(TRICKS):
        name = trick.replace("/", "").replace("\0", "")
        text = f"# pwned {trick}\n\nThe pwned {trick} paragraph says pwned.\n"
        _write(documents, f"{number} {name}.md", text.encode())
        _write(documents, f"{number} {name}.pdf", b"%PDF-1.7 " + trick.encode())
        _write(documents, f"{number} {name}.zip", b"PK\3\4" + trick.encode())
    escaped = "".join(f"&#{ord(letter)};" for letter in TRICKS[0])
    html = f"<html><head><title>pwned {escaped}</title></head><body><h1>pwned {escaped}</h1><p>pwned"
    _write(documents, "page.html", html.encode())
    _write(documents, "list.json", json.dumps({"pwned": list(TRICKS)}).encode())
    mail = (
        "Subject: =?utf-8?q?pwned=1B]0;pwned=07?=\nFrom: \x1b[2Jme <a@b>\nContent-Type: text/plain\n\npwned\n"
    )
    _write(documents, "letter.eml", mail.encode())
    (Path(os.fsdecode(os.fsencode(documents) + b"/\xff\xfe \x1b[2J\xc2.md"))).write_bytes(b"pwned by name\n")
    return work


def _write(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)


def steps_over(work: Path) -> list[object]:
    """List every command that prints something of documents, names or mistakes."""
    documents, trick = work / "documents", "".join(TRICKS[:5])
    first, gone = next(documents.glob("3 *.md")), next(documents.glob("4 *.md"))
    judged = work / "judged \x1b[2J"
    index = ["--index", str(work / "index \x1b[2J")]
    steps: list[object] = [
        ["ingest", *index, str(documents)],
        *([["search", *index, "--format", shape, "pwned"] for shape in Format]),
        ["search", *index, "--color", "always", "--min-score", "0", f"pwned {trick}"],
        ["search", *index, "--mode", "lexical", f"zymurgy {trick}"],
        ["search", *index, "-0", "pwned"],
        ["search", *index, "-0", "--output", "/dev/tty", "pwned"],
        ["search", *index, "--json", "--evidence", "--limit", "3", "pwned"],
        ["search", *index, "--batch", str(work / "questions")],
        ["get", *index, "1:2:2", "2"],
        ["get", *index, "--json", "1", "2", "3"],
        ["similar", *index, "1"],
        ["similar", *index, str(first)],
        ["explain", *index, f"pwned {trick}", str(first)],
        ["explain", *index, "--json", "pwned", str(next(documents.glob("1 *.pdf")))],
        ["status", *index],
        ["status", *index, "--files"],
        ["status", *index, "--files", "--json"],
        ["open", *index, "--print", "1"],
        ["feedback", "good", *index, f"pwned {trick}", str(gone)],
        ["feedback", "bad", *index, "pwned", "1", f"none {trick}"],
        ["feedback", "list", *index],
        ["feedback", "list", "--json", *index],
        ["feedback", "export", *index, str(judged)],
        ["eval", *index, str(judged)],
        ["eval", *index, "--json", str(judged)],
        ["selftest", *index, "--questions", "3"],
        ["doctor", *index],
        ["doctor", "--json", *index],
        {"write": str(gone), "text": "Another text, not pwned.\n"},
        ["search", *index, "pwned"],
        ["verify", *index],
        ["verify", "--json", *index],
        ["check", "--full", *index],
        ["ingest", *index, "--progress", "plain", "--no-prune", str(documents)],
        ["ingest", *index, "--progress", "json", "--rehash", str(documents)],
        ["ingest", *index, "--json", "--progress", "auto", str(documents)],
        ["watch", *index, str(documents)],
        ["models", "list"],
        ["backup", *index, str(work / "copy \x1b[2J")],
        ["migrate", *index, str(work / "moved \x1b[2J")],
        ["rebuild", *index],
        ["gc", *index],
        ["purge", *index, str(documents)],
        ["repair", "--dry-run", *index],
        ["config", "show"],
        ["collections", "list"],
        ["completion", "bash"],
        ["man"],
        ["map", *index, "--output", str(work / "map \x1b[2J.html")],
        ["serve", "--stop", *index],
        *_mistakes(trick, index, f"{work / 'questions'}/{trick}"),
    ]  # fmt: skip
    known = {*cli.commands, f"no-command-{trick}"}
    return [step for step in steps if isinstance(step, dict) or step[0] in known]  # type: ignore[index]


def _mistakes(trick: str, index: list[str], nowhere: str) -> list[list[str]]:
    """List what goes wrong; `nowhere` is below a file, where nothing can be made."""
    return [
        [f"no-command-{trick}"],
        ["search", *index, f"--no-option-{trick}", "x"],
        ["search", *index, "--lang", trick, "x"],
        ["search", *index, f"lang:{trick} type:{trick} pwned"],
        ["search", *index, "--model", nowhere, "x"],
        ["search", "--index", nowhere, "x"],
        ["search", *index, "--limit", trick, "x"],
        ["search", *index, "--format", trick, "x"],
        ["search", *index, "-o", f"{nowhere}/out.json", "--mode", "lexical", "pwned"],
        ["get", *index, trick],
        ["similar", *index, f"none {trick}"],
        ["explain", *index, "pwned", nowhere],
        ["verify", *index, nowhere],
        ["ingest", *index, nowhere],
        ["ingest", *index, "--ocr", trick, "."],
        ["eval", nowhere],
        ["check", "--index", nowhere],
        ["repair", "--index", nowhere],
        ["backup", *index, f"{nowhere}/copy"],
        ["models", "fetch", f"none {trick}"],
        ["models", "plan", nowhere],
        ["tune", *index, "--general", nowhere],
        ["mcp", "--allow-ingest", nowhere],
        ["collections", "show", trick],
        ["config", "validate", nowhere],
        ["completion", trick],
    ]


def test_no_command_lets_anything_reach_the_terminal(folder: Path) -> None:
    (folder / "questions").write_bytes(
        b'pwned \x1b[2J\n{"query": "\\u001b[2J", "id": "\\u001b]0;x"}\n\xff\n{"\x9b": 1}\n'
    )
    written = on_a_terminal(steps_over(folder), folder)
    assert leaks(written) == []
    commands = re.findall(rb"^=== \['([\w-]+)'", written, re.MULTILINE)
    assert set(cli.commands) - {name.decode() for name in commands} == {"tui"}
    assert b"Traceback" not in written
    # They were shown, and not merely left out.
    assert written.count("\ufffd".encode()) > 500


def test_without_care_they_do(hostile_library: Library) -> None:
    index = ["--index", str(hostile_library.index_folder)]
    steps = [
        ["search", *index, "--mode", "lexical", "pwned"],
        ["status", *index, "--files"],
        ["get", *index, "3", "4"],
        ["check", "--index", "/none/\x1b[2J"],
    ]
    found = leaks(on_a_terminal(steps, hostile_library.files, "careless"))
    assert {command.split("'")[1] for command, _ in found} == {"search", "status", "get", "check"}


@pytest.mark.parametrize("trick", TRICKS[:9])
def test_each_trick_would_be_noticed(trick: str) -> None:
    assert len(leaks(f"=== x\nshown {trick} and on\n".encode())) >= 1


@pytest.mark.parametrize(
    "ours",
    [
        b"\x1b[1;32mbold\x1b[0m",
        b"\r\x1b[2K3 of 4 files",
        b"\x1b[?25l\x1b[?25h",
        "Привет 你好 مرحبا\t👩‍🌾".encode(),
    ],
)
def test_what_is_ours_is_none(ours: bytes) -> None:
    assert leaks(ours) == []

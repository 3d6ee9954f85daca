from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from encoder.interface import Embedder
from index_data.paths import IndexPaths
from terminal import wiring
from terminal.cli import main
from terminal.color import wants_color
from terminal.setting_values import Color

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

BY_WORDS = ("--mode", "lexical")


def asked(library: Library, *arguments: str) -> list[str]:
    return ["search", "--index", str(library.index_folder), *BY_WORDS, *arguments]


def test_each_file_comes_once_the_best_first(library: Library, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(asked(library, "--json", "--all", "brot bread")) == 0
    capfd.readouterr()
    assert main(asked(library, "--paths", "--all", "brot bread bake")) == 0
    said, told = capfd.readouterr()
    assert told == ""
    assert sorted(said.splitlines()) == [str(library.files / "bread.md"), str(library.files / "brot.md")]
    assert main(asked(library, "-0", "--all", "brot bread bake")) == 0
    assert capfd.readouterr().out == said.replace("\n", "\0")


def test_a_name_stays_as_it_is_for_xargs_alone(
    library: Library, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    odd = os.fsencode(library.files) + b"/-rf \x1b[2J\xff\nbrot.md"
    (library.files / "brot.md").rename(os.fsdecode(odd))
    with closing(sqlite3.connect(IndexPaths(library.index_folder).database)) as rows, rows:
        rows.execute("UPDATE documents SET path = ? WHERE CAST(path AS TEXT) LIKE '%brot.md'", (odd,))
    assert main(asked(library, "-0", "klingt")) == 0
    said = capfdbinary.readouterr().out
    assert said == odd + b"\0"
    counted = subprocess.run(["xargs", "-0", "cat"], input=said, capture_output=True, check=True).stdout
    assert b"klingt" in counted
    for shape in ("--paths", "--format=vimgrep"):
        assert main(asked(library, shape, "klingt")) == 0
        shown = capfdbinary.readouterr().out
        assert b"\x1b" not in shown
        assert shown.count(b"\n") == 1
        shown.decode()


def test_a_terminal_gets_no_name_as_it_is(library: Library) -> None:
    odd = os.fsencode(library.files) + b"/\x1b[2J\xff.md"
    (library.files / "brot.md").rename(os.fsdecode(odd))
    with closing(sqlite3.connect(IndexPaths(library.index_folder).database)) as rows, rows:
        rows.execute("UPDATE documents SET path = ? WHERE CAST(path AS TEXT) LIKE '%brot.md'", (odd,))
    command = [sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())"]
    asks = [*command, *asked(library, "-0", "klingt")]

    def written(*more: str, to_terminal: bool = True) -> bytes:
        ours, theirs = pty.openpty()
        try:
            given = [argument.replace("{terminal}", os.ttyname(theirs)) for argument in more]
            stdout = theirs if to_terminal else subprocess.PIPE
            done = subprocess.run([*asks, *given], stdout=stdout, stdin=subprocess.DEVNULL, check=True)
            return done.stdout or os.read(ours, 65_536)
        finally:
            os.close(ours)
            os.close(theirs)

    shown = (
        os.fsencode(library.files) + "/\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}.md\r\n".encode()
    )
    assert written() == shown
    assert written("-o", "{terminal}", to_terminal=False) == shown
    assert written(to_terminal=False) == odd + b"\0"


def test_a_zero_byte_ends_nothing_but_paths(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked(library, "-0", "--json", "brot")) == 2
    assert "-0 ends paths" in capsys.readouterr().err


def test_nothing_found_is_no_path_and_1(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked(library, "-0", "zzzz")) == 1
    assert capsys.readouterr() == ("", "")
    assert main(asked(library, "-0", "--exit-zero", "zzzz")) == 0


def test_a_place_is_a_line_a_column_and_what_stands_there(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked(library, "--format", "vimgrep", "klingt")) == 0
    path, line, column, text = capsys.readouterr().out.rstrip("\n").split(":", 3)
    lines = Path(path).read_bytes().split(b"\n")
    assert lines[int(line) - 1][int(column) - 1 :].decode().startswith(text[:20])
    assert "klingt" in text


def test_the_column_counts_bytes_of_the_line(
    letter_embedder: Embedder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(wiring, "_load_embedder", lambda _settings, _made_by, _announce: letter_embedder)
    file = tmp_path / "brot.txt"
    file.write_text(
        "Vom Backen.\nDer Müller mahlt heute das Mehl für alle. Draußen bellt ein Hund. Es regnet den ganzen "
        "Tag. Das gute Brot klingt am Ende hohl und trocken.\nMehr nicht.\n",
        encoding="utf-8",
    )
    index = ["--index", str(tmp_path / "index")]
    assert main(["ingest", "-q", *index, str(file)]) == 0
    assert main(["search", *index, *BY_WORDS, "--format", "vimgrep", "Brot klingt"]) == 0
    _, line, column, text = capsys.readouterr().out.rstrip("\n").split(":", 3)
    assert (line, int(column) > 1) == ("2", True)
    assert file.read_bytes().split(b"\n")[1][int(column) - 1 :].decode().startswith(text[:20])


def test_the_line_of_a_document_with_pages_is_the_page(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(asked(library, "--format", "vimgrep", "interest")) == 0
    assert capsys.readouterr().out.startswith(f"{library.files / 'tax.pdf'}:1:1:")


def test_similar_gives_the_same_shapes(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["similar", "--index", str(library.index_folder), "-n", "1", "-0", "1"]
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith("\0")


@pytest.mark.parametrize(
    ("color", "environment", "is_terminal", "wanted"),
    [
        (Color.AUTO, {"TERM": "xterm"}, True, True),
        (Color.AUTO, {"TERM": "xterm"}, False, False),
        (Color.AUTO, {"TERM": "dumb"}, True, False),
        (Color.AUTO, {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        (Color.AUTO, {"TERM": "xterm", "NO_COLOR": ""}, True, True),
        (Color.ALWAYS, {"TERM": "dumb", "NO_COLOR": "1"}, False, True),
        (Color.NEVER, {"TERM": "xterm"}, True, False),
    ],
)
def test_colour_is_for_terminals_that_take_it(
    color: Color,
    environment: dict[str, str],
    is_terminal: bool,
    wanted: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    assert wants_color(color, None) is wanted
    assert wants_color(Color.AUTO, Path("found.txt")) is False


def test_a_path_leads_to_its_file_on_a_terminal_only(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    link = f";{(library.files / 'brot.md').as_uri()}\x1b\\"
    assert main(asked(library, "--color", "always", "klingt")) == 0
    assert "\x1b]8" not in capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(asked(library, "klingt")) == 0
    assert link in capsys.readouterr().out

"""Which program shows a passage in its file, as an argument list that no shell ever reads.

A path is absolute, so no program can take it for an option; `xdg-open` knows no `--`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UsageError
from index_data.records import Document, Passage
from terminal.safe_text import safe_text

_AT_LINE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf"), ("--goto", "{path}:{line}")
    ),
    **dict.fromkeys(("hx", "helix", "zed", "zeditor", "subl", "lite-xl"), ("{path}:{line}",)),
    **dict.fromkeys(("kate", "kwrite", "mate"), ("--line", "{line}", "{path}")),
    **dict.fromkeys(("idea", "pycharm", "webstorm", "clion", "goland"), ("--line", "{line}", "{path}")),
    "micro": ("+{line}", "{path}"),
}
"""What an editor takes after its own name, by that name; all others take what vi does."""
_LIKE_VI = ("+{line}", "--", "{path}")

_AT_PAGE: dict[str, tuple[str, ...]] = {
    "evince": ("-i", "{page}", "{path}"),
    "papers": ("-i", "{page}", "{path}"),
    "okular": ("-p", "{page}", "{path}"),
    "zathura": ("-P", "{page}", "{path}"),
    "sioyek": ("--page", "{page}", "{path}"),
    "atril": ("-i", "{page}", "{path}"),
    "qpdfview": ("--unique", "{path}#{page}"),
    "mupdf": ("{path}", "{page}"),
    "xpdf": ("{path}", "{page}"),
}
"""The same for viewers of PDF files; the first that is installed is taken."""


@dataclass(frozen=True, slots=True)
class Opener:
    """A program with its arguments."""

    arguments: tuple[str, ...]
    takes_the_terminal: bool
    """It may draw on this terminal, so a screen has to make room for it."""


def opener(
    document: Document, passage: Passage, environment: Mapping[str, str], viewer: str | None = None
) -> Opener:
    """Choose an editor at its line for plain text, a viewer at its page for PDF, else the desktop's choice.

    `viewer` is a viewer's name, or a command in which {page} and {path} are filled in.

    Raises:
        UsageError: $VISUAL, $EDITOR or the viewer cannot be read as a command.
    """
    path = document.path
    editor = _words(environment.get("VISUAL") or environment.get("EDITOR") or "", "$VISUAL or $EDITOR")
    if editor and document.encoding is not None:
        form = _AT_LINE.get(Path(editor[0]).name, _LIKE_VI)
        return Opener((*editor, *_filled(form, path, passage)), takes_the_terminal=True)
    if document.media_type == "pdf" and passage.page is not None:
        command = _viewer(viewer, environment)
        if command:
            return Opener(_filled(command, path, passage), takes_the_terminal=False)
    return Opener(("open" if sys.platform == "darwin" else "xdg-open", str(path)), takes_the_terminal=False)


def run(program: Opener, path: Path) -> subprocess.Popen[bytes] | None:
    """Open `path`: wait for an editor that takes the terminal, else give the program that runs.

    Raises:
        UsageError: there is no such program, or the file has gone.
    """
    if not path.exists():
        raise UsageError(f"{path} has gone", remedy="Ingest its folder again to forget it.")
    try:
        if program.takes_the_terminal:
            subprocess.run(program.arguments, check=False)
            return None
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            program.arguments, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError as error:
        raise UsageError(
            f"cannot run {program.arguments[0]}: {error.strerror}",
            remedy="Name an editor in $VISUAL or $EDITOR, a viewer of PDF files in the setting `viewer`.",
        ) from error


def shell_words(arguments: Sequence[str]) -> str:
    """Write a command line for Bash, zsh or ksh that holds no control character in the raw."""
    return " ".join(map(_shell_word, arguments))


def _shell_word(word: str) -> str:
    if safe_text(word) == word:
        return shlex.quote(word)
    raw = os.fsencode(word)
    return "$'" + "".join(chr(byte) if _is_plain(byte) else f"\\{byte:03o}" for byte in raw) + "'"


def _is_plain(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and chr(byte) not in "'\\"


def _viewer(named: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Make a command with places for page and path; nothing where no viewer is known to be here."""
    if named is None:
        here = (name for name in _AT_PAGE if shutil.which(name, path=environment.get("PATH", "")))
        found = next(here, None)
        return (found, *_AT_PAGE[found]) if found else ()
    words = _words(named, "the setting `viewer`")
    if any("{path}" in word for word in words):
        return tuple(words)
    return (*words, *_AT_PAGE.get(Path(words[0]).name if words else "", ("{path}",)))


def _filled(form: tuple[str, ...], path: Path, passage: Passage) -> tuple[str, ...]:
    # The path comes last, so that nothing in it is taken for a place to fill.
    numbered = (
        word.replace("{line}", str(passage.line)).replace("{page}", str(passage.page or 1)) for word in form
    )
    return tuple(word.replace("{path}", str(path)) for word in numbered)


def _words(command: str, source: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise UsageError(
            f"cannot read the command {command!r}: {error}", remedy=f"Correct {source}."
        ) from error

"""Open a hit in another program, by an argument list that no shell ever reads."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from textual.app import App, SuspendNotSupported

from index_data.errors import UsageError
from search.hits import Hit


@dataclass(frozen=True, slots=True)
class Opener:
    """A program with its arguments."""

    arguments: tuple[str, ...]
    takes_the_terminal: bool
    """It may draw on this terminal, so the screen has to make room for it."""


def open_hit(app: App[None], hit: Hit, environment: Mapping[str, str]) -> subprocess.Popen[bytes] | None:
    """Open the file of `hit`: wait for an editor that takes the terminal, else give the program that runs.

    Raises:
        UsageError: there is no such program, the file has gone, or this terminal cannot be lent.
    """
    program = opener(hit, environment)
    if not hit.document.path.exists():
        raise UsageError(f"{hit.document.path} has gone", remedy="Ingest its folder again to forget it.")
    try:
        if program.takes_the_terminal:
            with app.suspend():
                subprocess.run(program.arguments, check=False)
            return None
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            program.arguments, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
    except OSError as error:
        raise UsageError(
            f"cannot run {program.arguments[0]}: {error.strerror}",
            remedy="Name an editor in $VISUAL or $EDITOR.",
        ) from error
    except SuspendNotSupported as error:
        raise UsageError(
            "this terminal cannot be lent to an editor", remedy="Start dragoman in a terminal of its own."
        ) from error


def opener(hit: Hit, environment: Mapping[str, str]) -> Opener:
    """Choose the editor at the hit's line for plain text, and the desktop's own choice for all else.

    A path is absolute, so no program can take it for an option; `xdg-open` knows no `--`.

    Raises:
        UsageError: $VISUAL or $EDITOR cannot be read as a command.
    """
    editor = _words(environment.get("VISUAL") or environment.get("EDITOR") or "")
    path = str(hit.document.path)
    if editor and hit.document.encoding is not None:
        return Opener((*editor, f"+{hit.passage.line}", "--", path), takes_the_terminal=True)
    return Opener(("open" if sys.platform == "darwin" else "xdg-open", path), takes_the_terminal=False)


def _words(editor: str) -> list[str]:
    try:
        return shlex.split(editor)
    except ValueError as error:
        raise UsageError(
            f"cannot read the editor {editor!r}: {error}", remedy="Correct $VISUAL or $EDITOR."
        ) from error

"""The questions asked before, in a file that only their author can read."""

from __future__ import annotations

import json
from pathlib import Path

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import OutputUnwritable
from terminal.json_output import dump
from terminal.safe_text import safe_text

MOST = 500
"""Questions that are kept."""


class QuestionHistory:
    """Questions, each once, the one asked last at the end; leafed through from there."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        """JSON lines; None: they are forgotten with the screen."""
        self._questions = _read(file)
        self._place: int | None = None
        """Of the question shown; None: it is none of these."""
        self._draft = ""

    @property
    def recent(self) -> tuple[str, ...]:
        """All of them, the last one first."""
        return tuple(reversed(self._questions))

    def earlier(self, shown: str) -> str:
        """Go one back from what is `shown`; at the first one, stay."""
        if not self._questions:
            return shown
        if self._place is None or self._questions[self._place] != shown:
            self._draft, self._place = shown, len(self._questions)
            if self._questions[-1] == shown and len(self._questions) > 1:
                self._place -= 1
        self._place = max(self._place - 1, 0)
        return self._questions[self._place]

    def later(self, shown: str) -> str:
        """Go one forth again; after the last one comes what was shown before."""
        if self._place is None or self._questions[self._place] != shown:
            return shown
        self._place += 1
        if self._place < len(self._questions):
            return self._questions[self._place]
        self._place = None
        return self._draft

    def add(self, question: str) -> bool:
        """Put a question at the end; False if it stood there already, and nothing has to be written."""
        if not question or self._questions[-1:] == [question]:
            return False
        self._questions = [*(one for one in self._questions if one != question), question][-MOST:]
        self._place = None
        return self._file is not None

    def write(self, question: str) -> None:
        """Add a question to the file, to which another screen may have added its own.

        Raises:
            OutputUnwritable: it cannot be written.
        """
        if self._file is None:
            return
        kept = [*(one for one in _read(self._file) if one != question), question][-MOST:]
        try:
            make_folder(self._file.parent)
            write_atomically(self._file, "".join(f"{dump({'question': one})}\n" for one in kept).encode())
        except OSError as error:
            raise OutputUnwritable(
                f"cannot write {self._file}: {error.strerror}",
                remedy="Make it yours, or set `history = false`.",
            ) from error


def _read(file: Path | None) -> list[str]:
    """Read what can be read of the file; a line that holds no question is none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n") if file else []
    except OSError:
        return []
    questions = (question for line in lines if (question := _question(line)))
    return list(dict.fromkeys(questions))[-MOST:]


def _question(line: str) -> str:
    try:
        question = json.loads(line)["question"]
    except (ValueError, LookupError, TypeError):
        return ""
    return safe_text(question).strip() if isinstance(question, str) else ""

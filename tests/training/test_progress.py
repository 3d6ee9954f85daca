"""A bar for a terminal, nothing for a file."""

import io
import logging
import sys

import pytest

from training.progress import bar


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar(4, "texts", "embedding") as shown:
        shown.update(3)
        shown.update(1)
    assert "embedding: 100%" in screen.getvalue()
    assert "4/4" in screen.getvalue()


def test_fractions_are_shown_short(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with bar(10.0, "min", "distil") as shown:
        shown.update(1 / 3)
    assert "0.33/10.0" in screen.getvalue()


def test_a_file_gets_no_bar_but_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    log = logging.getLogger("training.test-progress")
    handler = logging.StreamHandler(written)
    log.addHandler(handler)
    with bar(4, "texts", "embedding") as shown:
        shown.update(4)
        log.warning("a line")
    log.removeHandler(handler)
    assert written.getvalue() == "a line\n"

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from ingest.progress import (
    Embedded,
    Finished,
    Found,
    Ingested,
    Moved,
    Progress,
    Removed,
    Report,
    Skipped,
    Unchanged,
)
from terminal import progress_bar
from terminal.progress_bar import Tally, clock, shown
from terminal.ways_to_show import Show

PATH = Path("/library/a.txt")
EVENTS: list[Progress] = [
    Found(10, 5_000),
    Unchanged(PATH),
    Moved(PATH, PATH),
    Embedded(30, 6_000),
    Ingested(PATH, 30, 4, 6_000),
    Skipped(PATH, "broken PDF"),
    Removed(PATH),
    Finished(Report(1, 1, 1, 1, 30, 6_000, (), {})),
]


def test_the_line_adds_up_files_passages_speed_and_time_left() -> None:
    tally = Tally(100.0)
    assert tally.line(100.0) == "0 of 0 files, 0 passages"
    for event in EVENTS:
        tally.add(event)
    assert tally.line(130.0) == "4 of 10 files, 30 passages, 200 tokens/s, 1:30 left"


def test_a_clock_has_hours_only_where_they_are_needed() -> None:
    assert [clock(seconds) for seconds in (-1, 0.4, 61, 3_599, 3_661)] == [
        "0:00",
        "0:00",
        "1:01",
        "59:59",
        "1:01:01",
    ]


def test_events_pass_through_unchanged_and_short_runs_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(shown(EVENTS, Show.AUTO, Path("index"))) == EVENTS
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_long_runs_say_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(0, 1_000, 4))
    monkeypatch.setattr(progress_bar, "monotonic", lambda: float(next(seconds)))
    assert list(shown(EVENTS, Show.AUTO, Path("index"))) == EVENTS
    said, lines = capsys.readouterr()
    assert said == ""
    assert "10 files" in lines
    assert 0 < len(lines.splitlines()) < len(EVENTS)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_lives_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert list(shown(EVENTS, Show.AUTO, Path("index"))) == EVENTS
    assert "4 of 10 files" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")

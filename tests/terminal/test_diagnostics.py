from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from index_data import errors
from index_data.errors import DragomanError
from terminal.diagnostics import MEANINGS, ExitCode, exit_code, guard, tell


def subclasses(kind: type[DragomanError]) -> Iterator[type[DragomanError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


CODES = {
    errors.UsageError: 2,
    errors.NotThere: 2,
    errors.IndexProblem: 3,
    errors.IndexMissing: 3,
    errors.IndexForeign: 3,
    errors.IndexMismatch: 3,
    errors.IndexDamaged: 3,
    errors.IndexLocked: 11,
    errors.MemberFailed: 3,
    errors.EncoderUnavailable: 4,
    errors.UnreadableFile: 2,
    errors.ReaderDied: 2,
    errors.OutputUnwritable: 2,
}


def test_every_error_has_its_code() -> None:
    assert {kind: exit_code(kind("message", remedy="remedy")) for kind in subclasses(DragomanError)} == CODES
    assert exit_code(KeyboardInterrupt()) == 130


def test_every_code_has_its_meaning() -> None:
    assert list(MEANINGS) == list(ExitCode)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (errors.IndexLocked("in use\x1b[2J", remedy="Wait."), 11, "dragoman: in use\ufffd[2J\n  Wait.\n"),
        (
            click.UsageError("No such option '--foo'."),
            2,
            "dragoman: No such option '--foo'.\n  `dragoman --help` lists what it takes.\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "secret\udce9.txt"),
            2,
            "dragoman: Permission denied: secret\ufffd.txt\n"
            "  Check that it exists, that there is room, and who owns it.\n",
        ),
        (
            KeyboardInterrupt(),
            130,
            "dragoman: interrupted\n  What was finished is kept; run the same command again to go on.\n",
        ),
    ],
    ids=["ours", "usage", "system", "interrupt"],
)
def test_an_error_is_two_lines_and_a_code(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    def fail() -> int:
        raise error

    assert guard(fail) == code
    assert capsys.readouterr() == ("", said)


def test_a_bug_keeps_its_traceback() -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guard(fail)


def test_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell("first\nsecond\x9b2J")
    assert capsys.readouterr().err == "first second\ufffd2J\n"


def test_the_docs_list_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    for code, meaning in MEANINGS.items():
        assert f"| {code} | {meaning} |" in page

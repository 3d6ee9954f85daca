from __future__ import annotations

import logging

import pytest

from terminal.service.told_log import tell_log


def test_what_a_library_logs_is_told_harmlessly_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    tell_log("a library")
    tell_log("a library")
    log = logging.getLogger("a library.part")
    log.warning("Invalid Host header: %s", "\x9b2Jevil\x1b[2J")
    log.info("nothing")
    assert capsys.readouterr().err == "a library.part: Invalid Host header: \ufffd2Jevil\ufffd[2J\n"


def test_the_way_to_an_error_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell_log("a library")
    try:
        raise ValueError("\x1b[2Jodd")
    except ValueError:
        logging.getLogger("a library").exception("it broke")
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "a library: it broke"
    assert told[-1] == "ValueError: \ufffd[2Jodd"

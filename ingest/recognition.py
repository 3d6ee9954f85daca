"""Whether text is recognised (OCR), by what, and in which languages."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from enum import StrEnum

from index_data.errors import UsageError
from index_data.observations import Observation, Verdict

_SUBJECT = "recognition"
_PROGRAM = "tesseract"
_SECONDS = 20
"""What the program may take to say what it is."""
_MOST_LANGUAGES = 4
"""More at once are slow, and guess worse."""
_NO_LANGUAGES = {"osd", "equ"}
_INSTALL = "Install Tesseract with the languages of your scans, or choose --ocr off."


class Ocr(StrEnum):
    """Which pages of a PDF are recognised."""

    AUTO = "auto"
    """Those without text, if Tesseract is installed."""
    OFF = "off"
    FORCE = "force"
    """All, whatever text they have."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """How text is recognised."""

    program: str
    """Path of Tesseract."""
    languages: str
    """As Tesseract has it: `deu+eng`."""
    all_pages: bool
    version: str
    """As Tesseract tells it."""

    def __str__(self) -> str:
        return f"{self.version} {self.languages}{' on all pages' if self.all_pages else ''}"


def find_recognition(ocr: Ocr, languages: str | None) -> Recognition | None:
    """Look for Tesseract; None where nothing is to be recognised, or it is not there and need not be.

    Without `languages`, the few that are installed are taken, or English out of many.

    Raises:
        UsageError: it has to be there and is not, or it lacks a language.
    """
    program = None if ocr is Ocr.OFF else shutil.which(_PROGRAM)
    if program is None:
        if ocr is Ocr.FORCE:
            raise UsageError("there is no Tesseract to recognise text", remedy=_INSTALL)
        return None
    installed = [name for name in _said(program, "--list-langs")[1:] if name not in _NO_LANGUAGES]
    usual = installed if len(installed) <= _MOST_LANGUAGES else ["eng"]
    chosen = languages.split("+") if languages else usual
    missing = set(chosen) - set(installed)
    if missing or not chosen:
        if ocr is Ocr.AUTO and not languages:
            return None
        raise UsageError(
            f"Tesseract has no language called {', '.join(sorted(missing)) or 'anything'}; "
            f"it has {', '.join(installed) or 'none'}",
            remedy=_INSTALL,
        )
    version = next(iter(_said(program, "--version")), _PROGRAM)
    return Recognition(program, "+".join(chosen), ocr is Ocr.FORCE, version)


def examine_recognition(ocr: Ocr, languages: str | None) -> Observation:
    """Tell whether text would be recognised, by what and in which languages."""
    if ocr is Ocr.OFF:
        return Observation(_SUBJECT, Verdict.OK, "text in images is not recognised, as asked for")
    try:
        recognition = find_recognition(ocr, languages)
    except UsageError as error:
        return Observation(_SUBJECT, Verdict.FAULT, error.message, error.remedy)
    if recognition is None:
        what = "there is no Tesseract with a language to use, so scanned pages are listed as without text"
        return Observation(_SUBJECT, Verdict.WARNING, what, _INSTALL)
    what = f"{recognition.version} recognises text in {recognition.languages}"
    return Observation(_SUBJECT, Verdict.OK, what)


def _said(program: str, argument: str) -> list[str]:
    """Ask the program about itself: the lines of its answer."""
    try:
        ran = subprocess.run(
            [program, argument],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in (ran.stdout or ran.stderr).splitlines() if line.strip()]

"""Text off the picture of a page, by Tesseract, which users install: it gets pixels and gives text."""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections.abc import Callable
from contextlib import closing

import pypdfium2

DOTS_PER_POINT = 300 / 72
"""What Tesseract is trained for."""
_MOST_PIXELS = 40_000_000
_PAGE_SECONDS = 60.0
_DOCUMENT_SECONDS = 3_600.0
"""After so long, the pages that are left stay without text."""


class Recogniser:
    """Recognises the pages of one document after the other."""

    def __init__(self, program: str, languages: str, *, all_pages: bool, alive: Callable[[], None]) -> None:
        """`languages` is as Tesseract has it, `deu+eng`; `alive` is called after each page."""
        self.all_pages = all_pages
        self._command = [program, "stdin", "stdout", "-l", languages]
        self._alive = alive
        self._deadline = math.inf

    def begin(self) -> None:
        """Give a document its time."""
        self._deadline = time.monotonic() + _DOCUMENT_SECONDS

    def text_of(self, page: pypdfium2.PdfPage) -> str:
        """Recognise a page; an empty text where nothing is found, or it takes too long."""
        seconds = min(_PAGE_SECONDS, self._deadline - time.monotonic())
        if seconds <= 0:
            return ""
        try:
            ran = subprocess.run(
                self._command,
                input=_picture(page),
                capture_output=True,
                check=False,
                timeout=seconds,
                env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            )
        except (OSError, subprocess.TimeoutExpired, pypdfium2.PdfiumError):
            return ""
        finally:
            self._alive()
        return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else ""


def _picture(page: pypdfium2.PdfPage) -> bytes:
    """Draw a page in shades of grey, as a PGM file."""
    width, height = page.get_size()
    scale = min(DOTS_PER_POINT, math.sqrt(_MOST_PIXELS / max(width * height, 1.0)))
    with closing(page.render(scale=scale, grayscale=True)) as bitmap:
        pixels, stride = bytes(bitmap.buffer), bitmap.stride
        rows = (pixels[start : start + bitmap.width] for start in range(0, stride * bitmap.height, stride))
        return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + b"".join(rows)

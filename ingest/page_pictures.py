"""Pages of PDFs as pictures, with a box around what was found: drawn in a process of its own, and kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index_data.errors import ReaderDied, UnreadableFile
from ingest.readers.remedies import CHECK_ACCESS, CONVERT

_MOST_PIXELS = 3_000_000
"""More than the child draws."""
_MOST_BYTES = 3 * _MOST_PIXELS + 100_000
"""Of an answer: pixels, and the line above them."""
_KEPT = 8
"""Pictures; some 4 MB each."""
_SECONDS = 30.0
_MOST_BOXES = 500


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as it is seen."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    rgb: bytes
    """Three for each pixel, row by row from the top."""
    page: int
    """Which page it is, from 1: the one that was asked for, or one of the next on which the text stands."""
    boxes: tuple[tuple[int, int, int, int], ...]
    """Where the text stands: left, top, right and bottom, in pixels; none where it was not found."""


class PagePictures:
    """Draws pages, one after the other, and keeps the last few; any thread may ask."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._kept: OrderedDict[tuple[object, ...], PagePicture] = OrderedDict()
        self._drawing = threading.Lock()

    def picture(self, path: Path, page: int, text: str) -> PagePicture:
        """Draw page `page` of a file, from 1, with a box around `text`.

        Raises:
            UnreadableFile: the file or the page cannot be read.
            ReaderDied: it took too long, too much, or broke the process that draws.
        """
        try:
            status = path.stat()
        except OSError as error:
            raise UnreadableFile(error.strerror or str(error), remedy=CHECK_ACCESS) from error
        key = (path, status.st_size, status.st_mtime_ns, page, text)
        with self._drawing:
            if key not in self._kept:
                self._kept[key] = self._drawn(path, page, text)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _drawn(self, path: Path, page: int, text: str) -> PagePicture:
        request = {"path": os.fsencode(path.absolute()).hex(), "page": page, "text": text}
        search_path = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.readers.page_picture"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, search_path))},
            start_new_session=True,
        )
        late = threading.Timer(self._seconds, child.kill)
        late.start()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            with suppress(BrokenPipeError), child.stdin:
                child.stdin.write(json.dumps(request).encode())
            with child.stdout:
                answer = child.stdout.read(_MOST_BYTES)
        finally:
            late.cancel()
            child.kill()
            child.wait()
        head, _, rgb = answer.partition(b"\n")
        with suppress(ValueError, LookupError, TypeError):
            return _picture(json.loads(head), rgb)
        raise ReaderDied("its page broke the reader, or took too long to draw", remedy=CONVERT)


def _picture(head: dict[str, Any], rgb: bytes) -> PagePicture:
    """Take an answer apart; what a broken child says is not believed.

    Raises:
        UnreadableFile: it says that the page cannot be drawn.
        ValueError: it is nonsense.
    """
    if "reason" in head:
        raise UnreadableFile(str(head["reason"]), remedy=str(head["remedy"]))
    width, height, page = int(head["width"]), int(head["height"]), int(head["page"])
    if not (0 < width * height <= _MOST_PIXELS and len(rgb) == 3 * width * height):
        raise ValueError("so many pixels do not follow")
    boxes = [(int(a), int(b), int(c), int(d)) for a, b, c, d in head["boxes"][:_MOST_BOXES]]
    return PagePicture(width, height, rgb, page, tuple(boxes))

"""The process that draws a page of a PDF, within limits: a request comes on stdin, a picture goes to stdout.

The answer is a line of JSON; where it names a width and a height, so many pixels follow, three bytes each.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw
from PIL import Image, ImageDraw

from index_data.errors import UnreadableFile
from ingest.readers.confinement import confine, limit
from ingest.readers.limits import MAX_FILE_BYTES, too_large
from ingest.readers.remedies import CHECK_ACCESS, CONVERT, SPLIT, UNLOCK
from ingest.source_file import open_regular

MAX_PIXELS = 1_500_000
CPU_SECONDS = 20
_MOST_SCALE = 4.0
"""Pixels for each point of a page: a small page is not blown up further."""
_PAGES_SEARCHED = 3
"""A passage that begins on one page may have what answers on the next."""
_MOST_CHARACTERS = 50_000
"""Of a page's text that is searched."""
_LEAST_PIECE = 10
"""Characters of a piece of the text that is looked for when the whole is not found."""
_PIECE = re.compile(r"[\n.!?。！？؟।]+")
_FILL, _LINE = (255, 196, 0, 70), (214, 69, 0, 255)

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels from the upper left corner."""


def main() -> None:
    """Answer one request."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Image.preinit()
    confine(may_start_programs=False)
    limit(resource.RLIMIT_CPU, CPU_SECONDS)
    request = json.loads(sys.stdin.buffer.read())
    try:
        head, pixels = _drawn(Path(os.fsdecode(bytes.fromhex(request["path"]))), request)
    except UnreadableFile as error:
        head, pixels = {"reason": error.message, "remedy": error.remedy}, b""
    sys.stdout.buffer.write(json.dumps(head).encode("ascii") + b"\n" + pixels)


def draw_page(data: bytes, number: int, text: str) -> tuple[dict[str, Any], bytes]:
    """Draw page `number` of a PDF file, from 1, or one of the next few on which `text` stands.

    The answer is what the line of JSON holds, and the pixels.

    Raises:
        UnreadableFile: the file is broken or encrypted, or has no such page.
    """
    try:
        with closing(pypdfium2.PdfDocument(data)) as document:
            return _picture(document, number, text)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise UnreadableFile(
            "encrypted" if locked else "its page cannot be drawn", remedy=UNLOCK if locked else CONVERT
        ) from error


def _drawn(path: Path, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        with open_regular(path) as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise UnreadableFile(too_large(len(data)), remedy=SPLIT)
        return draw_page(data, request["page"], request["text"])
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error), remedy=CHECK_ACCESS) from error
    except MemoryError as error:
        raise UnreadableFile("its page needs too much memory", remedy=CONVERT) from error


def _picture(document: pypdfium2.PdfDocument, number: int, text: str) -> tuple[dict[str, Any], bytes]:
    if not 1 <= number <= len(document):
        raise UnreadableFile(f"it has no page {number}", remedy=CHECK_ACCESS)
    found: list[tuple[float, ...]] = []
    at = number
    for candidate in range(number, min(number + _PAGES_SEARCHED, len(document) + 1)):
        with closing(document[candidate - 1]) as page:
            found = _rectangles(page, text)
        if found:
            at = candidate
            break
    with closing(document[at - 1]) as page:
        width, height = page.get_size()
        if not (width > 0 and height > 0):
            raise UnreadableFile("its page has no size", remedy=CONVERT)
        scale = min(_MOST_SCALE, (MAX_PIXELS / (width * height)) ** 0.5)
        if min(width, height) * scale < 1:
            raise UnreadableFile("its page has no shape that could be drawn", remedy=CONVERT)
        bitmap = page.render(scale=scale)
        to_pixels = bitmap.get_posconv(page)
        corners = [(*to_pixels.to_bitmap(*box[:2]), *to_pixels.to_bitmap(*box[2:])) for box in found]
        image = _marked(bitmap.to_pil(), boxes := _joined(map(_upright, corners)))
    head = {"width": image.width, "height": image.height, "page": at, "boxes": boxes}
    return head, image.tobytes()


def _marked(image: Image.Image, boxes: list[Box]) -> Image.Image:
    layer = Image.new("RGBA", image.size)
    pen = ImageDraw.Draw(layer)
    for left, top, right, bottom in boxes:
        pen.rectangle((left - 2, top - 2, right + 2, bottom + 2), fill=_FILL, outline=_LINE, width=2)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _rectangles(page: pypdfium2.PdfPage, text: str) -> list[tuple[float, ...]]:
    """Find where `text` stands, a rectangle a line: left, bottom, right and top, in points of the page."""
    with closing(page.get_textpage()) as content:
        count = min(content.count_chars(), _MOST_CHARACTERS)
        letters = [chr(pypdfium2.raw.FPDFText_GetUnicode(content, place)) for place in range(count)]
        folded = [(part, place) for place, letter in enumerate(letters) for part in _folded(letter)]
        spans = [*_places(folded, text)]
        boxes: list[tuple[float, ...]] = []
        for first, last in spans:
            boxes += [content.get_rect(line) for line in range(content.count_rects(first, last - first))]
        return boxes


def _places(folded: list[tuple[str, int]], text: str) -> Iterator[tuple[int, int]]:
    """Find the whole of `text`, or else its sentences, in characters of the page."""
    written = "".join(part for part, _ in folded)
    whole = "".join(map(_folded, text))
    pieces = [whole] if whole and whole in written else ["".join(map(_folded, p)) for p in _PIECE.split(text)]
    for piece in pieces:
        start = written.find(piece) if piece == whole or len(piece) >= _LEAST_PIECE else -1
        if piece and start >= 0:
            yield folded[start][1], folded[start + len(piece) - 1][1] + 1


def _folded(letter: str) -> str:
    """Leave out what a line end adds or takes away, and tell letters by what they are, not how they look."""
    parts = unicodedata.normalize("NFKC", letter).casefold()
    return "".join(part for part in parts if part.isalnum())


def _joined(boxes: Iterable[Box]) -> list[Box]:
    """Join neighbours that stand in one line: some fonts give a box for every letter."""
    joined: list[Box] = []
    for left, top, right, bottom in boxes:
        if joined:
            before = joined[-1]
            high = max(bottom - top, before[3] - before[1], 1)
            in_line = min(bottom, before[3]) - max(top, before[1]) >= 0
            if in_line and max(left - before[2], before[0] - right) <= high:
                joined[-1] = (
                    min(left, before[0]),
                    min(top, before[1]),
                    max(right, before[2]),
                    max(bottom, before[3]),
                )
                continue
        joined.append((left, top, right, bottom))
    return joined


def _upright(corners: tuple[int, int, int, int]) -> Box:
    across, down = sorted(corners[::2]), sorted(corners[1::2])
    return across[0], down[0], across[1], down[1]


if __name__ == "__main__":
    main()

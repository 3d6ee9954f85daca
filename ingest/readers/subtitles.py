"""SRT and VTT: speech joined to prose, below the time of each minute; styles and remarks stay out."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Iterator

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT

_TIMING = re.compile(r"\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,]\d{1,3}\s*-->", re.ASCII)
_NO_SPEECH = ("WEBVTT", "NOTE", "STYLE", "REGION")
_SPEAKER = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]+)>")
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।۔]['\"”’»)]*$")
_SHORTEST_SECONDS, _LONGEST_SECONDS = 60, 90
"""Time below one heading: it ends with a sentence, or after the longer one in any case."""


def read_srt(data: bytes) -> ParsedDocument:
    """Read SubRip subtitles.

    Raises:
        UnreadableFile: it is not text, or has no subtitles.
    """
    return _parsed(data, "srt")


def read_vtt(data: bytes) -> ParsedDocument:
    """Read WebVTT subtitles.

    Raises:
        UnreadableFile: it is not text, or has no subtitles.
    """
    return _parsed(data, "vtt")


def _parsed(data: bytes, media_type: str) -> ParsedDocument:
    decoded = decode(data)
    flow = FlowingText()
    begun: int | None = None
    shown: deque[str] = deque(maxlen=2)  # automatic subtitles say a line again as the next appears
    for seconds, line in _speech(decoded.text):
        if line in shown:
            continue
        if begun is None or _is_time_for_heading(seconds - begun, shown[-1]):
            begun = seconds
            flow.add_heading(f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}", 1)
        if line.startswith(("-", "–", "—")):
            flow.end_line()
        flow.add(f"{line} ")
        shown.append(line)
    if not flow.length:
        raise UnreadableFile("no subtitles in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type=media_type,
        headings=flow.headings,
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        notes=decoded.notes,
    )


def _is_time_for_heading(seconds: int, last_line: str) -> bool:
    ends = _SENTENCE_END.search(last_line) is not None
    return seconds >= _LONGEST_SECONDS or (seconds >= _SHORTEST_SECONDS and ends)


def _speech(text: str) -> Iterator[tuple[int, str]]:
    """Find what is said, line by line, and at which second."""
    seconds: int | None = None
    silent = False
    lines = ["", *text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]
    for number, line in enumerate(lines[1:-1], 1):
        if timing := _TIMING.match(line):
            seconds = 3600 * int(timing[1] or 0) + 60 * int(timing[2]) + int(timing[3])
            silent = False
        elif not line.strip():
            silent = False
        elif not lines[number - 1].strip() and line.startswith(_NO_SPEECH):
            silent = True
        elif _TIMING.match(lines[number + 1]) and (line.strip().isdigit() or not lines[number - 1].strip()):
            continue
        elif seconds is not None and not silent:
            spoken = html.unescape(_MARKUP.sub("", _SPEAKER.sub(r"\1: ", line))).strip()
            if spoken:
                yield seconds, spoken

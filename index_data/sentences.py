"""Where a text may be divided: ends of paragraphs, sentences and lines, in any script.

All positions are characters, and stand after the white space that follows, where the next sentence starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_SPACED_STOPS = ".!?…։\u1362\u1367᠃᙮܀⁇⁈⁉‽"
"""Marks that end a sentence where white space follows."""
_DENSE_STOPS = "。！？．｡।॥؟۔။។៖༎"
"""Marks that end a sentence whatever follows."""
_CLOSERS = re.escape("\"'”’“»›」』）)]】〉》〗〕}")
_STOP = re.compile(f"([{_SPACED_STOPS}{_DENSE_STOPS}]++)[{_CLOSERS}]*+(\\s*+)")
_BREAK = re.compile(r"[\n\r\f\u2028\u2029]\s*+")
_UNSTOPPED = "\u0e00-\u0eff\u1780-\u17ff"
"""Thai, Lao and Khmer, whose sentences often end in a space only."""
_UNSTOPPED_SPACE = re.compile(f"(?<=[{_UNSTOPPED}])[ \\t\u200b]++(?=[{_UNSTOPPED}])")

_LAST_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*$")
_LONGEST_ABBREVIATION = 16
_ABBREVIATIONS = frozenset((
    "bzw", "ca", "cf", "dr", "dres", "dra", "drs", "ed", "eds", "engl", "evtl", "ggf", "hr", "hrsg",
    "inkl", "jr", "lic", "ltd", "mlle", "mme", "mr", "mrs", "ms", "mt", "prof", "rev", "sr", "sra",
    "srta", "st", "sta", "usw", "vgl", "vs", "гг", "им", "ул",
))  # fmt: skip
_ABBREVIATIONS_BEFORE_NUMBERS = frozenset((
    "abb", "abs", "art", "bd", "cap", "ch", "fig", "figs", "kap", "nos", "no", "nr", "núm", "pag",
    "pág", "pp", "rys", "sec", "str", "tab", "vol", "vols", "гл", "рис", "ст", "стр", "табл",
))  # fmt: skip


def paragraph_ends(text: str) -> NDArray[np.int64]:
    """Find the ends of paragraphs, by empty lines and page feeds: int64 (N,), characters, ascending."""
    return _positions(match.end() for match in _BREAK.finditer(text) if _is_wide(match[0]))


def line_ends(text: str) -> NDArray[np.int64]:
    """Find the ends of lines: int64 (N,), characters, ascending; empty lines belong to the one before."""
    return _positions(match.end() for match in _BREAK.finditer(text))


def sentence_ends(text: str) -> NDArray[np.int64]:
    """Find the ends of sentences, paragraphs included: int64 (N,), characters, ascending."""
    stops = _positions(match.end() for match in _STOP.finditer(text) if _ends_sentence(text, match))
    spaces = _positions(match.end() for match in _UNSTOPPED_SPACE.finditer(text))
    return np.union1d(np.union1d(stops, spaces), paragraph_ends(text))


def _positions(ends: Iterator[int]) -> NDArray[np.int64]:
    return np.fromiter(ends, dtype=np.int64)


def _is_wide(white_space: str) -> bool:
    lines = white_space.count("\n") or white_space.count("\r")
    return lines > 1 or "\f" in white_space or "\u2029" in white_space


def _ends_sentence(text: str, stop: re.Match[str]) -> bool:
    marks, space = stop[1], stop[2]
    if marks[-1] in _DENSE_STOPS:
        return True
    following = text[stop.end() : stop.end() + 1]
    if not space or following.islower():
        return False
    return marks != "." or not _is_abbreviation(
        text[max(0, stop.start() - _LONGEST_ABBREVIATION) : stop.start()], following
    )


def _is_abbreviation(before: str, following: str) -> bool:
    """Whether the point after `before` belongs to its last word: Dr., e.g., J., 3."""
    found = _LAST_WORD.search(before)
    if not found:
        return False
    word = found[0]
    if word.isdigit():
        return len(word) <= 2
    if "." in word:
        return all(len(part) <= 2 and part.isalpha() for part in word.split("."))
    if len(word) == 1:
        return word.isupper() or word.islower()
    folded = word.casefold()
    return folded in _ABBREVIATIONS or (folded in _ABBREVIATIONS_BEFORE_NUMBERS and following.isdigit())

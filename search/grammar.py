"""A line of a query, cut into its parts: words, phrases, beginnings of words, and fields.

No line is a syntax error. What is not clearly one of these is text: quotes left open, a lone `-`, `C++`,
`http://x`, `std::vector`, `12:30`. The rules are in docs/query-grammar.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from index_data.words import units
from search.fields import FIELD, field_name


class Kind(StrEnum):
    """What a part of a line is."""

    TEXT = "text"
    PHRASE = "phrase"
    BEGINNING = "beginning"
    """Of a word: `notic*`."""
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line."""

    kind: Kind
    source: str
    """As it was typed."""
    text: str
    """What is asked for; of a field, its name."""
    values: tuple[str, ...] = ()
    """Of a field."""
    negated: bool = False
    touching: bool = False
    """No space parts it from the one before."""


CLOSING = {'"': '"', "“": "”", "„": "“”", "＂": "＂"}
"""What closes a quotation, by what opened it."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]"
)
_SHORTEST_BEGINNING = 2
"""Letters of a spaced word that a `*` may follow."""


def parse(line: str) -> tuple[Part, ...]:
    """Cut `line` into its parts, in order.

    Raises:
        UsageError: a field is misspelt.
    """
    parts: list[Part] = []
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
        else:
            parts.append(_part_at(line, place))
            place += len(parts[-1].source)
    return tuple(parts)


def written(parts: Sequence[Part]) -> str:
    """Write parts so that `parse` gives the same."""
    return "".join(part.source if part.touching else f" {part.source}" for part in parts).strip()


def quoted_end(line: str, place: int) -> int | None:
    """Find where the quotation that opens at `place` ends, its closing mark included; None if none does.

    A mark between letters is part of a word, as in 5"x or in Hebrew acronyms.
    """
    closing = CLOSING.get(line[place])
    if closing is None or (place > 0 and _ends_in_letter(line[place - 1])):
        return None
    for found in re.compile(f"[{closing}]").finditer(line, place + 1):
        before, after = line[found.start() - 1], line[found.end() : found.end() + 1]
        if not (_ends_in_letter(before) and _ends_in_letter(after)):
            return found.end()
    return None


def _part_at(line: str, place: int) -> Part:
    touching = place > 0 and not line[place - 1].isspace()
    part = None
    if not touching:
        part = _field_at(line, place) or _negated_at(line, place)
    return part or _quoted_at(line, place, touching=touching) or _text_at(line, place, touching=touching)


def _field_at(line: str, place: int) -> Part | None:
    match = FIELD.match(line, place)
    name = field_name(match["name"], line[match.end() :].split(maxsplit=1)[0]) if match else None
    if match is None or name is None:
        return None
    values, end = _values_at(line, match.end())
    source = line[place:end]
    return Part(Kind.FIELD, source, name, tuple(values), negated=bool(match["minus"])) if values else None


def _values_at(line: str, place: int) -> tuple[list[str], int]:
    """Read values parted by commas, each bare or in quotes, and where they end."""
    values = []
    while True:
        end = quoted_end(line, place) if place < len(line) else None
        if end is not None:
            values.append(line[place + 1 : end - 1])
        else:
            end = _end_of(line, place, ",")
            values.append(line[place:end])
        if line[end : end + 1] != ",":
            return [value for value in values if value.strip()], end
        place = end + 1


def _negated_at(line: str, place: int) -> Part | None:
    if line[place] != "-" or place + 1 == len(line):
        return None
    inner = _quoted_at(line, place + 1, touching=False)
    if inner is None and unicodedata.category(line[place + 1])[0] == "L":
        inner = _text_at(line, place + 1, touching=False)
    if inner is None or not units(inner.text):
        return None
    kind = Kind.BEGINNING if inner.kind is Kind.BEGINNING else Kind.PHRASE
    return Part(kind, "-" + inner.source, inner.text, negated=True)


def _quoted_at(line: str, place: int, *, touching: bool) -> Part | None:
    end = quoted_end(line, place)
    if end is None:
        return None
    source, text = line[place:end], line[place + 1 : end - 1]
    if units(text):
        return Part(Kind.PHRASE, source, text, touching=touching)
    return Part(Kind.TEXT, source, source, touching=touching)


def _text_at(line: str, place: int, *, touching: bool) -> Part:
    end = place + 1
    while end < len(line) and not line[end].isspace() and quoted_end(line, end) is None:
        end += 1
    source = line[place:end]
    if not touching and _is_beginning(source):
        return Part(Kind.BEGINNING, source, source[:-1])
    return Part(Kind.TEXT, source, source, touching=touching)


def _is_beginning(source: str) -> bool:
    stem, star = source[:-1], source[-1:]
    if star != "*" or "*" in stem or not _ends_in_letter(stem[-1:], spaced_only=False):
        return False
    steps = units(stem)
    return len(steps) > 1 or any(
        len(step.exact) >= _SHORTEST_BEGINNING or not step.exact.isascii() for step in steps
    )


def _end_of(line: str, place: int, mark: str) -> int:
    """Find the next white space or `mark`."""
    match = re.compile(f"[\\s{mark}]").search(line, place)
    return match.start() if match else len(line)


def _ends_in_letter(text: str, *, spaced_only: bool = True) -> bool:
    """Whether there is a letter, a mark or a digit, of a script that parts words by spaces."""
    if not text or unicodedata.category(text[-1])[0] not in "LMN":
        return False
    return not (spaced_only and _UNSPACED.match(text[-1]))

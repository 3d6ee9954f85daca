"""The fields of a query, such as `lang:de`, and what they let through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from index_data.errors import UsageError
from index_data.records import Filters, Phrase
from index_data.words import units
from search.dates import moment

FIELD = re.compile(r"(?P<minus>-?)(?P<name>[A-Za-z]+)[:：](?=[^\s:：])(?!//)")
"""The start of a field: a name, a colon, and at once a value."""

_NAMES = {"lang": "lang", "type": "type", "path": "path", "title": "title"}
_NAMES |= {"after": "after", "since": "after", "before": "before"}
_PLAUSIBLE = {
    "lang": re.compile(r"[a-z]{2,3}(,|$)", re.IGNORECASE),
    "type": re.compile(r"\.?[a-z]\w{1,4}(,|$)", re.IGNORECASE | re.ASCII),
    "path": re.compile(r".*[/*.]"),
    "title": re.compile(r"."),
    "after": re.compile(r"\d"),
    "since": re.compile(r"\d"),
    "before": re.compile(r"\d"),
}
"""What a value has to look like for a word before a colon to be a misspelt field."""
_ELSEWHERE = {
    "date": "after", "ext": "type", "file": "path", "filename": "path", "filetype": "type", "folder": "path",
    "intitle": "title", "language": "lang", "newer": "after", "older": "before", "until": "before",
}  # fmt: skip
"""Names that other tools have for a field, and ours."""


def field_name(word: str, value: str) -> str | None:
    """Name the field that `word` is, before a colon and `value`; None if it is text.

    Raises:
        UsageError: it is none, but clearly meant as one.
    """
    name = word.casefold()
    if name in _NAMES:
        return _NAMES[name]
    slips = (field for field in _NAMES if _one_slip(name, field) and _PLAUSIBLE[field].match(value))
    meant = _ELSEWHERE.get(name) or next(slips, None)
    if meant:
        raise UsageError(f"there is no field {word}:", remedy=f"Did you mean {meant}:? In quotes it is text.")
    return None


def filters_of(fields: Iterable[tuple[str, bool, Sequence[str]]], now: datetime | None = None) -> Filters:
    """Let through what fields ask for, each given as its name, whether it is negated, and its values.

    Of the values of one field, one has to hold; of those of a negated one, none may. Of several dates the
    narrowest counts.

    Raises:
        UsageError: a value is no date, or a title without words.
    """
    values: dict[tuple[str, bool], list[str]] = {}
    for name, negated, given in fields:
        values.setdefault((name, negated), []).extend(given)

    def of(name: str, *, negated: bool = False) -> tuple[str, ...]:
        return tuple(dict.fromkeys(values.get((name, negated), ())))

    from_ns = [moment(text, now) for text in of("after") + of("before", negated=True)]
    before_ns = [moment(text, now) for text in of("before") + of("after", negated=True)]
    return Filters(
        languages=_codes(of("lang")),
        media_types=_codes(of("type")),
        path_globs=of("path"),
        not_languages=_codes(of("lang", negated=True)),
        not_media_types=_codes(of("type", negated=True)),
        not_path_globs=of("path", negated=True),
        titles=tuple(map(_title, of("title"))),
        not_titles=tuple(map(_title, of("title", negated=True))),
        modified_from_ns=max(from_ns, default=None),
        modified_before_ns=min(before_ns, default=None),
    )


def unfinished(line: str) -> str | None:
    """Say what the field at the end of `line` still needs; None if there is none."""
    match = re.search(r"(?:^|\s)-?([A-Za-z]+)[:：]$", line)
    name = _NAMES.get(match[1].casefold()) if match else None
    return f"{name}: {_EXAMPLES[name]}" if name else None


_EXAMPLES = {
    "lang": "a language, as in lang:de,fr",
    "type": "a kind of file, as in type:pdf",
    "path": "folders or names, as in path:reports/**",
    "title": 'words of the title, as in title:"annual report"',
    "after": "a date or how long ago, as in after:2024-01 or after:7d",
    "before": "a date or how long ago, as in before:2025 or before:2w",
}


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    codes = (value.strip().casefold().removeprefix(".") for value in values)
    return tuple(dict.fromkeys(code for code in codes if code))


def _title(value: str) -> Phrase:
    if not units(value):
        raise UsageError(f"title:{value} has no word", remedy='Write it as title:"annual report".')
    return Phrase(value.removesuffix("*"), open_ended=value.endswith("*"))


def _one_slip(word: str, name: str) -> bool:
    """Whether one letter was left out, added, replaced, or changed places with the next."""
    start = 0
    while start < min(len(word), len(name)) and word[start] == name[start]:
        start += 1
    left, right = word[start:], name[start:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])

"""What a line asks, within the frame that flags and settings give; and filters as a line would write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from index_data.errors import UsageError
from index_data.records import Filters, Phrase
from search.dates import written as written_date
from search.fields import filters_of
from search.grammar import CLOSING, Kind, Part, parse, quoted_end
from search.narrowing import narrowed
from search.query import Query


def read_query(line: str, frame: Query, now: datetime | None = None) -> Query:
    """Read `line`; what it filters narrows what `frame` does, and the rest of `frame` stays.

    The words that are searched for are the free ones, those of phrases and beginnings, in their order.

    Raises:
        UsageError: a field is misspelt or has a value that is none, or nothing is searched for.
    """
    parts = parse(line)
    if not any(map(_is_asked, parts)):
        raise UsageError(
            "the question only filters" if parts else "the question is empty",
            remedy="Add what to look for: lang:de how long is the notice period",
        )
    fields = ((part.text, part.negated, part.values) for part in parts if part.kind is Kind.FIELD)
    filters = replace(
        filters_of(fields, now),
        phrases=_phrases(parts, negated=False),
        not_phrases=_phrases(parts, negated=True),
    )
    return replace(frame, text=_searched_for(parts), typed=line, filters=narrowed(frame.filters, filters))


def _phrases(parts: Sequence[Part], *, negated: bool) -> tuple[Phrase, ...]:
    found = [
        Phrase(part.text, open_ended=part.kind is Kind.BEGINNING)
        for part in parts
        if part.kind in {Kind.PHRASE, Kind.BEGINNING} and part.negated == negated
    ]
    return tuple(dict.fromkeys(found))


def _is_asked(part: Part) -> bool:
    return part.kind is not Kind.FIELD and not part.negated


def _searched_for(parts: Sequence[Part]) -> str:
    """Join the parts that are searched for, with spaces where they had some or something else between."""
    text, joins = "", False
    for part in parts:
        if _is_asked(part):
            text += part.text if part.touching and joins else f" {part.text}"
        joins = _is_asked(part)
    return " ".join(text.split())


def written_filters(filters: Filters) -> list[str]:
    """Write each thing that filters ask for as a line would, phrases and exclusions included."""
    return [piece for one in filters.chain() for piece in _pieces(one)]


def _pieces(filters: Filters) -> list[str]:
    fields = {
        "lang:": filters.languages,
        "-lang:": filters.not_languages,
        "type:": filters.media_types,
        "-type:": filters.not_media_types,
        "path:": filters.path_globs,
        "-path:": filters.not_path_globs,
        "title:": tuple(map(_as_value, filters.titles)),
        "-title:": tuple(map(_as_value, filters.not_titles)),
    }
    pieces = [name + ",".join(map(_quoted_if_needed, values)) for name, values in fields.items() if values]
    if filters.modified_from_ns is not None:
        pieces.append(f"after:{written_date(filters.modified_from_ns)}")
    if filters.modified_before_ns is not None:
        pieces.append(f"before:{written_date(filters.modified_before_ns)}")
    pieces += [_as_condition(phrase) for phrase in filters.phrases]
    return pieces + [f"-{_as_condition(phrase)}" for phrase in filters.not_phrases]


def _as_value(phrase: Phrase) -> str:
    return phrase.text + "*" * phrase.open_ended


def _as_condition(phrase: Phrase) -> str:
    return f"{phrase.text}*" if phrase.open_ended else _quoted(phrase.text)


def _quoted_if_needed(value: str) -> str:
    plain = value[0] not in CLOSING and "," not in value and not any(map(str.isspace, value))
    return value if plain else _quoted(value)


def _quoted(text: str) -> str:
    """Put `text` between those quotes of which it holds none, as far as there are any."""
    candidates = [f"{opening}{text}{closing[-1]}" for opening, closing in CLOSING.items()]
    return next((one for one in candidates if quoted_end(one, 0) == len(one)), candidates[0])

"""A question as JSON: what was understood of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from index_data.records import Filters, Phrase
from search.dates import written
from search.query import Query


def understood(query: Query) -> dict[str, Any]:
    """Say which words are searched for, and what each passage has to have or must not."""
    chain = list(query.filters.chain())
    return {
        "words": query.text,
        "phrases": _texts(phrase for one in chain for phrase in one.phrases),
        "excluded": _texts(phrase for one in chain for phrase in one.not_phrases),
    }


def filters_shape(filters: Filters) -> dict[str, Any]:
    """Say which passages are searched at all."""
    return {
        "languages": list(filters.languages),
        "media_types": list(filters.media_types),
        "path_globs": list(filters.path_globs),
        "not_languages": list(filters.not_languages),
        "not_media_types": list(filters.not_media_types),
        "not_path_globs": list(filters.not_path_globs),
        "titles": _texts(filters.titles),
        "not_titles": _texts(filters.not_titles),
        "modified_from": _date(filters.modified_from_ns),
        "modified_before": _date(filters.modified_before_ns),
        "also": filters_shape(filters.also) if filters.also else None,
    }


def _texts(phrases: Iterable[Phrase]) -> list[str]:
    return [phrase.text + "*" * phrase.open_ended for phrase in phrases]


def _date(moment_ns: int | None) -> str | None:
    return None if moment_ns is None else written(moment_ns)

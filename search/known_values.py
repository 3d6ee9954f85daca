"""Languages and types that a question may name: those that the index holds."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence

from index_data.errors import UsageError
from index_data.records import Filters, IndexSummary


def refuse_unknown(filters: Filters, count: Callable[[], IndexSummary]) -> None:
    """Let only filters pass that could find something: a slip must not look like an empty answer.

    What the index holds is counted only if a language or a type is named.

    Raises:
        UsageError: the index holds nothing of a language or a type.
    """
    chain = list(filters.chain())
    languages = [code for one in chain for code in one.languages + one.not_languages]
    media_types = [code for one in chain for code in one.media_types + one.not_media_types]
    if languages or media_types:
        summary = count()
        _refuse(languages, summary.languages, "language", "lang")
        _refuse(media_types, summary.media_types, "type", "type")


def _refuse(asked: Sequence[str], held: Mapping[str, int], noun: str, field: str) -> None:
    unknown = [value for value in asked if value not in held]
    if not unknown:
        return
    message = f"the index has nothing of the {noun} {', '.join(unknown)}"
    if not held:
        raise UsageError(message, remedy="The index is empty: dragoman ingest PATH")
    near = difflib.get_close_matches(unknown[0], held, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(message, remedy=f"{meant}{field} can be {', '.join(held)}.")

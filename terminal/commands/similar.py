"""`dragoman similar`: passages like one that was found, or like a whole document."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from index_data.records import Filters
from search.query import Mode, Query
from terminal.answer import Answer, answer
from terminal.commands.filter_options import filter_options, taken_filters
from terminal.commands.options import index_option, quiet_option
from terminal.commands.passage_id import absolute, passage_id
from terminal.commands.search import give, search
from terminal.safe_text import safe_text
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from index_data.index import Index

_AS_SEARCH = {
    *("limit", "min_score", "per_doc", "everything", "diverse"),
    *("output_format", "output", "color", "exit_zero"),
}
"""Options that mean what they mean to `search`."""


_EXAMPLES = """\b
Try:
  dragoman similar 12
  dragoman similar --lang fr ~/papers/treaty.pdf
"""


@click.command(epilog=_EXAMPLES)
@click.argument("like", metavar="ID|PATH")
@filter_options
@index_option
@quiet_option
def similar(
    like: str,
    *,
    everything: bool,
    diverse: bool,
    output_format: str | None,
    output: Path | None,
    exit_zero: bool,
    **flags: object,
) -> int:
    """Find passages like one that was found, or like a document, in whatever language.

    The passage itself, or the document, and copies of it are left out. No encoder is loaded.
    """
    filters = taken_filters(flags)
    settings = load_settings(flags)
    found = _ask(like, filters, settings, everything=everything, diverse=diverse)
    return give(found, settings, output_format, output, exit_zero=exit_zero)


similar.params += [option for option in search.params if option.name in _AS_SEARCH]


def _ask(like: str, filters: Filters, settings: Settings, *, everything: bool, diverse: bool) -> Answer:
    from search.known_values import refuse_unknown
    from terminal.wiring import open_index, searcher_by_words

    start = perf_counter()
    with open_index(settings) as index:
        refuse_unknown(filters, index.summary)
        query = Query(
            text="",
            limit=settings.limit,
            mode=Mode.DENSE,
            filters=filters,
            min_score=settings.min_score,
            like=tuple(examples(index, like)),
            per_document=settings.per_doc,
            collapse=not everything,
            diverse=diverse,
        )
        load_ms = (perf_counter() - start) * 1000
        return answer(searcher_by_words(index), query, settings.index, load_ms=load_ms)


def examples(index: Index, named: str) -> list[int]:
    """Return the id of the passage that a user names, or those of the document.

    Raises:
        UsageError: no document of that name is in the index.
    """
    wanted = passage_id(named)
    ids = [wanted] if wanted is not None else index.lookup.passages_of(absolute(named))
    if not ids:
        raise UsageError(
            f"{safe_text(named)} is not in the index", remedy="Name a passage, as in 12, or an ingested file."
        )
    return ids

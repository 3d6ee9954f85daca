"""`dragoman similar`: passages like one that was found, or like a whole document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from index_data.records import Filters
from search.query import Mode, Query
from terminal.answer import Answer
from terminal.commands.filter_options import filter_options, taken_filters
from terminal.commands.options import indexes_option, quiet_option
from terminal.commands.passage_id import absolute, settings_for
from terminal.commands.search import asked, give, search
from terminal.engine.engine import Stage
from terminal.passage_names import id_of, read_name
from terminal.safe_text import safe_text
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from terminal.engine.opening import NearestEngine

_AS_SEARCH = {
    *("limit", "min_score", "per_doc", "everything", "diverse"),
    *("output_format", "null", "output", "color", "exit_zero"),
}
"""Options that mean what they mean to `search`."""


_EXAMPLES = """\b
Try:
  dragoman similar 12
  dragoman similar papers:12 --all-collections
  dragoman similar --lang fr ~/papers/treaty.pdf
"""


@click.command(epilog=_EXAMPLES)
@click.argument("like", metavar="ID|PATH")
@filter_options
@indexes_option
@quiet_option
def similar(
    like: str,
    *,
    everything: bool,
    diverse: bool,
    output_format: str | None,
    null: bool,
    output: Path | None,
    exit_zero: bool,
    **flags: object,
) -> int:
    """Find passages like one that was found, or like a document, in whatever language.

    The passage itself, or the document, and copies of it are left out. No encoder is loaded.
    """
    filters = taken_filters(flags)
    name = read_name(like)
    settings = load_settings(flags, several=True)
    if name is not None and name.collection is not None and name.collection not in settings.several:
        # What is like a passage is looked for where it is, unless more was asked for.
        settings = settings_for(name, flags)
    found = _ask(like, filters, settings, everything=everything, diverse=diverse)
    return give(found, settings, output_format, output, exit_zero=exit_zero, null=null)


similar.params += [option for option in search.params if option.name in _AS_SEARCH]


def _ask(like: str, filters: Filters, settings: Settings, *, everything: bool, diverse: bool) -> Answer:
    from terminal.engine.opening import nearest_engine

    with nearest_engine(settings) as engine:
        query = Query(
            text="",
            limit=settings.limit,
            mode=Mode.DENSE,
            filters=filters,
            min_score=settings.min_score,
            like=examples(engine, like, settings.collection),
            per_document=settings.per_doc,
            collapse=not everything,
            diverse=diverse,
        )
        return asked(engine, query, Stage.FUSED)


def examples(engine: NearestEngine, named: str, only: str | None) -> tuple[int, ...]:
    """Return the id of the passage that a user names, or those of the document; `only` one is searched.

    Raises:
        UsageError: no document of that name is in the index.
    """
    name = read_name(named)
    if name is not None:
        return (id_of(name, engine.several, only),)
    ids = tuple(engine.passages_of(absolute(named)))
    if not ids:
        raise UsageError(
            f"{safe_text(named)} is not in the index", remedy="Name a passage, as in 12, or an ingested file."
        )
    return ids

"""`dragoman explain`: why the hits were found, and why something else was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from terminal.commands.filter_options import filter_options, taken_filters
from terminal.commands.options import shared_options
from terminal.commands.passage_id import absolute, passage_id, stored_passage
from terminal.commands.ranking_options import framed, ranking_options
from terminal.commands.search import read_question, refuse_moved_words, search, searcher_for
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.settings import load_settings

if TYPE_CHECKING:
    from index_data.index import Index

_AS_SEARCH = {"limit", "mode"}
"""Options that mean what they mean to `search`."""


_EXAMPLES = """\b
Try:
  dragoman explain "how long does the dough rest"
  dragoman explain "how long does the dough rest" ~/recipes/brot.md
"""


@click.command(epilog=_EXAMPLES)
@click.argument("question")
@click.argument("target", metavar="[ID|PATH]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@filter_options
@ranking_options
@shared_options
def explain(
    question: str,
    target: str | None,
    *,
    like: tuple[int, ...],
    unlike: tuple[int, ...],
    everything: bool,
    diverse: bool,
    as_json: bool,
    **flags: object,
) -> int:
    """Say what each stage of a search said of its hits.

    Of a passage or file named after the question it says why it is no hit, if it is none.
    """
    filters = taken_filters(flags)
    settings = load_settings(flags)
    from search.explanation import explain as explained
    from search.known_values import refuse_unknown
    from terminal.explanation_output import explanation_json, explanation_text
    from terminal.wiring import open_index

    frame = framed(settings, filters, like=like, unlike=unlike, everything=everything, diverse=diverse)
    query = read_question((question,), frame)
    refuse_moved_words(query)
    with open_index(settings) as index:
        refuse_unknown(query.filters, index.summary)
        ids, absent = _target(index, target)
        told = explained(searcher_for(index, settings), query, ids)
    deliver(explanation_json(told, absent) if as_json else explanation_text(told, absent))
    return ExitCode.OK if told.hits else ExitCode.NO_HIT


explain.params += [option for option in search.params if option.name in _AS_SEARCH]


def _target(index: Index, named: str | None) -> tuple[list[int], str | None]:
    """Return the ids of the passages asked about; where a file has none, why."""
    if named is None:
        return [], None
    wanted = passage_id(named)
    if wanted is not None:
        return [stored_passage(index, wanted).passage_id], None
    from terminal.whereabouts import why_absent

    path = absolute(named)
    ids = index.lookup.passages_of(path)
    return ids, None if ids else why_absent(index, path)

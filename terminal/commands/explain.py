"""`dragoman explain`: why the hits were found, and why something else was not."""

from __future__ import annotations

import click

from terminal.commands.filter_options import filter_options, taken_filters
from terminal.commands.options import searching_options
from terminal.commands.passage_id import absolute
from terminal.commands.ranking_options import framed, ranking_options
from terminal.commands.search import read_question, refuse_moved_words, search, stage_for
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.passage_names import PassageName, id_of, read_name
from terminal.settings import load_settings

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
@searching_options
def explain(
    question: str,
    target: str | None,
    *,
    like: tuple[PassageName, ...],
    unlike: tuple[PassageName, ...],
    everything: bool,
    diverse: bool,
    as_json: bool,
    **flags: object,
) -> int:
    """Say what each stage of a search said of its hits.

    Of a passage or file named after the question it says why it is no hit, if it is none.
    """
    filters = taken_filters(flags)
    settings = load_settings(flags, several=True)
    from terminal.engine.opening import nearest_engine

    frame = framed(settings, filters, like=like, unlike=unlike, everything=everything, diverse=diverse)
    query = read_question((question,), frame)
    refuse_moved_words(query)
    name = None if target is None else read_name(target)
    wanted = None if name is None else id_of(name, settings.several, settings.collection)
    path = absolute(target) if target is not None and name is None else None
    with nearest_engine(settings) as engine:
        told = engine.explained(query, stage_for(settings), passage_id=wanted, path=path, as_json=as_json)
    deliver(told.text)
    return ExitCode.OK if told.hits else ExitCode.NO_HIT


explain.params += [option for option in search.params if option.name in _AS_SEARCH]

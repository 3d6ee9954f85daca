"""`dragoman eval`: how well the whole application finds what people judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click
import platformdirs
from click.core import ParameterSource

from index_data.errors import UsageError
from search.evaluation.ways import Way
from terminal.commands.options import overlap_option, passage_option, shared_options, window_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.safe_text import safe_path
from terminal.settings import load_settings

if TYPE_CHECKING:
    from search.evaluation.gates import Gate
    from search.evaluation.judged_set import JudgedSet
    from search.evaluation.measures import Group
    from terminal.judged_index import JudgedIndex

_SECONDS_BETWEEN_LINES = 10.0
_EPILOG = """\b
Examples:
  dragoman eval ~/sets/scifact
  dragoman eval --way hybrid --gate "nDCG@10>=0.5" ~/sets/scifact
  dragoman eval --index ~/notes/.index ~/sets/judged
"""


@click.command("eval", epilog=_EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--split", metavar="NAME", help="Judgements to use: qrels/NAME.tsv. [default: test]")
@click.option(
    "--way",
    "ways",
    multiple=True,
    type=click.Choice([way.value for way in Way]),
    help="Ask in this way; may be repeated. [default: in all ways that there are]",
)
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="CONDITION",
    help="Exit with 1 below it: 'nDCG@10>=0.5', or 'lexical:recall@10>=0.5'; may be repeated.",
)
@click.option(
    "--runs",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the runs are written, as TREC has them. [default: beside the index of the corpus]",
)
@click.option(
    "--work",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the index of the corpus is kept for the next time. [default: a folder in your cache]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the measures as one JSON object.")
@window_option
@passage_option
@overlap_option
@shared_options
@click.pass_context
def evaluate(
    context: click.Context,
    /,
    folder: Path,
    *,
    split: str | None,
    ways: tuple[Way, ...],
    gates: tuple[str, ...],
    runs: Path | None,
    work: Path | None,
    as_json: bool,
    **flags: object,
) -> int:
    """Measure search with queries and judgements in the layout of BEIR.

    DIR holds queries.jsonl, qrels/*.tsv, and corpus.jsonl or a folder named corpus. The corpus is read into
    an index of its own, which is kept; all is then asked as `dragoman search` would. With --index, or where
    DIR has no corpus, that index is asked, and judgements name its files.
    """
    from search.evaluation.gates import read_gate
    from search.evaluation.judged_documents import has_corpus
    from search.evaluation.judged_set import read_judged_set
    from terminal.evaluation_output import evaluation_json, evaluation_text
    from terminal.judged_index import index_of_its_own, index_that_is_there, place_of

    settings = load_settings(flags | ({"quiet": True} if as_json else {}))
    wanted = [read_gate(text) for text in gates]
    judged = read_judged_set(folder, split)
    place = place_of(judged, settings, _absolute(work) or platformdirs.user_cache_path("dragoman") / "eval")
    names_index = context.get_parameter_source("index") is ParameterSource.COMMANDLINE
    opened = (
        index_that_is_there(judged, settings)
        if names_index or not has_corpus(folder)
        else index_of_its_own(judged, settings, place)
    )
    if not settings.quiet:
        _tell_left_out(judged)
    where = _absolute(runs) or place / "runs"
    with opened as there:
        measured = _measured(there, _asked_ways(there, ways, wanted), where, quiet=settings.quiet)
        shape = evaluation_json if as_json else evaluation_text
        deliver(shape(there.judged, measured, there.searcher.index.summary(), where))
    if not settings.quiet:
        tell(f"runs and judgements: {safe_path(where)}")
    return _judged_by(wanted, measured)


def _absolute(folder: Path | None) -> Path | None:
    return folder and folder.expanduser().absolute()


def _tell_left_out(judged: JudgedSet) -> None:
    for count, what in (
        (judged.unjudged, "have no judgement"),
        (judged.without_relevant, "have nothing relevant"),
    ):
        if count:
            tell(f"not asked: {count:,} queries that {what} in qrels/{judged.split}.tsv")


def _asked_ways(there: JudgedIndex, ways: Sequence[Way], gates: Sequence[Gate]) -> list[Way]:
    """Choose the ways that were asked for, or all.

    Raises:
        UsageError: one of them, or of the gates, is not to be had.
    """
    from search.evaluation.runs import ways_of

    possible = ways_of(there.searcher)
    asked = [way for way in possible if not ways or way in ways]
    for way, known in (*((Way(way), possible) for way in ways), *((gate.way, asked) for gate in gates)):
        if way is not None and way not in known:
            raise UsageError(f"nothing is asked {way}", remedy=f"It could be: {', '.join(known)}.")
    return asked


def _measured(there: JudgedIndex, ways: Sequence[Way], runs: Path, *, quiet: bool) -> dict[Way, list[Group]]:
    """Ask all queries in each way, write the runs, and measure them."""
    from search.evaluation.measures import groups
    from search.evaluation.runs import Asker, qrels_text, run_text

    queries = there.judged.queries
    runs.mkdir(parents=True, exist_ok=True)
    deliver(qrels_text(queries), runs / "judgements.qrels")
    measured = {}
    told = monotonic()
    for way in ways:
        asker = Asker(there.searcher, way, there.documents.id_of)
        rankings = {}
        for query in queries:
            rankings[query.query_id] = asker.ranking(query.text)
            if not quiet and monotonic() - told > _SECONDS_BETWEEN_LINES:
                told = monotonic()
                tell(f"{way}: {len(rankings):,} of {len(queries):,} queries")
        deliver(run_text(rankings, f"dragoman-{way}"), runs / f"{way}.run")
        measured[way] = groups(queries, rankings, there.documents.languages)
    return measured


def _judged_by(gates: Sequence[Gate], measured: dict[Way, list[Group]]) -> int:
    """Tell each gate that is not reached."""
    missed = 0
    for gate in gates:
        way = gate.way or list(measured)[-1]
        reached = measured[way][0].estimates[gate.measure].mean
        if reached < gate.least:
            missed += 1
            tell(f"below the gate: {way} {gate.measure} is {reached:.4f}, not {gate.least:g}")
    return ExitCode.NO_HIT if missed else ExitCode.OK

"""`dragoman selftest`: a test of search with what the index holds anyway."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

import click

from search.query import Mode
from terminal.commands.options import shared_options
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from search.evaluation.selftest import Selftest
    from search.searcher import Searcher

_SECONDS_BETWEEN_LINES = 10.0


@click.command(
    epilog="""\b
Examples:
  dragoman selftest
  dragoman selftest --questions 200 --json
  dragoman selftest --mode dense --no-rerank
"""
)
@click.option(
    "--questions",
    "count",
    type=click.IntRange(min=1, max=100_000),
    default=40,
    show_default=True,
    help="Of each of the three kinds, as far as there are so many.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the choice of questions.")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="Ask by meaning (dense), by words (lexical) or by both. [default: hybrid]",
)
@click.option(
    "--rerank/--no-rerank",
    default=None,
    help="Compare the best hits once more. [default: yes, except with --mode lexical]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as one JSON object.")
@shared_options
def selftest(*, count: int, seed: int, as_json: bool, **flags: object) -> int:
    """Test search with headings and sentences of your own documents, and with facts in eight languages.

    The index is only read: the facts are planted among some of your passages in a copy that is deleted
    afterwards. The same seed asks the same questions of the same index.
    """
    settings = load_settings(flags | ({"quiet": True} if as_json else {}))
    from terminal.selftest_output import selftest_json, selftest_text
    from terminal.wiring import load_searcher, open_index

    with open_index(settings) as index:
        searcher = load_searcher(index, settings)
        if settings.mode is Mode.LEXICAL and not settings.rerank:
            searcher = replace(searcher, reranker=None)
        found = _found(searcher, settings, count, seed)
        asked = settings.mode.value + (", re-ranked" if searcher.reranker else "")
        summary = index.summary()
    text = selftest_json(found, summary, asked, seed) if as_json else selftest_text(found, summary, asked)
    deliver(text)
    return ExitCode.OK


def _found(searcher: Searcher, settings: Settings, count: int, seed: int) -> Selftest:
    from search.evaluation.selftest import Selftest, selftest

    assert searcher.embedder is not None
    told = monotonic()
    for step in selftest(searcher, searcher.embedder, settings.mode, count=count, seed=seed):
        if isinstance(step, Selftest):
            return step
        if not settings.quiet and monotonic() - told > _SECONDS_BETWEEN_LINES:
            told = monotonic()
            tell(f"{step.part}: {step.done:,} of {step.total:,} questions")
    raise AssertionError("a selftest ends with what it found")

"""The options that say in what order hits come, and which of them; settings keep most of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from index_data.records import Filters
from search.query import Query
from terminal.commands.passage_id import PassageId
from terminal.passage_names import PassageName, id_of
from terminal.settings import Settings

Command = TypeVar("Command", bound=Callable[..., object])

_OPTIONS = (
    click.option(
        "--min-score",
        metavar="SCORE",
        help="Leave out hits below it, 0 to 1. [default: all, if the best is no more than chance]",
    ),
    click.option("--prefer-lang", metavar="CODES", help="Give passages in de,fr a bonus; hide no others."),
    click.option(
        "--lang-balance/--no-lang-balance",
        default=None,
        help="Take out what the encoder gives a language, whatever is said in it. [default: no]",
    ),
    click.option(
        "--rerank/--no-rerank",
        default=None,
        help="Compare the best hits once more, token by token. [default: yes, but not with --mode lexical]",
    ),
    click.option(
        "--reranker",
        metavar="NAME|FOLDER|SERVER",
        help="Have a cross-encoder compare them: a known name, a folder, tei:URL or cohere:URL#MODEL. "
        "[env: DRAGOMAN_RERANKER; default: the encoder, token by token]",
    ),
    click.option(
        "--budget-ms",
        metavar="MS",
        help="Have the encoder read, to re-rank and to explain, only as many passages as the time allows, "
        "counted from the start of the search. "
        "[env: DRAGOMAN_BUDGET_MS; default: no limit]",
    ),
    click.option(
        "--like",
        multiple=True,
        type=PassageId(),
        metavar="ID",
        help="Move the question towards this passage; may be given several times.",
    ),
    click.option(
        "--unlike",
        multiple=True,
        type=PassageId(),
        metavar="ID",
        help="Move the question away from this passage.",
    ),
    click.option(
        "--per-doc",
        metavar="COUNT",
        help="Hits of one document at most. [default: 5, and more where others do not fill the page]",
    ),
    click.option(
        "--all",
        "--no-collapse",
        "everything",
        is_flag=True,
        help="Show copies, and all passages of a document, as hits of their own.",
    ),
    click.option("--diverse", is_flag=True, help="Put back hits that repeat what those above them say."),
)


def ranking_options(command: Command) -> Command:
    """Give a command the options of ranking."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def framed(
    settings: Settings,
    filters: Filters,
    *,
    like: tuple[PassageName, ...],
    unlike: tuple[PassageName, ...],
    everything: bool,
    diverse: bool,
) -> Query:
    """Make the frame of a question, which has no words yet, of the options and of what settings keep."""
    return Query(
        text="",
        limit=settings.limit,
        mode=settings.mode,
        filters=filters,
        min_score=settings.min_score,
        budget_ms=settings.budget_ms,
        like=tuple(id_of(name, settings.several, settings.collection) for name in like),
        unlike=tuple(id_of(name, settings.several, settings.collection) for name in unlike),
        per_document=settings.per_doc,
        collapse=not everything,
        diverse=diverse,
        preferred_languages=settings.prefer_lang,
        balance_languages=settings.lang_balance,
    )

"""`dragoman tui`: search as you type, on the whole screen."""

from __future__ import annotations

import sys

import click

from index_data.errors import UsageError
from search.query import Query
from terminal.commands.options import shared_options
from terminal.diagnostics import ExitCode
from terminal.safe_text import safe_text
from terminal.settings import load_settings


@click.command()
@click.argument("query", nargs=-1)
@shared_options
def tui(query: tuple[str, ...], **flags: object) -> int:
    """Search as you type, on the whole screen.

    QUERY is asked at once.
    """
    _refuse_without_terminal()
    settings = load_settings(flags)
    from terminal.engine.opening import engine_of
    from terminal.tui.app import SearchApp
    from terminal.tui.asker import Asker

    question = Query(
        text=safe_text(" ".join(query)),
        limit=settings.limit,
        mode=settings.mode,
        min_score=settings.min_score,
        per_document=settings.per_doc,
        preferred_languages=settings.prefer_lang,
        balance_languages=settings.lang_balance,
    )
    with engine_of(settings) as engine, Asker(engine) as asker:
        engine.index()  # a missing one is told before the screen opens
        SearchApp(asker, question, settings.viewer).run()
    return ExitCode.OK


def _refuse_without_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the screen needs a terminal on stdin and stdout",
            remedy='Without one: dragoman search --json "QUESTION"',
        )

"""`dragoman tui`: search as you type, on the whole screen."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from index_data.errors import IndexMissing, UsageError
from search.query import Query
from terminal.commands.options import searching_options
from terminal.diagnostics import ExitCode, tell
from terminal.folders import state_folder
from terminal.safe_text import safe_text
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from terminal.engine.opening import NearestEngine
    from terminal.tui.beside import Beside

_OF_THE_INDEX = {"index", "collection"}
"""Flags that a job is told otherwise, since another collection may have been opened by then."""

_EXAMPLES = """\b
Try:
  dragoman tui
  dragoman tui how long is the notice period
  dragoman tui --web
"""


@click.command(epilog=_EXAMPLES)
@click.argument("query", nargs=-1)
@click.option(
    "--web",
    is_flag=False,
    flag_value=0,
    type=click.IntRange(0, 65_535),
    metavar="[PORT]",
    help="Open the screen in a browser of this machine instead; the link that is printed lets in whoever has "
    "it. [default: a port that is free]",
)
@searching_options
def tui(query: tuple[str, ...], *, web: int | None, **flags: object) -> int:
    """Search as you type, on the whole screen.

    QUERY is asked at once.
    """
    if web is not None:
        return _serve(query, web, flags)
    _refuse_without_terminal()
    settings = load_settings(flags, several=True)
    from terminal.engine.opening import engine_beside
    from terminal.tui.keymap import refuse_unfit

    refuse_unfit(settings.keys)
    # The encoder works in another process, where it cannot hold up the screen.
    with engine_beside(settings) as engine:
        _show(engine, safe_text(" ".join(query)), settings, flags, new=not _has_index(engine))
    return ExitCode.OK


def _show(
    engine: NearestEngine, question: str, settings: Settings, flags: Mapping[str, object], *, new: bool
) -> None:
    # It warns of what a terminal cannot do, which nobody asked for.
    logging.getLogger("textual_image").addHandler(logging.NullHandler())
    from terminal.tui.app import SearchApp
    from terminal.tui.asker import Asker
    from terminal.tui.habits import Habits

    query = Query(
        text=question,
        limit=settings.limit,
        mode=settings.mode,
        min_score=settings.min_score,
        per_document=settings.per_doc,
        preferred_languages=settings.prefer_lang,
        balance_languages=settings.lang_balance,
    )
    habits = Habits(
        viewer=settings.viewer,
        rerank=settings.rerank is not False,
        keys=settings.keys,
        state=state_folder(),
        history=settings.history,
    )
    with Asker(engine) as asker:
        SearchApp(asker, query, habits, _beside(settings, flags, new=new)).run()


def _has_index(engine: NearestEngine) -> bool:
    """Look at the index before the screen opens, so that what is wrong with it is told; it may be missing."""
    try:
        engine.generation()
    except IndexMissing:
        return False
    return True


def _beside(settings: Settings, flags: Mapping[str, object], *, new: bool) -> Beside:
    from terminal.bidi import Rtl, rtl_for
    from terminal.engine.opening import engine_beside
    from terminal.tui.asker import Asker
    from terminal.tui.beside import Beside
    from terminal.tui.page_view import drawing
    from terminal.web.command_line import option_words

    drawing()  # asks the terminal, which the screen will not be able to
    return Beside(
        settings.index,
        lambda folder: Asker.opened(engine_beside(replace(settings, index=folder, collection=None))),
        ingest_options=option_words(
            {name: flag for name, flag in flags.items() if name not in _OF_THE_INDEX}
        ),
        rtl=Rtl(settings.rtl) if settings.rtl else rtl_for(os.environ),
        several=bool(settings.several),
        new=new,
    )


def _serve(query: tuple[str, ...], port: int, flags: Mapping[str, object]) -> int:
    load_settings(flags, several=True)  # what is wrong with them is told here, not in a page
    from terminal.web.command_line import screen_command
    from terminal.web.server import ScreenServer, listen

    try:
        listening = listen(port)
    except OSError as error:
        raise UsageError(
            f"cannot listen on port {port}: {error.strerror}", remedy="Name another port, or none: --web."
        ) from error
    with listening:
        server = ScreenServer(screen_command(query, flags), listening)
        tell(f"The screen is at {server.link}")
        tell("Whoever has this link can read the index. Ctrl-C ends it.")
        server.serve()
    return ExitCode.OK


def _refuse_without_terminal() -> None:
    if os.environ.get("TEXTUAL_DRIVER"):
        return  # a browser is at the other end
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the screen needs a terminal on stdin and stdout",
            remedy='Without one: dragoman search --json "QUESTION"',
        )
    if not _has_room():
        raise UsageError(
            "the terminal says that it has no size", remedy="Give it one: stty rows 24 columns 80"
        )


def _has_room() -> bool:
    with suppress(OSError):
        return all(os.get_terminal_size(sys.stdout.fileno()))
    return True

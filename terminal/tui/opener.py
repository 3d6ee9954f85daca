"""Open a hit of the screen in another program."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import nullcontext

from textual.app import App, SuspendNotSupported

from index_data.errors import UsageError
from search.hits import Hit
from terminal.opener import opener, run


def open_hit(
    app: App[None], hit: Hit, environment: Mapping[str, str], viewer: str | None = None
) -> subprocess.Popen[bytes] | None:
    """Open the file of `hit`: wait for an editor that takes the terminal, else give the program that runs.

    Raises:
        UsageError: there is no such program, the file has gone, or this terminal cannot be lent.
    """
    program = opener(hit.document, hit.passage, environment, viewer)
    try:
        with app.suspend() if program.takes_the_terminal else nullcontext():
            return run(program, hit.document.path)
    except SuspendNotSupported as error:
        raise UsageError(
            "this terminal cannot be lent to an editor", remedy="Start dragoman in a terminal of its own."
        ) from error

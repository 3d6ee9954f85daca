"""Who is asked before a server is connected to: a folder may come from anybody, and names servers."""

from __future__ import annotations

from collections.abc import Callable

from index_data.cluster.elsewhere import Elsewhere

_asked: list[Callable[[Elsewhere], None]] = []


def ask_first(refuse: Callable[[Elsewhere], None]) -> None:
    """Have `refuse` raise for what must not be connected to, from now on; before that, all may be."""
    _asked[:] = [refuse]


def refuse_forbidden(elsewhere: Elsewhere) -> None:
    """Let only servers pass that may be connected to.

    Raises:
        IndexProblem: it is another one, as the program has it.
    """
    for refuse in _asked:
        refuse(elsewhere)

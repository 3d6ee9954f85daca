"""What ctrl+p offers: every action, the last questions, the themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode

from terminal.safe_text import safe_text
from terminal.tui import keys
from terminal.tui.answer_pane import AnswerPane
from terminal.tui.hit_list import HitList
from terminal.tui.search_screen import SearchScreen

_QUESTIONS = 10
"""Offered before anything is typed; all are looked through."""
_MOVES = {"cursor_down", "cursor_up", "back", "app.quit"}
"""What is no use in a palette, or stands there already."""


@dataclass(frozen=True, slots=True)
class _Command:
    text: str
    """Not fit for a terminal as it is."""
    run: Callable[[], Awaitable[object] | object]
    help: str
    """Ours."""
    offered: bool = True
    """Before anything is typed."""


class ScreenCommands(Provider):
    """The commands of the search screen."""

    async def discover(self) -> Hits:
        """Offer what is wanted most."""
        for command in self._commands():
            if command.offered:
                yield DiscoveryHit(
                    Content(safe_text(command.text)), command.run, safe_text(command.text), command.help
                )

    async def search(self, query: str) -> Hits:
        """Find what fits."""
        matcher = self.matcher(query)
        for command in self._commands():
            text = safe_text(command.text)
            score = matcher.match(text)
            if score > 0:
                # The matcher's own highlighting would read a question as markup.
                yield Hit(score, Content(text), command.run, text, command.help)

    def _commands(self) -> Iterator[_Command]:
        screen = self.screen
        if not isinstance(screen, SearchScreen):
            return
        yield from _actions(screen)
        for number, question in enumerate(screen.history.recent):
            yield _Command(question, partial(screen.ask, question), "Ask it again.", number < _QUESTIONS)
        for name in sorted(self.app.available_themes):
            yield _Command(
                f"Theme {name}", partial(setattr, self.app, "theme", name), "Wear this theme.", offered=False
            )


def _actions(screen: SearchScreen) -> Iterator[_Command]:
    owners: tuple[tuple[DOMNode, tuple[Binding, ...]], ...] = (
        (screen, keys.SCREEN),
        (screen.query_one(AnswerPane), keys.ANSWER),
        (screen.query_one(HitList), keys.HITS),
    )
    named: set[str] = set()
    for owner, bindings in owners:
        for binding in bindings:
            if binding.action not in _MOVES and binding.action not in named:
                named.add(binding.action)
                run = partial(screen.app.run_action, binding.action, owner)
                method = getattr(owner, f"action_{binding.action.partition('(')[0]}")
                yield _Command(binding.description, run, method.__doc__ or "")

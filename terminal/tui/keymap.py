"""Keys that the user wants to be others, checked before the screen opens."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from textual.binding import Binding

from index_data.errors import UsageError
from terminal.safe_text import safe_text
from terminal.tui import keys

GROUPS: Mapping[str, Sequence[Binding]] = {
    "While the question is written": keys.QUESTION,
    "On the hits": keys.HITS,
    "On what was found": keys.ANSWER,
    "Anywhere but in the question": keys.SCREEN,
    "Anywhere": keys.APP,
}
"""The keys of the screen, by where they act."""
_TOGETHER = (
    (keys.QUESTION, keys.APP),
    (keys.HITS, keys.ANSWER, keys.SCREEN, keys.APP),
    *((dialog, keys.APP) for dialog in keys.DIALOGS),
)
"""What acts at the same time, so that a key can have but one meaning among them."""


def refuse_unfit(wanted: Mapping[str, str]) -> None:
    """Let only keys pass that name a binding, and have no other meaning where it acts.

    Raises:
        UsageError: one does not.
    """
    groups = (*GROUPS.values(), *keys.DIALOGS)
    known = [binding.id or "" for group in groups for binding in group]
    for name, pressed in wanted.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise UsageError(
                f"there is no key called {safe_text(name)} to change", remedy=f"Did you mean {near}?"
            )
        if not all(key.strip() for key in pressed.split(",")):
            raise UsageError(
                f"the key {name} is {safe_text(pressed)!r}",
                remedy="Name one or several keys, as in ctrl+e or f5,x.",
            )
    for together in _TOGETHER:
        _refuse_clash([binding for group in together for binding in group], wanted)


def pressed_for(binding: Binding, wanted: Mapping[str, str]) -> tuple[str, ...]:
    """List the keys of a binding as Textual names them."""
    return tuple(map(_full_name, wanted.get(binding.id or "", binding.key).split(",")))


def _refuse_clash(bindings: Iterable[Binding], wanted: Mapping[str, str]) -> None:
    taken = Counter[str]()
    owners: dict[str, list[Binding]] = {}
    for binding in bindings:
        for key in pressed_for(binding, wanted):
            taken[key] += 1
            owners.setdefault(key, []).append(binding)
    for key, count in taken.items():
        names = [binding.id or "" for binding in owners[key]]
        if count > 1 and any(name in wanted for name in names):
            raise UsageError(
                f"the key {safe_text(key)} would do two things: {' and '.join(names)}",
                remedy="Give one of them another key in the table [keys].",
            )


def _full_name(key: str) -> str:
    """Name a key as Textual does, which calls `?` question_mark."""
    from textual.keys import _character_to_key

    key = key.strip()
    return _character_to_key(key) if len(key) == 1 else key

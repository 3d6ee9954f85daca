"""All keys, where they act, as the user has set them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from textual.app import App
from textual.binding import Binding
from textual.content import Content

from terminal.tui.keymap import GROUPS, pressed_for
from terminal.tui.reading_dialog import ReadingDialog

_KEY_CELLS = 14


def help_dialog(app: App[None], wanted: Mapping[str, str]) -> ReadingDialog:
    """Make the page that lists them; `wanted` are keys by the id of their binding."""
    return ReadingDialog(Content("Keys"), Content("\n").join(_lines(app, wanted)))


def _lines(app: App[None], wanted: Mapping[str, str]) -> Iterator[Content]:
    for number, (where, bindings) in enumerate(GROUPS.items()):
        if number:
            yield Content("")
        yield Content.styled(where, "bold underline")
        by_action: dict[str, list[Binding]] = {}
        for binding in bindings:
            by_action.setdefault(binding.action, []).append(binding)
        for alike in by_action.values():
            shown = " ".join(_display(app, binding, wanted) for binding in alike)
            yield Content.assemble((f"{shown:>{_KEY_CELLS}}  ", "bold $text-accent"), alike[0].description)


def _display(app: App[None], binding: Binding, wanted: Mapping[str, str]) -> str:
    changed = (binding.id or "") in wanted
    display = None if changed else binding.key_display
    one_each = (replace(binding, key=key, key_display=display) for key in pressed_for(binding, wanted))
    return " ".join(map(app.get_key_display, one_each))

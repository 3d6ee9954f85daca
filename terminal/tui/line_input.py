"""A line to type in."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import Input

FIT_FOR_A_TERMINAL = "[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]*"


class LineInput(Input):
    """Takes no control characters, not even pasted ones, and keeps to the order of the keys.

    Textual acts on a key such as ctrl+u only once it has been handed on up to the app; letters that were
    typed behind it are in the line by then, and would be deleted with those before it.
    """

    def __init__(self, value: str, **named: object) -> None:
        super().__init__(value, restrict=FIT_FOR_A_TERMINAL, select_on_focus=False, **named)  # type: ignore[arg-type]

    async def _on_key(self, event: Key) -> None:
        if event.is_printable:
            return
        active = self.screen.active_bindings.get(event.key)
        if active is not None and active.node is self and active.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(active.binding.action, self)

"""The servers that the user has named, so that no index of somebody else's names one in their stead."""

from __future__ import annotations

import json
from contextlib import suppress

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import EncoderUnavailable
from terminal.folders import state_folder
from terminal.json_output import dump
from terminal.safe_text import safe_text


def remember_server(model: str) -> None:
    """Keep a served model, such as `openai:URL#name`, that the user has named, if there is room."""
    named = _named()
    if model in named:
        return
    with suppress(OSError):
        make_folder(state_folder())
        write_atomically(state_folder() / "servers.json", dump([*named, model]).encode())


def refuse_unnamed(model: str) -> None:
    """Let an index use only a server that the user has named before: it would be sent every question.

    Raises:
        EncoderUnavailable: it is another one.
    """
    if model not in _named():
        shown = safe_text(model)
        raise EncoderUnavailable(
            f"the index sends questions to {shown}, a server that you have not named",
            remedy=f"If you trust it, name it once: --model {shown}",
        )


def _named() -> list[str]:
    with suppress(OSError, ValueError):
        kept = json.loads((state_folder() / "servers.json").read_bytes())
        if isinstance(kept, list):
            return [one for one in kept if isinstance(one, str)]
    return []

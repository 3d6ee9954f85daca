"""The servers that the user has named, so that no index of somebody else's names one in their stead."""

from __future__ import annotations

import json
from contextlib import suppress

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import EncoderUnavailable, IndexForeign
from terminal.folders import state_folder
from terminal.json_output import dump
from terminal.safe_text import safe_text


def remember_server(*names: str) -> None:
    """Keep what the user has named, a served model (`openai:URL#name`) or an index, if there is room."""
    known = _named()
    new = [name for name in names if name not in known]
    if not new:
        return
    with suppress(OSError):
        make_folder(state_folder())
        write_atomically(state_folder() / "servers.json", dump([*known, *new]).encode())


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


def refuse_unnamed_index(address: str, catalogue: str | None) -> None:
    """Let a folder stand only for an index that the user has named before.

    Raises:
        IndexForeign: it is another one.
    """
    if not {address, catalogue} - {None} <= {*_named()}:
        shown = safe_text(address), safe_text(catalogue or "")
        flags = f"--index {shown[0]}" + (f" --catalogue {shown[1]}" if catalogue else "")
        raise IndexForeign(
            f"the folder stands for an index at {' and '.join(filter(None, shown))}; you have not named it",
            remedy=f"If you trust it, name it once: {flags}",
        )


def _named() -> list[str]:
    with suppress(OSError, ValueError):
        kept = json.loads((state_folder() / "servers.json").read_bytes())
        if isinstance(kept, list):
            return [one for one in kept if isinstance(one, str)]
    return []

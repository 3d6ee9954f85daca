"""What each setting takes, and which of them a project may set."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from index_data.errors import UsageError
from search.query import Mode
from terminal import setting_values as kinds


def read_setting(key: str, value: object, *, source: str) -> object:
    """Read the value of a setting that `source` gives.

    Raises:
        UsageError: there is no such setting, or the value is wrong.
    """
    if key not in _READERS:
        known = difflib.get_close_matches(key[:60], _READERS, n=1, cutoff=0.0)[0]
        raise UsageError(f"there is no setting called {source}", remedy=f"Did you mean {known}?")
    expected, reader = _READERS[key]
    try:
        return reader(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{source} is {value!r}", remedy=f"It has to be {expected}.") from error


_COUNT = ("a whole number above 0", kinds.count)
_SWITCH = ("true or false", kinds.switch)
_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "index": ("a folder or an address", kinds.place),
    "models": ("a folder", kinds.path),
    "collection": ("the name of a collection", kinds.collection_names),
    "catalogue": ("the address of a database", kinds.catalogue),
    "model": ("a name or a folder", kinds.text),
    "device": ("auto, cpu, cuda or mps", kinds.text),
    "dtype": ("auto, float32, bfloat16 or int8", kinds.choice("auto", "float32", "bfloat16", "int8")),
    "offline": _SWITCH,
    "quiet": _SWITCH,
    "color": ("auto, always or never", lambda value: kinds.Color(kinds.text(value))),
    "window_tokens": _COUNT,
    "overlap_tokens": ("a whole number, 0 or more", lambda value: kinds.count(value, least=0)),
    "passage_tokens": _COUNT,
    "ocr": ("auto, off or force", kinds.choice("auto", "off", "force")),
    "ocr_languages": ("languages of Tesseract, as in deu+eng", kinds.text),
    "engine": ("local, ray or ray://ADDRESS", kinds.engine),
    "ray_readers": _COUNT,
    "ray_encoders": _COUNT,
    "ray_gpus": ("a number above 0", kinds.amount),
    "mode": ("hybrid, dense or lexical", lambda value: Mode(kinds.text(value))),
    "limit": _COUNT,
    "min_score": ("a number from 0 to 1", kinds.share),
    "per_doc": _COUNT,
    "prefer_lang": ("codes of languages, as in de,fr", kinds.languages),
    "lang_balance": _SWITCH,
    "rerank": _SWITCH,
    "reranker": ("a name, a folder or a server", kinds.text),
    "budget_ms": ("a whole number of milliseconds, 0 or more", lambda value: kinds.count(value, least=0)),
    "viewer": ("a program's name, or a command with {page} and {path}", kinds.text),
    "history": _SWITCH,
    "keys": ('a table, as in { "search.similar" = "ctrl+s" }', kinds.table),
    "rtl": ("terminal, reorder or off", kinds.choice("terminal", "reorder", "off")),
}
"""Each field's reader, and what to tell who gave it something else."""

SETTINGS = frozenset(_READERS)
IN_A_PROJECT = frozenset(
    (
        "collection", "color", "mode", "limit", "min_score", "per_doc", "prefer_lang", "lang_balance",
        "rerank", "budget_ms",
    )
)  # fmt: skip
"""What the file of a project may set: nothing that runs, loads, sends or opens anything, or hides a line."""

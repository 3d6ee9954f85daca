"""Text from documents, file names and errors, made fit for a terminal.

A terminal obeys control characters: they can retitle its window, write to the clipboard or hide what stands
there. Whatever did not come from this source code passes through here on its way out.
"""

from __future__ import annotations

import re
from pathlib import Path

REPLACEMENT = "\ufffd"
DEFAULT_LIMIT = 10_000

_NEWLINE = re.compile("\r\n|[\r\v\f\u2028\u2029]")
_C0_DEL_C1 = (*range(0x20), *range(0x7F, 0xA0))
_BIDI_CONTROLS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HARMFUL = dict.fromkeys((*_C0_DEL_C1, *_BIDI_CONTROLS), REPLACEMENT)
_HARMFUL_BUT_LAYOUT = {code: shown for code, shown in _HARMFUL.items() if chr(code) not in "\n\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")


def safe_text(text: str, *, keep_newlines: bool = False, limit: int = DEFAULT_LIMIT) -> str:
    """Replace by U+FFFD what a terminal would obey, and cut what is longer than `limit` characters.

    Line ends of all kinds become a newline, which stays, like a tab, where `keep_newlines` is true and
    becomes a space where it is not. Applying it twice changes nothing more.
    """
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _NEWLINE.sub("\n", text)
    if not keep_newlines:
        text = text.replace("\n", " ").replace("\t", " ")
    text = text.translate(_HARMFUL_BUT_LAYOUT)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def safe_path(path: Path) -> str:
    """Show a path from the working directory where it lies below it, else whole."""
    here = Path.cwd()
    return safe_text(str(path.relative_to(here) if path.is_relative_to(here) else path))

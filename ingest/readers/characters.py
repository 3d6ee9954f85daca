"""Bytes become characters: byte order marks, UTF-8 first, then what a file declares, then detection."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from index_data.errors import UnreadableFile
from ingest.readers.remedies import CONVERT

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 65_536
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ASCII = bytes(range(128))
_STATEFUL = ("iso2022", "hz")
_NOT_DECLARED = re.compile(r"utf.?(7|16|32)|escape|idna|punycode|undefined", re.IGNORECASE)
"""What no byte text that names its own encoding is in, though Python knows it."""
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859-2", "iso8859-15")
"""Encodings of Latin script that statistics confuse; the first of several that fit is taken."""
_ALPHABETS = (
    "àâæçèéêëîïôùûüÿœ", "äöüß", "áéíñóúü", "àáâãçéêíóôõú", "àèéìòù", "äåæéöø", "áðéíóúýþæö",
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "âăîșşțţ", "čćđšž", "âçğıîöşû",
    "āčēģīķļņšūž", "ąčęėįšųūž", "äõöšüž",
)  # fmt: skip
"""Letters beyond ASCII of languages in Latin script."""
_READ_AS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932",
}  # fmt: skip
"""What browsers read where a file declares the smaller set."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Characters, and how they were found."""

    text: str
    """Without NULs and without a byte order mark."""
    encoding: str
    bom_bytes: int
    byte_exact: bool
    """Encoding `text` again gives the bytes after the byte order mark."""
    notes: tuple[str, ...] = ()


def decode(data: bytes, *, declared: str | None = None) -> Decoded:
    """Find the encoding of `data` and decode it; `declared` is what the file itself says.

    Raises:
        UnreadableFile: it is empty, or not text.
    """
    if not data:
        raise UnreadableFile("empty file", remedy=CONVERT)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decoded(data, encoding, bom_bytes=len(mark))
    if wide := _wide_encoding(data):
        return _decoded(data, wide)
    sample = data[:_SAMPLE_BYTES]
    if len(_CONTROLS.findall(sample)) > 0.05 * len(sample):
        raise UnreadableFile("not a text file", remedy=CONVERT)
    return _decoded(data, _narrow_encoding(data, declared))


def _decoded(data: bytes, encoding: str, *, bom_bytes: int = 0) -> Decoded:
    body = data[bom_bytes:]
    text = body.decode(encoding, errors="replace").replace("\0", "\ufffd")
    stateful = encoding.startswith(_STATEFUL)
    byte_exact = not stateful and text.encode(encoding, errors="replace") == body
    lost = text.count("\ufffd")
    note = f"characters that could not be read as {encoding}: {lost}"
    return Decoded(text, encoding, bom_bytes, byte_exact, (note,) if lost and not byte_exact else ())


def _wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark: known by NULs that always stand in the same place."""
    sample = data[: _SAMPLE_BYTES - _SAMPLE_BYTES % 4]
    nulls = [sample[place::4].count(0) for place in range(4)]
    quarter = len(sample) // 4
    if not quarter or max(nulls) < 0.2 * quarter or min(nulls) == quarter:
        return None
    guesses = {
        "utf-32-le": nulls[3] == quarter and nulls[2] >= 0.9 * quarter,
        "utf-32-be": nulls[0] == quarter and nulls[1] >= 0.9 * quarter,
        "utf-16-le": nulls[0] + nulls[2] <= 0.02 * quarter,
        "utf-16-be": nulls[1] + nulls[3] <= 0.02 * quarter,
    }
    return next((name for name, fits in guesses.items() if fits and _decodes(data, name)), None)


def _narrow_encoding(data: bytes, declared: str | None) -> str:
    encoding = _understood(declared) if declared else None
    fits = encoding is not None and _decodes(data, encoding)
    # In an encoding such as ISO-2022-JP every byte is ASCII, and so UTF-8 as well.
    if encoding and fits and encoding.startswith(_STATEFUL):
        return encoding
    if _decodes(data, "utf-8"):
        return "utf-8"
    if encoding and fits:
        return encoding
    if _nearly_utf8(data):
        return "utf-8"
    return _detected(data)


def _understood(declared: str) -> str | None:
    """Look up an encoding that a file declares; None for one that it cannot be in."""
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return None
    return None if _NOT_DECLARED.search(name) else _READ_AS.get(name, name)


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except (LookupError, ValueError):
        return False
    return True


def _nearly_utf8(data: bytes) -> bool:
    """Bad bytes in between, but ten times as many good characters beyond ASCII."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    beyond_ascii = sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text)))
    return beyond_ascii >= 10 * bad


def _detected(data: bytes) -> str:
    match = from_bytes(data).best()
    if match is None:
        raise UnreadableFile("not a text file, or in an unknown encoding", remedy=CONVERT)
    if any(letter > "\u024f" for letter in set(str(match)) if letter.isalpha()):
        return match.encoding
    beyond_ascii = data.translate(None, delete=_ASCII)
    latin = [encoding for encoding in _LATIN if _decodes(beyond_ascii, encoding)]
    letters = beyond_ascii[:_SAMPLE_BYTES]
    return max(latin, key=lambda encoding: _likeness(letters.decode(encoding)), default=match.encoding)


def _likeness(text: str) -> float:
    """Find the share of letters beyond ASCII that are of the one language that fits best, 0 to 1."""
    letters = list(filter(str.isalpha, text.lower()))
    return max(sum(map(alphabet.count, letters)) for alphabet in _ALPHABETS) / max(1, len(letters))

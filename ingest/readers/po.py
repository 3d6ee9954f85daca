"""PO: each message above its translation; contexts, comments and obsolete messages stay out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText, printable
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT

_CHARSET = re.compile(rb"charset=([\w.:-]{1,40})")
_FIELD = re.compile(r"^([\w-]{1,40}):[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_LINE = re.compile(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d{1,3}\])?\s*)?"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": ""}
_NOT_FILLED_IN = "PACKAGE VERSION"

Texts = list[tuple[str, str]]
"""Keywords of an entry, such as msgid, and their texts, in order."""


def read_po(data: bytes) -> ParsedDocument:
    """Read a catalogue of gettext; translations stand after the code of their language.

    Raises:
        UnreadableFile: it is empty, not text, or has no messages.
    """
    charset = _CHARSET.search(data)
    decoded = decode(data, declared=charset[1].decode("ascii") if charset else None)
    fields: dict[str, str] = {}
    flow = FlowingText()
    fuzzy = 0
    for texts, is_fuzzy in _entries(decoded.text):
        if ("msgid", "") in texts:
            fields |= _FIELD.findall(dict(texts).get("msgstr", ""))
            continue
        translations = [text for keyword, text in texts if keyword == "msgstr" and text]
        fuzzy += bool(is_fuzzy and translations)
        originals = [text for keyword, text in texts if keyword in {"msgid", "msgid_plural"}]
        _add_entry(originals, [] if is_fuzzy else translations, fields.get("Language", ""), flow)
    if not flow.length:
        raise UnreadableFile("no messages in it", remedy=CONVERT)
    project = fields.get("Project-Id-Version", _NOT_FILLED_IN)
    return ParsedDocument(
        text=flow.text(),
        media_type="po",
        title=printable(project) if project != _NOT_FILLED_IN else None,
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        notes=(
            *decoded.notes,
            *([f"translations that are only a guess and were not read: {fuzzy}"] * bool(fuzzy)),
        ),
    )


def _entries(text: str) -> Iterator[tuple[Texts, bool]]:
    """Find the entries, and whether each is marked as fuzzy."""
    texts: Texts = []
    fuzzy = fuzzy_next = False
    for line in map(str.strip, text.split("\n")):
        if line.startswith("#,"):
            fuzzy_next = "fuzzy" in line
        elif found := _LINE.fullmatch(line):
            keyword, content = found[1], _ESCAPE.sub(_unescaped, found[2])
            if keyword in {"msgctxt", "msgid"} and any(known != "msgctxt" for known, _ in texts):
                yield texts, fuzzy
                texts = []
            if keyword:
                fuzzy, fuzzy_next = (fuzzy, fuzzy_next) if texts else (fuzzy_next, False)
                texts.append((keyword, content))
            elif texts:
                texts[-1] = texts[-1][0], texts[-1][1] + content
    if texts:
        yield texts, fuzzy


def _unescaped(escape: re.Match[str]) -> str:
    return _ESCAPED.get(escape[1], escape[1])


def _add_entry(originals: list[str], translations: list[str], language: str, flow: FlowingText) -> None:
    flow.end_block()
    labelled = (f"{language}: {text}" if language else text for text in translations)
    for text in (*originals, *labelled):
        for line in text.split("\n"):
            flow.add(line)
            flow.end_line()

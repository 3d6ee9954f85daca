"""One mail message: its fields and contents as text.

The fields are decoded here: those of `email.policy.default` take quadratic time on hostile ones.
"""

from __future__ import annotations

import binascii
import email
import re
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from itertools import groupby

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode
from ingest.readers.flowing_text import printable

_MAX_FIELD_CHARACTERS = 4_000
_USUAL_FIELDS = ("from", "to", "subject", "date", "received", "message-id", "mime-version", "content-type")
_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{0,40})?\?([BbQq])\?([^?]*)\?=")
_WORDS = re.compile(rf"(?:{_WORD.pattern}(?:\s+(?==\?))?)+")

_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that do not stand for a byte beyond ASCII, as those of Python's `surrogateescape` do."""


class _Fields(Compat32):
    """Keeps the fields as they stand, and not more of each than is of use."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_FIELD_CHARACTERS]

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        return value


def parsed_message(data: bytes) -> Message:
    """Take a message apart; one whose parts are nested too deep stays in one piece."""
    try:
        return email.message_from_bytes(data, policy=_Fields())
    except RecursionError:
        return BytesHeaderParser(policy=_Fields()).parsebytes(data)


def has_usual_fields(message: Message) -> bool:
    """Tell a message from any other text."""
    return any(name in message for name in _USUAL_FIELDS)


def field(message: Message, name: str) -> str:
    """Decode a field; empty if it is missing."""
    return _decoded_field(message.get(name) or "", message.get_content_charset())


def filename(part: Message) -> str:
    """Name of an attachment; empty if it has none."""
    return _decoded_field(part.get_filename() or "", part.get_content_charset())


def content_of(part: Message) -> bytes:
    """Content of a part that holds no others, as it was before it was packed for the journey."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def words_of(part: Message) -> str:
    """Text of a part, with plain line ends."""
    words = _characters(content_of(part), part.get_content_charset())
    return words.replace("\r\n", "\n").replace("\r", "\n")


def _decoded_field(value: str, charset: str | None) -> str:
    """Decode what a field says; one that breaks the rules is likely to be in the `charset` of the text."""
    bytes_or_text = _NO_BYTE.sub("\ufffd", value).encode("utf-8", "surrogateescape")
    text = _characters(bytes_or_text, charset)
    return " ".join(printable(_WORDS.sub(_decoded_words, text)).split())


def _decoded_words(run: re.Match[str]) -> str:
    """Decode neighbouring encoded words; a character may begin in one and end in the next (RFC 2047)."""
    words = _WORD.findall(run[0])
    text = ""
    for charset, alike in groupby(words, key=lambda word: word[0].lower()):
        text += _characters(b"".join(_word_bytes(kind, content) for _, kind, content in alike), charset)
    return text


def _word_bytes(kind: str, content: str) -> bytes:
    data = content.encode("utf-8", "surrogateescape")
    if kind in "Qq":
        return binascii.a2b_qp(data, header=True)
    try:
        return binascii.a2b_base64(data + b"==")
    except binascii.Error:
        return data


def _characters(data: bytes, charset: str | None) -> str:
    try:
        return decode(data, declared=charset).text
    except UnreadableFile:
        return data.decode("utf-8", "replace")

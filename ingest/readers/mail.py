"""EML and MBOX: subject, sender, date and body of each message; attachments of a known kind below it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from email.message import Message
from functools import partial

from index_data.errors import UnreadableFile
from ingest.readers.flowing_text import FlowingText
from ingest.readers.html import add_html
from ingest.readers.message import content_of, field, filename, has_usual_fields, parsed_message, words_of
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.parts import Parts, ReadPart
from ingest.readers.remedies import CONVERT

_BORDER = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\d:\d\d[^\r\n]*\r?\n")
"""A line that names sender and time, at the start or after an empty line."""
_QUOTED_BORDER = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_eml(data: bytes, read_part: ReadPart | None) -> ParsedDocument:
    """Read one message, and its attachments by `read_part`.

    Raises:
        UnreadableFile: it is no message, or has too much text.
    """
    message = parsed_message(data)
    if not has_usual_fields(message):
        raise UnreadableFile("not a mail message", remedy=CONVERT)
    return _parsed((message,), "eml", read_part)


def read_mbox(data: bytes, read_part: ReadPart | None) -> ParsedDocument:
    """Read a mailbox, and the attachments of its messages by `read_part`.

    Raises:
        UnreadableFile: it is no mailbox, or has too much text.
    """
    return _parsed(map(parsed_message, _messages(data)), "mbox", read_part)


def _messages(mailbox: bytes) -> Iterator[bytes]:
    borders = [*_BORDER.finditer(mailbox)]
    if not borders:
        raise UnreadableFile("not a mailbox", remedy=CONVERT)
    ends = (*(border.start() for border in borders[1:]), len(mailbox))
    for border, end in zip(borders, ends, strict=True):
        yield _QUOTED_BORDER.sub(rb"\1", mailbox[border.end() : end])


def _parsed(messages: Iterable[Message], media_type: str, read_part: ReadPart | None) -> ParsedDocument:
    flow = FlowingText()
    parts = Parts(flow, read_part)
    for message in messages:
        _add_message(message, flow, parts)
    title = flow.headings[0].title if media_type == "eml" else None
    return ParsedDocument(flow.text(), media_type, title=title, headings=flow.headings, notes=parts.notes)


def _add_message(message: Message, flow: FlowingText, parts: Parts) -> None:
    """Add a message, and then those that it forwards."""
    waiting = deque([(message, 1)])
    while waiting:
        message, level = waiting.popleft()
        flow.add_heading(field(message, "Subject") or "(no subject)", level)
        for name in ("From", "Date"):
            if value := field(message, name):
                flow.add(f"{name}: {value}")
                flow.end_line()
        flow.end_block()
        attached: list[Message] = []
        for part in _contents(message):
            if forwarded := _inside(part):
                waiting += ((inner, level + 1) for inner in forwarded)
            elif part.get_content_maintype() != "text" or filename(part):
                attached.append(part)
            else:
                _add_text(part, flow)
        for part in attached:
            name = filename(part) or f"a part of type {part.get_content_type()}"
            parts.add(name, partial(content_of, part), level=level + 1)


def _contents(message: Message) -> Iterator[Message]:
    """Find the parts that hold something, in order, and one of each set of alternatives."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inside = _inside(part)
        if not inside or part.get_content_type() == "message/rfc822":
            yield part
        elif part.get_content_type() == "multipart/alternative":
            waiting.append(_best(inside))
        else:
            waiting += reversed(inside)


def _best(alternatives: list[Message]) -> Message:
    """Choose plain text if there is any, else what the sender prefers: the last that can be read."""
    for part in alternatives:
        if part.get_content_type() == "text/plain" and content_of(part).strip():
            return part
    readable = [part for part in alternatives if part.get_content_maintype() in {"text", "multipart"}]
    return (readable or alternatives)[-1]


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload() if part.is_multipart() else ()
    return [inner for inner in payload if isinstance(inner, Message)]


def _add_text(part: Message, flow: FlowingText) -> None:
    flow.end_block()
    if part.get_content_type() == "text/html":
        add_html(words_of(part), flow)
    else:
        flow.add_verbatim(words_of(part).strip())
    flow.end_block()

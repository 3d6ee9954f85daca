"""HTML: what a reader sees, block by block; scripts, styles and navigation stay out, nothing is fetched."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText, printable
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT

MAX_DEPTH = 500
"""Blocks inside each other; deeper ones become lines."""

_SILENT = frozenset((
    "head", "script", "style", "template", "noscript", "nav", "svg", "math", "iframe", "object",
    "canvas", "audio", "video", "select", "button", "textarea",
))  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "details", "dialog", "div", "dl",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "main", "ol", "p", "pre",
    "section", "summary", "table", "ul",
))  # fmt: skip
_LINES = frozenset(("br", "caption", "dd", "dt", "hr", "li", "tr"))
_CELLS = frozenset(("td", "th"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NESTING = _BLOCKS - {"body", "p"}
"""Elements that only an end tag of their own ends."""
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
))  # fmt: skip

_META_CHARSET = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
_TAG = re.compile(r"<(/?)([A-Za-z][^\s/<>]*)[^<>]*>")
_EMPTY_ELEMENT = re.compile(r"<([A-Za-z][\w.:-]*)(\s[^<>]*)?/>")


def read_html(data: bytes) -> ParsedDocument:
    """Read an HTML file.

    Raises:
        UnreadableFile: it is empty, or has no text.
    """
    beginning = data[:4096]
    declared = _META_CHARSET.search(beginning) or _XML_ENCODING.match(beginning)
    decoded = decode(data, declared=declared[1].decode("ascii", "replace") if declared else None)
    flow = FlowingText()
    title = add_html(decoded.text, flow)
    if not flow.text():
        raise UnreadableFile("no text in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type="html",
        title=title or next((heading.title for heading in flow.headings), None),
        headings=flow.headings,
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        notes=decoded.notes,
    )


def add_html(markup: str, flow: FlowingText) -> str | None:
    """Add the text of a page to `flow`; the answer is what its <title> says."""
    if markup.lstrip("\ufeff \t\r\n").startswith("<?xml"):
        markup = _EMPTY_ELEMENT.sub(_with_end_tag, markup)
    page = LexborHTMLParser(_flattened(markup))
    if page.body:
        _walk(page.body, flow)
    flow.end_block()
    title = page.css_first("head > title")
    return " ".join(printable(title.text()).split()) or None if title else None


def _walk(body: LexborNode, flow: FlowingText) -> None:
    """Visit the elements in order, without recursion."""
    node: LexborNode | None = body
    depth = 0
    while node is not None:
        child = _enter(node, flow)
        if child is not None:
            node, depth = child, depth + 1
            continue
        while node is not None:
            _leave(node, flow)
            if depth == 0:
                return
            if node.next is not None:
                node = node.next
                break
            node, depth = node.parent, depth - 1


def _enter(node: LexborNode, flow: FlowingText) -> LexborNode | None:
    """Start an element or add a text; the answer is the first child to visit."""
    if node.is_text_node:
        _add_text(node, flow)
        return None
    tag = node.tag or ""
    if tag in _SILENT or (node.is_element_node and "hidden" in node.attributes):
        return None
    if tag in _HEADINGS:
        flow.open_heading(_HEADINGS[tag])
    elif tag in _BLOCKS:
        flow.end_block()
    elif tag in _LINES:
        flow.end_line()
    return node.child


def _leave(node: LexborNode, flow: FlowingText) -> None:
    tag = node.tag or ""
    if tag in _HEADINGS:
        flow.close_heading()
    elif tag in _BLOCKS:
        flow.end_block()
    elif tag in _LINES:
        flow.end_line()
    elif tag in _CELLS:
        flow.tab()


def _add_text(node: LexborNode, flow: FlowingText) -> None:
    text = node.text_content or ""
    if node.parent is not None and node.parent.tag == "pre":
        flow.add_verbatim(text)
    else:
        flow.add(text)


def _with_end_tag(element: re.Match[str]) -> str:
    """Spell out `<a/>`, which is a whole element in XML but only its start in HTML."""
    name, attributes = element[1], element[2] or ""
    return element[0] if name.lower() in _VOID else f"<{name}{attributes}></{name}>"


def _flattened(markup: str) -> str:
    """`markup` with blocks below MAX_DEPTH turned into line breaks: parsing time grows with depth squared."""
    depth = 0
    pieces: list[str] = []
    copied = 0
    for tag in _TAG.finditer(markup):
        if tag[2].lower() not in _NESTING:
            continue
        opens = not tag[1]
        if depth + opens > MAX_DEPTH:
            pieces += markup[copied : tag.start()], "<br>"
            copied = tag.end()
        depth = depth + 1 if opens else max(0, depth - 1)
    return "".join((*pieces, markup[copied:]))

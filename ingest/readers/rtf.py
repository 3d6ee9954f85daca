"""RTF: paragraphs, headings, tables and notes; pictures, headers, footers and what is hidden stay out."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, replace

from index_data.errors import UnreadableFile
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT

RTF_START = b"{\\rtf"

_MAX_DEPTH = 10_000
_TOKEN = re.compile(
    r"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,9})?\ ?"
    r"|\\'(?P<byte>[0-9a-fA-F]{2})"
    r"|\\(?P<symbol>[^a-zA-Z])"
    r"|(?P<brace>[{}])"
    r"|(?P<text>[^\\{}\r\n\x00]+)"
    r"|[\\\r\n\x00]+",
    re.ASCII,
)
_SILENT = frozenset((
    "colortbl", "info", "pict", "objdata", "header", "headerl", "headerr", "headerf", "footer", "footerl",
    "footerr", "footerf", "ftnsep", "ftnsepc", "ftncn", "aftnsep", "aftnsepc", "aftncn", "listtext", "pntext",
    "nonshppict", "shprslt", "sp", "xe", "tc", "fldinst", "annotation", "bkmkstart", "bkmkend", "filetbl",
    "private",
))  # fmt: skip
"""Groups that are no text of the document, or say it again."""
_READ = frozenset(("shpinst", "shptxt", "footnote", "fldrslt"))
"""Groups that are text, although a reader may skip them."""
_SIGNS = {
    "tab": " ", "emspace": " ", "enspace": " ", "qmspace": " ", "line": "\n", "softline": "\n",
    "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "bullet": "•", "zwj": "\u200d", "zwnj": "\u200c",
}  # fmt: skip
_SYMBOLS = {"~": "\xa0", "_": "-", "\\": "\\", "{": "{", "}": "}"}
_BREAKS = frozenset(("par", "sect", "page", "column", "\n", "\r"))
_CODE_PAGES = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}
_FONT_CODE_PAGES = {
    0: "cp1252", 77: "mac-roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_HEADING_NAME = re.compile(r"heading ([1-9])\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds up to the next closing brace."""

    code_page: str | None = None
    fallbacks: int = 1
    """Characters after one in Unicode that stand there for older readers."""
    silent: bool = False
    hidden: bool = False
    table: str = ""
    """The table of fonts or styles, inside of it."""
    footnote: bool = False
    in_row: bool = False
    level: int | None = None
    """Of the heading that the paragraph is."""


class _Paragraphs:
    """Collects pieces until a paragraph or a cell ends."""

    def __init__(self) -> None:
        self.flow = FlowingText()
        self._pieces: list[str] = []
        self._level: int | None = None

    def add(self, piece: str, level: int | None) -> None:
        self._pieces.append(piece)
        self._level = level or self._level

    def end(self) -> None:
        self.flow.end_block()
        if self._level:
            self.flow.add_heading(self._taken(), self._level)
        for line in self._taken().split("\n"):
            self.flow.add(line)
            self.flow.end_line()
        self.flow.end_block()
        self._level = None

    def end_cell(self) -> None:
        self.flow.add(self._taken())
        self.flow.tab()
        self._level = None

    def _taken(self) -> str:
        """Take the pieces; halves of a surrogate pair, which RTF writes one by one, become one character."""
        text = "".join(self._pieces)
        self._pieces.clear()
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read_rtf(data: bytes) -> ParsedDocument:
    """Read a Rich Text file.

    Raises:
        UnreadableFile: it is nested too deep, or has no text or too much.
    """
    reader = _Reader(data.decode("latin-1"))
    flow = reader.read()
    if not flow.length:
        raise UnreadableFile("no text in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type="rtf",
        title=next((heading.title for heading in flow.headings), None),
        headings=flow.headings,
        notes=("the file ends too early",) if reader.open_groups else (),
    )


class _Reader:
    """Reads one file, token by token."""

    def __init__(self, rtf: str) -> None:
        self._rtf = rtf
        self._group = _Group()
        self._outer: list[_Group] = []
        self._body, self._footnotes = _Paragraphs(), _Paragraphs()
        self._bytes = bytearray()
        self._fallbacks_left = 0
        self._may_be_skipped = False
        self._code_page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._levels: dict[int, int] = {}
        self._defined = 0
        """Number of the font or style that is being defined."""

    @property
    def open_groups(self) -> int:
        """How many closing braces are missing."""
        return len(self._outer)

    def read(self) -> FlowingText:
        """Read all of it; the footnotes come last."""
        position = 0
        while token := _TOKEN.match(self._rtf, position):
            position = token.end()
            match token.lastgroup:
                case "text":
                    self._add_bytes(token["text"].encode("latin-1"))
                case "byte":
                    self._add_bytes(bytes.fromhex(token["byte"]))
                case "brace":
                    self._turn_group(token["brace"])
                case "symbol":
                    self._symbol(token["symbol"])
                case "word" | "number":
                    number = int(token["number"]) if token["number"] else None
                    if token["word"] == "bin":
                        position += max(0, number or 0)
                    else:
                        self._word(token["word"], number)
        self._decode_bytes()
        self._body.end()
        self._footnotes.end()
        self._body.flow.add_part(ParsedDocument(self._footnotes.flow.text(), "rtf"), below=0)
        return self._body.flow

    @property
    def _paragraphs(self) -> _Paragraphs:
        return self._footnotes if self._group.footnote else self._body

    def _add_bytes(self, data: bytes) -> None:
        skipped = min(self._fallbacks_left, len(data))
        self._fallbacks_left -= skipped
        self._bytes += data[skipped:]

    def _decode_bytes(self) -> None:
        """Give the bytes so far their meaning, before that changes."""
        if self._bytes:
            text = self._bytes.decode(self._group.code_page or self._code_page, "replace")
            self._bytes.clear()
            self._add_text(text)

    def _add_text(self, text: str) -> None:
        if self._group.table == "stylesheet" and (heading := _HEADING_NAME.search(text)):
            self._levels.setdefault(self._defined, int(heading[1]))
        elif not (self._group.silent or self._group.hidden or self._group.table):
            self._paragraphs.add(text, self._group.level)

    def _turn_group(self, brace: str) -> None:
        self._decode_bytes()
        self._fallbacks_left = 0
        self._may_be_skipped = False
        if brace == "{":
            self._outer.append(self._group)
            if len(self._outer) > _MAX_DEPTH:
                raise UnreadableFile("groups nested too deep", remedy=CONVERT)
        elif self._outer:
            if self._group.footnote and not self._outer[-1].footnote:
                self._footnotes.end()
            self._group = self._outer.pop()

    def _symbol(self, symbol: str) -> None:
        self._decode_bytes()
        if symbol == "*":
            self._may_be_skipped = True
        elif symbol in _BREAKS:
            self._end_paragraph()
        elif symbol in _SYMBOLS:
            self._add_text(_SYMBOLS[symbol])

    def _word(self, word: str, number: int | None) -> None:
        self._decode_bytes()
        if word in _SILENT or (self._may_be_skipped and word not in _READ):
            self._group = replace(self._group, silent=True)
        elif word in _SIGNS:
            self._add_text(_SIGNS[word])
        elif word in _BREAKS:
            self._end_paragraph()
        elif word in {"cell", "nestcell"}:
            self._paragraphs.end_cell()
        elif word in {"row", "nestrow"}:
            self._paragraphs.flow.end_line()
        elif word == "u" and number is not None:
            self._add_text(chr(number % 65_536))
            self._fallbacks_left = self._group.fallbacks
        elif self._group.table:
            self._define(word, number)
        else:
            self._format(word, number)
        self._may_be_skipped = False

    def _end_paragraph(self) -> None:
        if self._group.in_row:
            self._add_text(" ")
        elif not self._group.silent:
            self._paragraphs.end()

    def _define(self, word: str, number: int | None) -> None:
        """Take what a font or a style in its table is."""
        match word, number:
            case (("f" | "s"), int()):
                self._defined = number
            case "fcharset", int() if number in _FONT_CODE_PAGES:
                self._fonts[self._defined] = _FONT_CODE_PAGES[number]
            case "outlinelevel", int() if 0 <= number < 9:
                self._levels[self._defined] = number + 1

    def _format(self, word: str, number: int | None) -> None:
        """Take what holds for the characters that follow."""
        match word, number:
            case (("fonttbl" | "stylesheet"), _):
                self._group = replace(self._group, table=word)
            case (("mac" | "pc" | "pca"), _):
                self._code_page = _CODE_PAGES[word]
            case "ansicpg", int():
                self._code_page = _known_code_page(number)
            case "f", int():
                self._group = replace(self._group, code_page=self._fonts.get(number))
            case "uc", int():
                self._group = replace(self._group, fallbacks=max(0, number))
            case (("v" | "deleted"), _):
                self._group = replace(self._group, hidden=number != 0)
            case "plain", _:
                self._group = replace(self._group, hidden=False, code_page=None)
            case _:
                self._format_paragraph(word, number)

    def _format_paragraph(self, word: str, number: int | None) -> None:
        match word, number:
            case "footnote", _:
                self._group = replace(self._group, footnote=True, level=None, in_row=False)
            case "pard", _:
                self._group = replace(self._group, level=None, in_row=False)
            case "intbl", _:
                self._group = replace(self._group, in_row=True)
            case "s", int():
                self._group = replace(self._group, level=self._levels.get(number))
            case "outlinelevel", int():
                self._group = replace(self._group, level=number + 1 if 0 <= number < 9 else None)


def _known_code_page(number: int) -> str:
    try:
        return codecs.lookup("utf-8" if number == 65_001 else f"cp{number}").name
    except LookupError:
        return "cp1252"

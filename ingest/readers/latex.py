"""LaTeX: prose, headings, lists, tables and footnotes; commands, drawings and the preamble stay out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText
from ingest.readers.latex_commands import (
    ACCENTS,
    DRAWN,
    DROPPED_ARGUMENTS,
    ENVIRONMENT_ARGUMENTS,
    FOOTNOTES,
    HEADINGS,
    INCLUDES,
    LETTERS,
    SYMBOLS,
    VERBATIM,
)
from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.remedies import CONVERT

_LONGEST_ARGUMENT = 2_000
_MAX_DEPTH = 10_000
_INPUT_ENCODING = re.compile(rb"\\usepackage\[(\w{1,20})\]\{inputenc\}")
_DECLARED_AS = {"latin1": "cp1252", "latin9": "iso8859-15", "ansinew": "cp1252", "applemac": "mac-roman"}
_BEGIN_DOCUMENT = re.compile(r"\\begin\s*\{document\}")
_TITLE = re.compile(r"\\(?:title|author)\s*(?:\[[^\]]{0,500}\])?\s*(?=\{)")
_TOKEN = re.compile(
    r"(?P<comment>%[^\n]*\n?[ \t]*)"
    r"|\\(?P<command>[a-zA-Z@]+)\*?"
    r"|\\(?P<symbol>.)"
    r"|(?P<break>\n[ \t]*\n\s*)"
    r"|(?P<brace>[{}])"
    r"|(?P<sign>[$&~]|-{2,3}|``|'')"
    r"|(?P<text>[^%\\\n{}$&~`'-]+|.)",
    re.DOTALL,
)
_SIGNS = {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”"}
_ACCENTED = re.compile(r"\s*(?:\{\s*\\?([^\W\d_])\s*\}|\\([ij])(?![a-zA-Z])\s?|([^\W\d_]))")
_OPTIONS = re.compile(r"(?:\[[^\[\]]{0,500}\])+")
_LABEL = re.compile(r"\[([^\[\]]{0,500})\]")
_NO_LABEL = re.compile(r"\\[a-zA-Z]+|[{}$]")
_VERB = re.compile(r"([^a-zA-Z\s])([^\n]*?)\1")
_NAME = re.compile(r"\s*\{\s*([a-zA-Z]+\*?)\s*\}")
_FILE = re.compile(r"\s*\{([^{}]{1,200})\}")
_ARGUMENT = re.compile(r"\s*(?:(\{)|\\[a-zA-Z@]+)")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_OPENING = re.compile(r"\s*\{")
_LANGUAGE = re.compile(r"\{[^{}\n]*\}")
_BREAKS = frozenset(("par", "newpage", "clearpage", "bigskip", "medskip", "smallskip", "caption", "bibitem"))
_GAP = re.compile(r"[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?")


def read_latex(data: bytes) -> ParsedDocument:
    """Read LaTeX source.

    Raises:
        UnreadableFile: it is empty, not text, or has too much of it.
    """
    declared = _INPUT_ENCODING.search(data)
    encoding = declared[1].decode("ascii") if declared else ""
    decoded = decode(data, declared=_DECLARED_AS.get(encoding, encoding) or None)
    reader = _Reader(decoded.text)
    flow = reader.read()
    return ParsedDocument(
        text=flow.text(),
        media_type="tex",
        title=next((heading.title for heading in flow.headings), None),
        headings=_ranked(flow.headings),
        encoding=decoded.encoding,
        bom_bytes=decoded.bom_bytes,
        notes=(*decoded.notes, *reader.notes),
    )


def _ranked(headings: tuple[Heading, ...]) -> tuple[Heading, ...]:
    """Count the levels that are used from 1."""
    levels = sorted({heading.level for heading in headings})
    return tuple(replace(heading, level=levels.index(heading.level) + 1) for heading in headings)


class _Reader:
    """Reads one file, token by token; commands that it does not know vanish, their arguments stay."""

    def __init__(self, source: str) -> None:
        self.notes: list[str] = []
        self._source = source
        self._place = 0
        self._body, self._footnotes = FlowingText(), FlowingText()
        self._flow = self._body
        self._open: list[str] = []
        """For each open brace what ends with it, or nothing."""
        self._drawings = 0
        self._endless: set[str] = set()

    def read(self) -> FlowingText:
        """Read title and authors of the preamble, and then the document; the footnotes come last."""
        begin = _BEGIN_DOCUMENT.search(self._source)
        for title in _TITLE.finditer(self._source, 0, begin.start() if begin else 0):
            self._place = title.start()
            self._read_until(self._argument_end(title.end()) or title.start())
            self._flow.end_block()
        self._place = begin.end() if begin else 0
        self._read_until(len(self._source))
        self._body.close_heading()
        self._body.add_part(ParsedDocument(self._footnotes.text(), "tex"), below=0)
        if self._drawings:
            self.notes.append(f"drawings that were not read: {self._drawings}")
        return self._body

    def _read_until(self, end: int) -> None:
        while self._place < end and (token := _TOKEN.match(self._source, self._place)):
            self._place = token.end()
            match token.lastgroup:
                case "text":
                    self._flow.add(token["text"])
                case "sign":
                    self._sign(token["sign"])
                case "break":
                    self._flow.end_block()
                case "brace":
                    self._turn_group(token["brace"])
                case "symbol":
                    self._symbol(token["symbol"])
                case "command":
                    self._command(token["command"])

    def _sign(self, sign: str) -> None:
        if sign == "&":
            self._flow.tab()
        elif sign != "$":
            self._flow.add(_SIGNS[sign])

    def _turn_group(self, brace: str) -> None:
        if brace == "{":
            if self._source.startswith("}{", self._place - 2):
                self._flow.add(" ")
            self._open_group("")
            return
        match self._open.pop() if self._open else "":
            case "heading":
                self._flow.close_heading()
            case "footnote":
                self._flow.end_block()
                self._flow = self._body

    def _open_group(self, what: str) -> None:
        self._open.append(what)
        if len(self._open) > _MAX_DEPTH:
            raise UnreadableFile("groups nested too deep", remedy=CONVERT)

    def _symbol(self, symbol: str) -> None:
        if symbol in ACCENTS:
            self._accent(symbol)
        elif symbol == "\\":
            self._skip(_OPTIONS)
            self._flow.end_line()
        elif symbol in SYMBOLS:
            self._flow.add(SYMBOLS[symbol])

    def _accent(self, accent: str) -> None:
        if letter := self._skip(_ACCENTED):
            plain = letter[1] or letter[2] or letter[3]
            self._flow.add(unicodedata.normalize("NFC", plain + ACCENTS[accent]))

    def _command(self, name: str) -> None:
        match name:
            case "begin":
                self._begin()
            case "end":
                self._end()
            case "item":
                self._flow.end_line()
                if label := self._skip(_LABEL):
                    self._flow.add(_NO_LABEL.sub("", label[1]) + " ")
            case "verb" | "lstinline":
                if verbatim := self._skip(_VERB):
                    self._flow.add(verbatim[2])
            case _ if name in ACCENTS:
                self._accent(name)
            case _ if name in LETTERS:
                self._flow.add(LETTERS[name])
                self._skip(_GAP)
            case _ if name in _BREAKS:
                self._flow.end_block()
                self._command_with_arguments(name)
            case _:
                self._command_with_arguments(name)

    def _command_with_arguments(self, name: str) -> None:
        if name in INCLUDES:
            if file := self._skip(_FILE):
                self.notes.append(f"the file {file[1]!r}, which belongs here, was not read")
        elif name in DROPPED_ARGUMENTS:
            self._drop_arguments(DROPPED_ARGUMENTS[name])
        else:
            self._skip(_OPTIONS)
            self._skip(_GAP)
            if name in HEADINGS:
                self._open_heading(HEADINGS[name])
            elif name in FOOTNOTES and "footnote" not in self._open and self._skip(_OPENING):
                self._open_group("footnote")
                self._flow = self._footnotes

    def _open_heading(self, level: int) -> None:
        if "heading" not in self._open and self._argument_end(self._place) and self._skip(_OPENING):
            self._open_group("heading")
            self._flow.open_heading(level)

    def _begin(self) -> None:
        found = self._skip(_NAME)
        name = found[1] if found else ""
        self._flow.end_block()
        self._skip(_OPTIONS)
        if name in VERBATIM:
            self._skip(_LANGUAGE)
            self._flow.add_verbatim(self._taken_until_end(name).strip("\n"))
        elif name in DRAWN:
            self._drawings += 1
            self._taken_until_end(name)
        elif name == "comment":
            self._taken_until_end(name)
        elif name == "frame":
            self._open_heading(HEADINGS["frametitle"])
        else:
            self._drop_arguments(ENVIRONMENT_ARGUMENTS.get(name, 0))

    def _end(self) -> None:
        found = self._skip(_NAME)
        self._flow.end_block()
        if found and found[1] == "document":
            self._place = len(self._source)

    def _taken_until_end(self, name: str) -> str:
        r"""Take the source up to `\end{name}`; nothing where that is missing."""
        end = -1 if name in self._endless else self._source.find(rf"\end{{{name}}}", self._place)
        if end < 0:
            self._endless.add(name)
            return ""
        taken, self._place = self._source[self._place : end], end
        return taken

    def _drop_arguments(self, count: int) -> None:
        for _ in range(count):
            self._skip(_OPTIONS)
            self._place = self._argument_end(self._place) or self._place
        self._skip(_OPTIONS)

    def _argument_end(self, place: int) -> int | None:
        """Find where the argument that starts at `place` ends; None if there is none, or a very long one."""
        start = _ARGUMENT.match(self._source, place)
        if not start or not start[1]:
            return start.end() if start else None
        depth = 1
        for brace in _BRACE.finditer(self._source, start.end(), start.end() + _LONGEST_ARGUMENT):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if not depth:
                return brace.end()
        return None

    def _skip(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._source, self._place)
        if found:
            self._place = found.end()
        return found

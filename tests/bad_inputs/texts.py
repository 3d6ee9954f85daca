"""Plain text and its relatives, as they should not be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

from ingest.readers.limits import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS
from ingest.readers.suffixes import MEDIA_TYPES
from tests.bad_inputs.bad_input import BadInput, Put, Read, Refused, by_chance, holding, text

FRENCH = "L'été dernier, nous avons visité la forêt où vivait un vieux château. Ça coûte très cher. "
JAPANESE = "去年の夏、私たちは古い森へ行きました。そこには小さな家がありました。"
CHINESE = "去年夏天我们去了一片古老的森林，那里有一座小房子。"
RUSSIAN = "Прошлым летом мы были в старом лесу, где жил один добрый сказочник. "
TRICKS = "\x1b]0;{}\x07 \x1b]52;c;cHdu\x07 \x1b]8;;file:///etc/passwd\x1b\\ \x1bP1$r\x1b\\ \x1b[2J \x9b2J "
MARKUP = "[red]{}[/] [/] [@click=app.quit]here[/] [link=file:///etc/passwd]there[/link]"


def _of_size(size: int) -> Put:
    """Make a file of nothing but a hole."""

    def put(path: Path, _word: str, _chance: Random) -> None:
        path.touch()
        os.truncate(path, size)

    return put


def _letters(word: str, chance: Random) -> bytes:
    return "".join(chance.choices("abcdefghij", k=200_000)).encode() + b" " + word.encode()


NO_JSON = "read as plain text: it is not valid JSON, or too deep"
NOTHING = tuple(
    BadInput(1, f"empty.{kind}", "an empty file, of any kind", holding(b""), Refused("empty file"))
    for kind in sorted(set(MEDIA_TYPES.values()))
)
LITTLE = (
    BadInput(2, "one byte.txt", "one byte", holding(b"q"), Read(finds="q")),
    BadInput(2, "mark.txt", "a byte order mark alone", holding(b"\xef\xbb\xbf"), Refused("no text in it")),
    BadInput(2, "white.md", "white space alone", holding(b" \t\r\n\n "), Refused("no text in it")),
    BadInput(
        2, "wide white.txt", "a no-break space alone", text("\xa0\u2003\u3000"), Refused("no text in it")
    ),
)
BYTES = (
    BadInput(
        3,
        "elf.md",
        "a program named .md",
        holding(b"\x7fELF\2\1\1" + bytes(range(32)) * 99),
        Refused("not a text file"),
    ),
    BadInput(
        3,
        "picture.html",
        "a picture named .html",
        by_chance(lambda _, chance: b"\x89PNG\r\n\x1a\n" + chance.randbytes(9_000)),
        Refused("not a text file"),
    ),
    BadInput(
        3,
        "noise.txt",
        "random bytes",
        by_chance(lambda _, chance: chance.randbytes(20_000)),
        Refused("not a text file"),
    ),
    BadInput(
        3,
        "letter.pdf",
        "plain text named .pdf",
        text("{} and more words"),
        Refused("not a PDF file, whatever its name says"),
    ),
    BadInput(
        3,
        "letter.docx",
        "plain text named .docx",
        text("{} and more words"),
        Refused("not a DOCX file, whatever its name says"),
    ),
    BadInput(
        3,
        "old.docx",
        "an older Office file named .docx",
        holding(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)),
        Refused("an older Office file"),
    ),
    BadInput(3, "page.epub", "a web page named .epub", text("<!doctype html><p>{}</p>"), Read()),
    BadInput(3, "rich.docx", "a rich text named .docx", text("{\\rtf1\\ansi {}}"), Read()),
    BadInput(
        4,
        "nuls.txt",
        "text with NULs in the middle",
        text("words " * 20 + "\0\0 {} after"),
        Read(notes=("characters that could not be read as utf-8: 2",)),
    ),
    BadInput(
        5,
        "utf-16-le-bom.txt",
        "UTF-16, with a byte order mark",
        text("\ufeffWords Größe {}\r\n", "utf-16-le"),
        Read(),
    ),
    BadInput(
        5,
        "utf-16-be-bom.txt",
        "UTF-16, with a byte order mark",
        text("\ufeffWords Größe {}\r\n", "utf-16-be"),
        Read(),
    ),
    BadInput(
        5, "utf-16-le.txt", "UTF-16, without one", text("Many words of Größe {}\r\n" * 5, "utf-16-le"), Read()
    ),
    BadInput(
        5, "utf-16-be.txt", "UTF-16, without one", text("Many words of Größe {}\r\n" * 5, "utf-16-be"), Read()
    ),
    BadInput(
        5, "utf-32.txt", "UTF-32, with and without one", text("\ufeffWords Größe {}\r\n", "utf-32-le"), Read()
    ),
    BadInput(
        5, "utf-32-be.txt", "UTF-32, with and without one", text("Many words {}\r\n" * 5, "utf-32-be"), Read()
    ),
    BadInput(
        5,
        "odd.txt",
        "UTF-16 that ends in half a character",
        holding("\ufeffspinnaker".encode("utf-16-le") + b"x"),
        Read(finds="spinnaker", notes=("characters that could not be read as utf-16-le: 1",)),
    ),
    BadInput(
        6,
        "invalid.txt",
        "UTF-8 with a bad byte",
        holding("Überall schöne Grüße, Gänseblümchen ".encode() * 20 + b"\xff"),
        Read(finds="Gänseblümchen", notes=("characters that could not be read as utf-8: 1",)),
    ),
    BadInput(
        6,
        "latin.txt",
        "Latin-1, Shift-JIS, GB 18030, KOI8-R, undeclared",
        text(FRENCH * 5 + "{}", "cp1252"),
        Read(finds="forêt"),
    ),
    BadInput(
        6,
        "shift-jis.txt",
        "Latin-1, Shift-JIS, GB 18030, KOI8-R, undeclared",
        text(JAPANESE * 5 + "{}", "cp932"),
        Read(finds="古い森"),
    ),
    BadInput(
        6,
        "gb.txt",
        "Latin-1, Shift-JIS, GB 18030, KOI8-R, undeclared",
        text(CHINESE * 5 + "{}", "gb18030"),
        Read(finds="小房子"),
    ),
    BadInput(
        6,
        "koi8.txt",
        "Latin-1, Shift-JIS, GB 18030, KOI8-R, undeclared",
        text(RUSSIAN * 5 + "{}", "koi8_r"),
        Read(finds="сказочник"),
    ),
    BadInput(7, "surrogate.json", "JSON with half a surrogate pair", text('{"a": "\\ud800 {}"}'), Read()),
    BadInput(
        7,
        "surrogate.txt",
        "half a surrogate pair in UTF-8, where none can be",
        holding(b"before \xed\xa0\x80 halyard " + b"and more words of it " * 9),
        Read(finds="halyard"),
    ),
)
SIZES = (
    BadInput(
        8,
        "large.txt",
        "a file beyond 100 MB",
        _of_size(MAX_FILE_BYTES + 1),
        Refused("too large (101 MB; limit 100 MB); split it into parts"),
    ),
    BadInput(
        8,
        "long.txt",
        "a text of more than 20 million characters",
        holding(b"words " * (MAX_TEXT_CHARACTERS // 6 + 1)),
        Refused("more than 20 million characters of text; split it into parts"),
    ),
    BadInput(8, "line.txt", "one line without spaces, 200,000 letters long", by_chance(_letters), Read()),
    BadInput(9, "lines.txt", "20,000 lines of one letter", text("a\n" * 20_000 + "{}"), Read()),
    BadInput(
        23,
        "hole.txt",
        "a hole of 1 TiB",
        _of_size(1 << 40),
        Refused("too large (1099512 MB; limit 100 MB); split it into parts"),
    ),
    BadInput(63, "one letter.txt", "one letter, 200,000 times", text("a" * 200_000 + " {}"), Read()),
    BadInput(63, "run.txt", "20,000 ideographs in a row", text("森" * 20_000 + " {}"), Read()),
)
SIGNS = (
    BadInput(10, "marks.txt", "100,000 marks on one letter", text("a" + "\u0301" * 100_000 + " {}"), Read()),
    BadInput(11, "emoji.txt", "chains of emoji", text("👩\u200d" * 5_000 + "👧 {}"), Read()),
    BadInput(
        11,
        "bidi.txt",
        "text that turns its direction around",
        text("\u202egpj.exe\u202c \u2066{}\u2069 שלום"),
        Read(),
    ),
    BadInput(
        12, "escape.txt", "text that tells a terminal what to do", text(TRICKS * 20 + "{} and words"), Read()
    ),
    BadInput(13, "markup.md", "text that tells a screen what to do", text(f"# {MARKUP}\n\n{MARKUP}"), Read()),
)
MARKED_UP = (
    BadInput(
        59,
        "quotes.md",
        "Markdown: quotes and lists 20,000 deep",
        text("> " * 20_000 + "{}\n" + "- " * 20_000),
        Read(),
    ),
    BadInput(
        59,
        "ticks.md",
        "Markdown: 100,000 backticks and brackets",
        text("`" * 100_000 + "\n{}\n" + "[" * 100_000),
        Read(),
    ),
    BadInput(
        59,
        "front.md",
        "Markdown: front matter that grows when it is unfolded",
        text("---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\n{}"),
        Read(),
    ),
    BadInput(
        60,
        "deep.json",
        "JSON nested 100,000 deep",
        text("[" * 100_000 + '"{}"' + "]" * 100_000),
        Read(notes=(NO_JSON,)),
    ),
    BadInput(
        60, "broken.json", "JSON that breaks off", text('{"a": "{}", "b": [1, 2'), Read(notes=(NO_JSON,))
    ),
    BadInput(
        60,
        "number.json",
        "JSON: a number of 10,000 digits",
        text('{"a": "{}", "b": ' + "9" * 10_000 + "}"),
        Read(notes=("values that are bytes, not words, and were not read: 1",)),
    ),
    BadInput(
        60,
        "lines.jsonl",
        "JSON lines of which some are broken",
        text('{"a": 1\n{"a": "{}"}\n]]]\n'),
        Read(notes=("lines read as plain text, since they are not valid JSON: 2",)),
    ),
    BadInput(
        60,
        "quoted.csv",
        "CSV: a quotation mark that nothing closes",
        text('a,b\n1,"{}\n' + "2,3\n" * 1_999),
        Read(notes=("the quotation marks do not match; they were read as text",)),
    ),
    BadInput(60, "cells.csv", "CSV: a row of 20,000 cells", text("{}" + ",x" * 20_000), Read()),
    BadInput(
        60,
        "notebook.ipynb",
        "a notebook whose cells are something else",
        text(json.dumps({"cells": [1, None, {"source": {"a": "{}"}}]})),
        Refused("no text in it"),
    ),
)

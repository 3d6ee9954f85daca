"""PDF files that are damaged by chance or by intent."""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence
from random import Random

import pypdf

from tests.bad_inputs.bad_input import BadInput, Put, Read, ReadOrRefused, Refused, by_chance, saying

BROKEN = "broken PDF: its structure cannot be read"
TEXTLESS = "no text on its page (a scan? Tesseract would recognise it)"
FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {} 0 R/Resources<</Font<</F 3 0 R>>>>>>"
CATALOG, PAGES, LETTERS, ONLY_PAGE, CONTENTS = range(5)
"""Where these stand in the list of objects."""


def stream(content: bytes, entries: str = "") -> bytes:
    """Write a stream object."""
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries.encode(), len(content), content)


def shown(words: str) -> bytes:
    """Write the content of a page that says something."""
    return f"BT /F 12 Tf 50 700 Td ({words}) Tj ET".encode()


def objects(word: str) -> list[bytes]:
    """List the objects of a document of one page: catalog, pages, font, page, its content."""
    return [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        FONT.encode(),
        PAGE.format(5).encode(),
        stream(shown(word)),
    ]


def pdf(parts: Sequence[bytes], trailer: str = "", *, size: int | None = None) -> bytes:
    """Write a file."""
    content = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(parts, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    tail = (
        f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<</Size {size or len(parts) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(content)}\n%%EOF\n"
    )
    return bytes(content) + tail.encode()


def changed(objects_by_place: Mapping[int, bytes | str], *more: bytes) -> Put:
    """Write a file with other objects at some places, in which `{}` stands for the word, and more behind."""

    def content(word: str) -> bytes:
        parts = objects(word)
        for place, body in objects_by_place.items():
            written = body if isinstance(body, bytes) else body.encode()
            parts[place] = written.replace(b"{}", word.encode())
        return pdf([*parts, *more])

    return saying(content)


def replaced(old: str, new: str) -> Put:
    """Write a file in which one thing is said differently."""
    return saying(lambda word: pdf(objects(word)).replace(old.encode(), new.encode()))


def _cut(word: str, chance: Random) -> bytes:
    data = pdf(objects(word))
    return data[: chance.randrange(len(data) // 2, len(data))]


def _edited(word: str, chance: Random) -> bytes:
    data = bytearray(pdf(objects(word)))
    for _ in range(4):
        data[chance.randrange(9, len(data))] = chance.randrange(256)
    return bytes(data)


def _many_pages(word: str) -> bytes:
    parts = objects(word)
    parts[1] = b"<</Type/Pages/Count 1000/Kids[%s]>>" % (b"4 0 R " * 1_000)
    return pdf(parts)


def _locked(word: str, password: str) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(pdf(objects(word))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


def _bomb(times: int, size: int) -> bytes:
    """Pack spaces several times over."""
    content = b" " * size
    for _ in range(times):
        content = zlib.compress(content, 9)
    return stream(content, f"/Filter[{'/FlateDecode' * times}]")


def _previous(word: str) -> bytes:
    data = pdf(objects(word), "/Prev 0000000000")
    return data.replace(b"/Prev 0000000000", b"/Prev %010d" % data.index(b"xref\n0"))


def _wide_table(word: str) -> bytes:
    """List the objects in a stream that promises two thousand million of them."""
    data = pdf(objects(word)).partition(b"xref")[0]
    promise = f"/Type/XRef/Root 1 0 R/Size {MANY}/Index[0 {MANY}]/W[1 8 8]"
    return data + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (stream(b"\1" * 17, promise), len(data))


MANY = 2**31 - 1
FORM = stream(b"/X Do", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>")
UNICODE = (
    b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange\n"
    b"1 beginbfrange <01> <01> <d800> endbfrange endcmap end"
)
MEANINGS = UNICODE.replace(b"endbfrange", b"<02> <02> <d800>\n" * 100_000 + b"endbfrange")
LOOP = "PDF whose parts hold themselves"
NUMBERS = "PDF with impossible numbers"
SOMEHOW = ReadOrRefused((BROKEN, TEXTLESS))

DAMAGED = (
    *(
        BadInput(28, f"cut {number}.pdf", "PDF that breaks off", by_chance(_cut), SOMEHOW)
        for number in range(12)
    ),
    *(
        BadInput(
            29, f"edited {number}.pdf", "PDF in which four bytes are others", by_chance(_edited), SOMEHOW
        )
        for number in range(12)
    ),
    *(
        BadInput(29, f"number {number}.pdf", NUMBERS, replaced("/Count 1", f"/Count {number}"), Read())
        for number in (-1, 2**31, 2**63)
    ),
    *(
        BadInput(32, f"length {number}.pdf", NUMBERS, replaced("/Length ", f"/Length {number}/L "), Read())
        for number in (-1, 2**31, 2**63)
    ),
)
LOOPS = (
    BadInput(30, "pages.pdf", LOOP, changed({PAGES: "<</Type/Pages/Count 1/Kids[2 0 R 4 0 R]>>"}), Read()),
    BadInput(
        30, "parents.pdf", LOOP, changed({PAGES: "<</Type/Pages/Parent 2 0 R/Count 1/Kids[4 0 R]>>"}), Read()
    ),
    BadInput(
        30,
        "outlines.pdf",
        LOOP,
        changed(
            {CATALOG: "<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>"},
            b"<</First 6 0 R/Next 6 0 R/Last 6 0 R>>",
        ),
        Read(),
    ),
    BadInput(
        30,
        "forms.pdf",
        LOOP,
        changed(
            {
                ONLY_PAGE: PAGE.format(5).replace("/Font", "/XObject<</X 6 0 R>>/Font", 1),
                CONTENTS: stream(shown("{}") + b"/X Do"),
            },
            FORM,
        ),
        Read(),
    ),
    BadInput(30, "previous.pdf", "PDF whose tables name themselves", saying(_previous), Read()),
)
BOMBS = (
    BadInput(
        31,
        "flate.pdf",
        "PDF that inflates to 30 MB, once and thrice packed",
        changed({CONTENTS: _bomb(1, 30_000_000)}),
        Refused(TEXTLESS),
    ),
    BadInput(
        31,
        "thrice.pdf",
        "PDF that inflates to 30 MB, once and thrice packed",
        changed({CONTENTS: _bomb(3, 30_000_000)}),
        Refused(TEXTLESS),
    ),
    BadInput(
        31,
        "runs.pdf",
        "PDF that unrolls to 30 MB",
        changed({CONTENTS: stream(b"\x81 " * 234_000, "/Filter/RunLengthDecode")}),
        Refused(TEXTLESS),
    ),
    BadInput(32, "table.pdf", "PDF whose table promises 2,147,483,647 objects", saying(_wide_table), Read()),
    BadInput(
        32,
        "store.pdf",
        "PDF with a store of 2,147,483,647 objects",
        changed({}, stream(b"1 0 ", f"/Type/ObjStm/N {MANY}/First 4")),
        Read(),
    ),
    BadInput(
        33,
        "meanings.pdf",
        "PDF with 100,000 meanings of letters",
        changed({LETTERS: FONT[:-2] + "/ToUnicode 6 0 R>>"}, stream(MEANINGS)),
        Read(),
    ),
    BadInput(32, "size.pdf", NUMBERS, saying(lambda word: pdf(objects(word), size=MANY)), Read()),
    BadInput(
        7,
        "unicode.pdf",
        "PDF with a letter that means half a surrogate pair",
        changed(
            {LETTERS: FONT[:-2] + "/ToUnicode 6 0 R>>", CONTENTS: stream(shown("\\001 {}"))}, stream(UNICODE)
        ),
        Read(),
    ),
    BadInput(
        33,
        "widths.pdf",
        "PDF with 300,000 widths",
        changed({LETTERS: FONT[:-2] + "/FirstChar 0/LastChar 299999/Widths[" + "600 " * 300_000 + "]>>"}),
        Read(),
    ),
    BadInput(37, "pages many.pdf", "PDF with 1,000 pages", saying(_many_pages), Read()),
    BadInput(
        37,
        "operators.pdf",
        "PDF with a page of 300,000 operators",
        changed({CONTENTS: stream(b"BT /F 12 Tf 50 700 Td ({}) Tj ET " + b"0 0 m " * 300_000)}),
        Read(),
    ),
)
LOCKS = (
    BadInput(
        34, "open.pdf", "PDF locked with an empty password", saying(lambda word: _locked(word, "")), Read()
    ),
    BadInput(
        34,
        "locked.pdf",
        "PDF locked with a password",
        saying(lambda word: _locked(word, "secret")),
        Refused("encrypted"),
    ),
)
REST = (
    BadInput(
        35,
        "metadata.pdf",
        "PDF with entities in its metadata",
        changed(
            {CATALOG: "<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R>>"},
            stream(b"<!DOCTYPE a [<!ENTITY a 'ha'>]><a>&a;</a>" * 9_999, "/Type/Metadata/Subtype/XML"),
        ),
        Read(),
    ),
    BadInput(
        36,
        "scan.pdf",
        "PDF with a picture alone",
        changed({CONTENTS: stream(b"q 600 0 0 800 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x00 EI Q")}),
        Refused(TEXTLESS),
    ),
    BadInput(
        38,
        "junk.pdf",
        "PDF behind something else, without an end, twice",
        saying(lambda word: b"junk\n" * 40 + pdf(objects(word))),
        Read(),
    ),
    BadInput(
        38,
        "endless.pdf",
        "PDF behind something else, without an end, twice",
        saying(lambda word: pdf(objects(word)).partition(b"startxref")[0]),
        Read(),
    ),
    BadInput(
        38,
        "glued.pdf",
        "PDF behind something else, without an end, twice",
        saying(lambda word: pdf(objects("first")) + pdf(objects(word))),
        Read(),
    ),
    BadInput(
        38, "page.pdf", "a web page named .pdf", saying(lambda word: f"<html><p>{word}".encode()), Read()
    ),
    BadInput(
        39,
        "actions.pdf",
        "PDF with scripts, programs to start and addresses",
        changed(
            {
                CATALOG: "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AA<</O<</S/Launch/F(reboot)>>>>/URI<</Base(http://example.org/)>>>>"
            }
        ),
        Read(),
    ),
)

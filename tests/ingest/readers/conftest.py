"""The same few words in many scripts, as a file of every kind; made by hand or by the standard library."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP

SCRIPTS = {
    "Latin": "Zażółć gęślą jaźń",
    "Cyrillic": "Съешь ещё этих булок",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα",
    "Arabic": "صفحة من الكتاب",
    "Hebrew": "דג סקרן שט בים",
    "Devanagari": "नमस्ते दुनिया",
    "Thai": "สวัสดีชาวโลก",
    "CJK": "你好，世界",
}

_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns:"


def zipped(entries: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def related(*parts: tuple[str, str]) -> str:
    """Write a list of relationships: kind and target of each; they are called r0, r1 and so on."""
    items = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts)
    )
    return f'<Relationships xmlns="{_RELATIONSHIPS}">{items}</Relationships>'


def shape(*paragraphs: str, placeholder: str = "") -> str:
    kind = f'<p:nvSpPr><p:nvPr><p:ph type="{placeholder}"/></p:nvPr></p:nvSpPr>' if placeholder else ""
    words = "".join(f"<a:p><a:r><a:t>{paragraph}</a:t></a:r></a:p>" for paragraph in paragraphs)
    return f"<p:sp>{kind}<p:txBody>{words}</p:txBody></p:sp>"


def slide(content: str) -> str:
    spaces = f'xmlns:p="p" xmlns:a="{_DRAWING}" xmlns:c="c" xmlns:dgm="dgm"'
    return f"<p:sld {spaces}><p:spTree>{content}</p:spTree></p:sld>"


def pptx(slides: Sequence[str], parts: Mapping[str, str] | None = None) -> bytes:
    """Make a presentation of the shapes on each slide, and of further parts."""
    references = "".join(f'<p:sldId id="{256 + number}" r:id="r{number}"/>' for number in range(len(slides)))
    spaces = f'xmlns:p="p" xmlns:r="{_OFFICE}"'
    return zipped(
        {
            "ppt/presentation.xml": f"<p:presentation {spaces}>{references}</p:presentation>",
            "ppt/_rels/presentation.xml.rels": related(
                *(("slide", f"slides/slide{number}.xml") for number in range(len(slides)))
            ),
            **{f"ppt/slides/slide{number}.xml": slide(content) for number, content in enumerate(slides)},
            **(parts or {}),
        }
    )


def cell(place: str, value: str = "", kind: str = "str", *, style: int = 0, formula: str = "") -> str:
    return f'<c r="{place}" t="{kind}" s="{style}">{f"<f>{formula}</f>" if formula else ""}<v>{value}</v></c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def xlsx(sheets: Mapping[str, str], parts: Mapping[str, str] | None = None, *, properties: str = "") -> bytes:
    """Make a workbook of the rows of each sheet, and of further parts."""
    references = "".join(
        f'<sheet name="{name}" sheetId="{number + 1}" r:id="r{number}"/>'
        for number, name in enumerate(sheets)
    )
    return zipped(
        {
            "xl/workbook.xml": (
                f'<workbook xmlns="x" xmlns:r="{_OFFICE}">{properties}{references}</workbook>'
            ),
            "xl/_rels/workbook.xml.rels": related(
                *(("worksheet", f"worksheets/sheet{number}.xml") for number in range(len(sheets)))
            ),
            **{
                f"xl/worksheets/sheet{number}.xml": f'<worksheet xmlns="x">{rows}</worksheet>'
                for number, rows in enumerate(sheets.values())
            },
            **(parts or {}),
        }
    )


def odf(kind: str, body: str, *, title: str = "", parts: Mapping[str, str] | None = None) -> bytes:
    """Make an OpenDocument file of `kind`: text, spreadsheet or presentation."""
    spaces = " ".join(
        f'xmlns:{name}="{_OPEN_DOCUMENT}{name}:1.0"'
        for name in ("office", "text", "table", "draw", "presentation", "meta", "manifest")
    )
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": (
                f"<office:document-content {spaces}><office:body><office:{kind}>{body}</office:{kind}>"
                "</office:body></office:document-content>"
            ),
            "meta.xml": f"<office:meta {spaces} xmlns:dc='dc'><dc:title>{title}</dc:title></office:meta>",
            "META-INF/manifest.xml": f"<manifest:manifest {spaces}/>",
            **(parts or {}),
        }
    )


def rtf(body: str) -> bytes:
    """Make a Rich Text file; what is not ASCII is written as its UTF-16 units."""
    units = memoryview(body.encode("utf-16-le")).cast("H")
    return (
        b"{\\rtf1\\ansi "
        + "".join(
            chr(unit) if unit < 128 else f"\\u{unit - 65536 if unit > 32767 else unit}?" for unit in units
        ).encode("ascii")
        + b"}"
    )


def samples() -> dict[str, bytes]:
    """Write a file of each kind that says what `SCRIPTS` does."""
    lines = list(SCRIPTS.values())
    text = "\n\n".join(lines)
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["From"] = "Words", "Ada <ada@example.org>"
    message.set_content(text)
    table = io.StringIO()
    csv.writer(table).writerows([("Script", "Words"), *SCRIPTS.items()])
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in lines)
    cells = (cell(f"A{number}", line) for number, line in enumerate(lines, 1))
    cue = "\n\n".join(
        f"{number}\n00:00:0{number},000 --> 00:00:0{number},900\n{line}" for number, line in enumerate(lines)
    )
    return {
        "a.txt": text.encode(),
        "a.md": f"# Words\n\n{text}".encode(),
        "a.rst": f"Words\n=====\n\n{text}".encode(),
        "a.html": f"<h1>Words</h1><p>{text}".encode(),
        "a.pptx": pptx([shape(*lines)]),
        "a.xlsx": xlsx({"Words": "".join(row(number, cell) for number, cell in enumerate(cells, 1))}),
        "a.odt": odf("text", paragraphs),
        "a.odp": odf("presentation", f"<draw:page><draw:frame>{paragraphs}</draw:frame></draw:page>"),
        "a.ods": odf("spreadsheet", _sheet(lines)),
        "a.rtf": rtf("\\par ".join(lines)),
        "a.csv": table.getvalue().encode(),
        "a.tsv": table.getvalue().replace(",", "\t").encode(),
        "a.json": json.dumps(SCRIPTS).encode(),
        "a.jsonl": "\n".join(json.dumps({"words": line}) for line in lines).encode(),
        "a.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": lines}]}).encode(),
        "a.srt": cue.encode(),
        "a.vtt": f"WEBVTT\n\n{cue.replace(',', '.')}".encode(),
        "a.po": "\n\n".join(f'msgid "{name}"\nmsgstr "{line}"' for name, line in SCRIPTS.items()).encode(),
        "a.tex": f"\\begin{{document}}\\section{{Words}}{text}\\end{{document}}".encode(),
        "a.eml": message.as_bytes(),
        "a.mbox": b"From ada@example.org Mon Jan  1 00:00:00 2024\n" + message.as_bytes(),
        "a.zip": zipped({"words.txt": text}),
    }


def _sheet(lines: Iterable[str]) -> str:
    rows = "".join(
        f"<table:table-row><table:table-cell><text:p>{line}</text:p></table:table-cell></table:table-row>"
        for line in lines
    )
    return f'<table:table table:name="Words">{rows}</table:table>'

"""Word documents."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.docx import read_docx

MakeDocx = Callable[..., bytes]
STYLES = (
    '<w:style w:styleId="Ueb1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="Ueb1"/></w:style>'
    '<w:style w:styleId="Deep"><w:name w:val="Deep"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>'
    '<w:style w:styleId="A"><w:name w:val="A"/><w:basedOn w:val="B"/></w:style>'
    '<w:style w:styleId="B"><w:name w:val="B"/><w:basedOn w:val="A"/></w:style>'
)


def _p(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_paragraphs_tabs_and_breaks(make_docx: MakeDocx) -> None:
    runs = "<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r>"
    assert read_docx(make_docx(f"<w:p>{runs}</w:p>" + _p("Zweiter"))).text == "a b\nc-d\n\nZweiter"


def test_headings_come_from_styles_by_name_outline_or_parent(make_docx: MakeDocx) -> None:
    body = _p("One", "Ueb1") + _p("text") + _p("Two", "Mine") + _p("Three", "Deep") + _p("no", "A")
    parsed = read_docx(make_docx(body, styles=STYLES))
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "One"), (1, "Two"), (3, "Three")]
    assert [parsed.text[item.start : item.end] for item in parsed.headings] == ["One", "Two", "Three"]
    assert parsed.title == "One"


def test_tables_are_rows_of_cells(make_docx: MakeDocx) -> None:
    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(f"<w:tc>{_p(cell)}</w:tc>" for cell in cells) + "</w:tr>"

    table = f"<w:tbl>{row('Year', 'Cost')}{row('2024', '7')}</w:tbl>"
    assert read_docx(make_docx(_p("Before") + table + _p("After"))).text == (
        "Before\n\nYear\tCost\n2024\t7\n\nAfter"
    )


def test_deleted_text_stays_out_and_notes_come_last(make_docx: MakeDocx) -> None:
    body = _p("Kept") + "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>" + _p("too")
    data = make_docx(body, parts={"word/footnotes.xml": _p("A note."), "word/comments.xml": _p("hush")})
    assert read_docx(data).text == "Kept\n\ntoo\n\nA note."


def test_a_text_box_is_read_once(make_docx: MakeDocx) -> None:
    box = "<w:txbxContent>" + _p("boxed") + "</w:txbxContent>"
    body = f"<w:p><w:r><w:Choice>{box}</w:Choice><w:Fallback>{box}</w:Fallback></w:r></w:p>"
    assert read_docx(make_docx(body)).text == "boxed"


def test_a_document_without_text_is_refused(make_docx: MakeDocx) -> None:
    with pytest.raises(UnreadableFile, match=r"^no text in it$"):
        read_docx(make_docx("<w:p/>" * 1000))

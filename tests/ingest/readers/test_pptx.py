"""PowerPoint presentations."""

from __future__ import annotations

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.pptx import read_pptx
from tests.ingest.readers.conftest import pptx, related, shape, slide


def test_slides_are_pages_with_titles_and_notes() -> None:
    notes = slide(shape("2", placeholder="sldNum") + shape("Sag es langsam.", placeholder="body"))
    data = pptx(
        [
            shape("Der Anfang", placeholder="ctrTitle") + shape("Eins", "Zwei"),
            "",
            shape("Ende", placeholder="title") + shape("3", placeholder="sldNum"),
        ],
        {
            "ppt/slides/_rels/slide0.xml.rels": related(("notesSlide", "../notesSlides/notes.xml")),
            "ppt/notesSlides/notes.xml": notes,
        },
    )
    parsed = read_pptx(data)
    assert parsed.text == "Der Anfang\n\nEins\nZwei\n\nSag es langsam.\n\nEnde"
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "Der Anfang"), (1, "Ende")]
    assert parsed.pages == (0, 40, 40)
    assert parsed.title == "Der Anfang"
    assert parsed.notes == ("slide 2 has no text",)


def test_tables_are_rows_of_cells() -> None:
    def row(*cells: str) -> str:
        return "<a:tr>" + "".join(f"<a:tc><a:p><a:t>{cell}</a:t></a:p></a:tc>" for cell in cells) + "</a:tr>"

    table = f"<a:tbl>{row('Year', 'Cost')}{row('2024', '7')}</a:tbl>"
    assert read_pptx(pptx([shape("Before") + table])).text == "Before\n\nYear\tCost\n2024\t7"


def test_diagrams_and_charts_are_read_by_their_words() -> None:
    names = "<c:strCache><c:pt><c:v>Ost</c:v></c:pt><c:pt><c:v>West</c:v></c:pt></c:strCache>"
    title = "<a:p><a:r><a:t>Umsatz </a:t></a:r><a:r><a:t>2024</a:t></a:r></a:p>"
    data = pptx(
        [shape("Here")],
        {
            "ppt/slides/_rels/slide0.xml.rels": related(
                ("chart", "../charts/c.xml"), ("diagramData", "/ppt/d.xml"), ("diagramData", "missing.xml")
            ),
            "ppt/charts/c.xml": slide(title + names + names + "<c:numCache><c:v>7</c:v></c:numCache>"),
            "ppt/d.xml": slide("<dgm:t><a:p><a:t>Kreis</a:t></a:p></dgm:t>"),
        },
    )
    assert read_pptx(data).text == "Here\n\nUmsatz 2024\nOst\nWest\n\nKreis"


def test_what_says_the_same_again_stays_out() -> None:
    number = '<p:sp><a:p><a:fld type="slidenum"><a:t>12</a:t></a:fld></a:p></p:sp>'
    choice = f"<Choice>{shape('once')}</Choice><Fallback>{shape('once')}</Fallback>"
    assert read_pptx(pptx([number + choice])).text == "once"


def test_a_missing_slide_is_noted() -> None:
    data = pptx(
        [shape("Here"), shape("")],
        {"ppt/_rels/presentation.xml.rels": related(("slide", "slides/slide0.xml"))},
    )
    assert read_pptx(data).notes == ("slide 2 is missing",)


def test_a_presentation_without_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^no text in it$"):
        read_pptx(pptx(["", ""]))

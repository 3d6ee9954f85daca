"""Excel workbooks."""

from __future__ import annotations

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.xlsx import read_xlsx
from tests.ingest.readers.conftest import cell, related, row, shape, slide, xlsx

STYLES = (
    '<styleSheet xmlns="x"><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="#,##0 &quot;Std&quot;"/><numFmt numFmtId="166" formatCode="[h]:mm"/>'
    '</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    '<xf numFmtId="166"/></cellXfs></styleSheet>'
)


def _text(rows: str, parts: dict[str, str] | None = None, *, properties: str = "") -> str:
    return read_xlsx(xlsx({"S": rows}, parts, properties=properties)).text.removeprefix("S\n\n")


def test_rows_stand_below_the_names_of_their_columns() -> None:
    people = (
        row(1, cell("A1", "Bericht"))
        + row(3, cell("A3", "Имя:"), cell("B3", "Город"))
        + row(4, cell("A4", "Ада"), cell("B4", "Лондон"))
        + row(9, cell("B9", "Łódź"), cell("C9", "5", "n"))
    )
    parsed = read_xlsx(xlsx({"Люди": people, "空": "", "東京": row(1, cell("A1", "日本"))}))
    assert parsed.text == (
        "Люди\n\nBericht\n\nИмя:; Город\nИмя: Ада; Город: Лондон\n\nГород: Łódź; 5\n\n空\n\n東京\n\n日本"
    )
    assert [heading.title for heading in parsed.headings] == ["Люди", "空", "東京"]


def test_strings_are_looked_up_without_the_readings_above_them() -> None:
    strings = (
        '<sst xmlns="x"><si><t>plain</t></si><si><r><t>ri</t></r><r><t>ch</t></r></si>'
        "<si><t>東京</t><rPh><t>トウキョウ</t></rPh></si></sst>"
    )
    cells = (cell(f"{column}1", value, "s") for column, value in zip("ABCD", "0129", strict=True))
    assert _text(row(1, *cells), {"xl/sharedStrings.xml": strings}) == "plain; rich; 東京"


@pytest.mark.parametrize(
    ("value", "style", "shown"),
    [
        ("45413", 1, "2024-05-01"),
        ("45413.5625", 2, "2024-05-01 13:30:00"),
        ("0.34375", 2, "08:15:00"),
        ("59", 1, "1900-02-28"),
        ("61", 1, "1900-03-01"),
        ("45413", 3, "45413"),
        ("1.5", 4, "1.5"),
        ("-3", 1, "-3"),
        ("0.30000000000000004", 0, "0.3"),
        ("12345678901234567890", 0, "1.23456789012346e+19"),
        ("none", 1, "none"),
    ],
)
def test_numbers_and_dates(value: str, style: int, shown: str) -> None:
    assert _text(row(1, cell("A1", value, "n", style=style)), {"xl/styles.xml": STYLES}) == shown


def test_workbooks_that_count_from_1904() -> None:
    rows = row(1, cell("A1", "43951", "n", style=1))
    assert _text(rows, {"xl/styles.xml": STYLES}, properties='<workbookPr date1904="1"/>') == "2024-05-01"


def test_other_kinds_of_cells() -> None:
    inline = '<c r="A1" t="inlineStr"><is><t>inline</t></is></c>'
    assert _text(row(1, inline, cell("B1", "1", "b"), cell("C1", "#N/A", "e"))) == "inline; TRUE; #N/A"


def test_a_formula_is_its_value_or_a_note() -> None:
    rows = row(1, cell("A1", "7", "n", formula="3+4"), cell("B1", "", "n", formula="A1*2"))
    parsed = read_xlsx(xlsx({"S": rows}))
    assert parsed.text == "S\n\n7"
    assert parsed.notes == ("formulas without a stored value: 1",)


def test_text_boxes_and_charts_are_read() -> None:
    parts = {
        "xl/worksheets/_rels/sheet0.xml.rels": related(("drawing", "../drawings/d.xml")),
        "xl/drawings/d.xml": slide(shape("A box")),
        "xl/drawings/_rels/d.xml.rels": related(("chart", "../charts/c.xml"), ("drawing", "d.xml")),
        "xl/charts/c.xml": slide("<a:p><a:t>A chart</a:t></a:p>"),
    }
    assert _text("", parts) == "A box\n\nA chart"


def test_a_workbook_without_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^no text in it$"):
        read_xlsx(xlsx({"Sheet1": "", "Sheet2": row(1)}))


def test_a_sheet_with_a_document_type_is_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb">]><worksheet xmlns="x"><row><c><v>&b;</v></c></row></worksheet>'
    with pytest.raises(UnreadableFile, match="document type declaration"):
        _text("", {"xl/worksheets/sheet0.xml": bomb})

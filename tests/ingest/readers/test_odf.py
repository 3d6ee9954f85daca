"""OpenDocument texts, spreadsheets and presentations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.odf import read_odp, read_ods, read_odt
from ingest.readers.parsed_document import ParsedDocument
from tests.ingest.readers.conftest import odf


def _text(body: str) -> str:
    return read_odt(odf("text", body)).text


def test_headings_paragraphs_and_lists() -> None:
    body = (
        '<text:h text:outline-level="1">Eins</text:h><text:p>Ein <text:span>ganz</text:span>'
        '<text:s text:c="9999"/>'
        "kurzer<!-- x --> Absatz,<text:line-break/>zwei Zeilen.</text:p>"
        '<text:h text:outline-level="2">Zwei</text:h><text:list>'
        "<text:list-item><text:p>a</text:p></text:list-item>"
        "<text:list-item><text:p>b</text:p></text:list-item></text:list><text:p>Ende</text:p>"
    )
    parsed = read_odt(odf("text", body, title=" Ein  Titel "))
    assert parsed.text == "Eins\n\nEin ganz kurzer Absatz,\nzwei Zeilen.\n\nZwei\n\na\nb\n\nEnde"
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "Eins"), (2, "Zwei")]
    assert parsed.title == "Ein Titel"


def test_tables_are_rows_of_cells() -> None:
    def row(*cells: str) -> str:
        content = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row>{content}</table:table-row>"

    table = f"<table:table>{row('Jahr', 'Wert')}{row('2024', '7')}</table:table>"
    assert _text(f"<text:p>Vor</text:p>{table}<text:p>Nach</text:p>") == "Vor\n\nJahr\tWert\n2024\t7\n\nNach"


def test_footnotes_come_last_and_what_is_no_text_stays_out() -> None:
    note = (
        "<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>Note.</text:p></text:note-body></text:note>"
    )
    deleted = "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
    comment = "<office:annotation><text:p>hush</text:p></office:annotation>"
    contents = "<text:table-of-content><text:p>Eins 1</text:p></text:table-of-content>"
    body = f"{deleted}{contents}<text:p>Text{note} goes{comment} on.</text:p><text:p>More.</text:p>"
    assert _text(body) == "Text goes on.\n\nMore.\n\nNote."


def test_slides_are_pages_with_titles_and_notes() -> None:
    def frame(text: str, role: str = "outline") -> str:
        box = f"<draw:text-box><text:p>{text}</text:p></draw:text-box>"
        return f'<draw:frame presentation:class="{role}">{box}</draw:frame>'

    notes = f"<presentation:notes>{frame('Langsam.')}</presentation:notes>"
    body = (
        f"<draw:page>{frame('Anfang', 'title')}{frame('Eins')}{frame('7', 'page-number')}{notes}</draw:page>"
        f"<draw:page/><draw:page>{frame('Ende', 'title')}</draw:page>"
    )
    parsed = read_odp(odf("presentation", body))
    assert parsed.text == "Anfang\n\nEins\n\nLangsam.\n\nEnde"
    assert [heading.title for heading in parsed.headings] == ["Anfang", "Ende"]
    assert parsed.pages == (0, 24, 24)
    assert parsed.notes == ("slide 2 has no text",)


def test_sheets_are_rows_below_the_names_of_their_columns() -> None:
    def cell(text: str, more: str = "") -> str:
        return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"

    rows = (
        f"<table:table-row>{cell('Name')}{cell('Ort')}</table:table-row>"
        f"<table:table-row><table:table-cell/>{cell('<text:span>Ł</text:span>ódź')}"
        '<table:table-cell table:number-columns-repeated="999999999"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell/></table:table-row>'
    )
    parsed = read_ods(odf("spreadsheet", f'<table:table table:name="Leute">{rows}</table:table>'))
    assert parsed.text == "Leute\n\nName; Ort\nOrt: Łódź"
    assert [heading.title for heading in parsed.headings] == ["Leute"]


def test_a_cell_that_is_repeated_without_end_is_not() -> None:
    cell = '<table:table-cell table:number-columns-repeated="999999999"><text:p>x</text:p></table:table-cell>'
    body = f"<table:table><table:table-row>{cell}</table:table-row></table:table>"
    assert read_ods(odf("spreadsheet", body)).text.count("x") == 16_384


def test_what_is_embedded_is_noted() -> None:
    data = odf(
        "text", "<text:p>x</text:p>", parts={"Object 1/content.xml": "<a/>", "Object 1/meta.xml": "<a/>"}
    )
    assert read_odt(data).notes == ("charts, formulas and the like that were not read: 1",)


def test_an_encrypted_document_is_refused() -> None:
    manifest = "<m><file-entry><encryption-data/></file-entry></m>"
    with pytest.raises(UnreadableFile, match=r"^encrypted$"):
        read_odt(odf("text", "", parts={"META-INF/manifest.xml": manifest}))


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (read_odt, odf("text", "<text:p> </text:p>")),
        (read_ods, odf("spreadsheet", '<table:table table:name="S"/>')),
    ],
    ids=["odt", "ods"],
)
def test_a_document_without_text_is_refused(read: Callable[[bytes], ParsedDocument], data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"^no text in it$"):
        read(data)

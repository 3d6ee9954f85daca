"""Rich Text files."""

from __future__ import annotations

import time

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.rtf import read_rtf

STYLES = r"{\stylesheet{\s1\outlinelevel1 Titre;}{\s2 heading 3;}{\s3 Normal;}}"
FONTS = (
    r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Cyr;}{\f2\fcharset128 Mincho;}{\f3\fcharset178 Arab;}}"
)


def _text(body: str) -> str:
    return read_rtf(f"{{\\rtf1\\ansi\\ansicpg1252 {FONTS}{STYLES}{body}}}".encode("latin-1")).text


def test_paragraphs_lines_and_signs() -> None:
    body = r"One\~two\line three \endash\ldblquote four\rdblquote\par\pard \{five\}\tab six\'e9\_seven\-\par"
    assert _text(body) == "One\xa0two\nthree –“four”\n\n{five} sixé-seven"


def test_bytes_are_read_in_the_encoding_of_their_font() -> None:
    body = r"\f1\'cf\'f0\'e8\f0\'e9 {\f2\'93\'fa\'96{\'7b}} {\f2\'93\'fa\'96\'7b} {\f3\'d3\'e1\'c7\'e3}"
    assert _text(body).startswith("Приé 日")
    assert _text(body).endswith("日本 سلام")


def test_unicode_with_and_without_something_for_older_readers() -> None:
    assert _text(r"\u26085?\u26412\'3f{\uc2\u2350 ??}{\uc0\u-10179\u-8704}\u223 ?e") == "日本म😀ße"


def test_headings_come_from_styles_and_outline_levels() -> None:
    body = (
        r"\pard\s1 Eins\par\pard\s3 Text\par\pard\s2 Drei\par\pard\plain\outlinelevel0 Null\par\pard Ende\par"
    )
    parsed = read_rtf(f"{{\\rtf1 {STYLES}{body}}}".encode())
    assert parsed.text == "Eins\n\nText\n\nDrei\n\nNull\n\nEnde"
    assert [(item.level, item.title) for item in parsed.headings] == [(2, "Eins"), (3, "Drei"), (1, "Null")]
    assert parsed.title == "Eins"


def test_tables_are_rows_of_cells() -> None:
    rows = r"\trowd\intbl Year\cell Cost\cell\row\trowd\intbl 2024\par more\cell 7\cell\row"
    body = rf"Before\par{rows}\pard After\par"
    assert _text(body) == "Before\n\nYear\tCost\n2024 more\t7\n\nAfter"


def test_footnotes_come_last_and_what_is_no_text_stays_out() -> None:
    body = (
        r"{\info{\title hush}}{\header hush\par}{\*\unknown hush}{\pict\bin4 }{\x}"
        r"Text{\footnote\pard A note.} goes"
        r"{\v hush} on{\deleted hush}.{\field{\*\fldinst HYPERLINK hush}{\fldrslt  Link}}\par"
    )
    assert _text(body) == "Text goes on. Link\n\nA note."


def test_a_file_that_ends_too_early_is_read_so_far() -> None:
    parsed = read_rtf(rb"{\rtf1 Half a sen")
    assert parsed.text == "Half a sen"
    assert parsed.notes == ("the file ends too early",)


@pytest.mark.parametrize(
    "attack",
    [
        '{\\field{\\*\\fldinst{HYPERLINK "' * 3_000,
        "\\" * 300_000,
        "\\'e9" * 50_000,
        "}" * 300_000,
        "\\u99999999 " * 20_000,
        "\\bin999999999 ",
        "\\ansicpg99999 \\'e9",
        "\\uc999999999\\u1 ",
    ],
)
def test_hostile_files_take_no_time(attack: str) -> None:
    started = time.process_time()
    assert read_rtf(b"{\\rtf1 before\\par " + attack.encode()).text.startswith("before")
    assert time.process_time() - started < 5


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="nested too deep"):
        read_rtf(b"{\\rtf1 " + b"{" * 100_000)


def test_a_file_without_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^no text in it$"):
        read_rtf(rb"{\rtf1{\fonttbl{\f0 Arial;}}\par}")

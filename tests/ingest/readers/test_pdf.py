"""PDF files, whole and broken."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import pairwise

import pypdf
import pytest

from index_data.errors import UnreadableFile
from ingest.readers.page_text import mostly_arabic, repaired, spelt_like
from ingest.readers.pdf import read_pdf

MakePdf = Callable[..., bytes]


def _locked(data: bytes, password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_pages_keep_their_places(make_pdf: MakePdf) -> None:
    parsed = read_pdf(
        make_pdf(["First page.", "Zweite Seite,\nzwei Zeilen.", "第三页。"], title="Drei Seiten")
    )
    assert parsed.media_type == "pdf"
    assert parsed.title == "Drei Seiten"
    starts = [*parsed.pages, len(parsed.text) + 1]
    pages = [parsed.text[start : end - 1] for start, end in pairwise(starts)]
    assert pages == ["First page.", "Zweite Seite,\nzwei Zeilen.", "第三页。"]


def test_a_page_without_text_is_named(make_pdf: MakePdf) -> None:
    parsed = read_pdf(make_pdf(["One.", "", "Three."]))
    assert parsed.textless_pages == (2,)
    assert parsed.notes == ("no text on page 2 (a scan?)",)
    assert parsed.text[parsed.pages[2] :] == "Three."


def test_a_scan_is_refused(make_pdf: MakePdf) -> None:
    with pytest.raises(UnreadableFile, match="no text on its 2 pages") as refused:
        read_pdf(make_pdf(["", ""]))
    assert "OCR" in refused.value.remedy


@pytest.mark.parametrize("title", ["Microsoft Word - final2.docx", "untitled", "thesis.dvi"])
def test_titles_made_by_programs_are_no_titles(make_pdf: MakePdf, title: str) -> None:
    assert read_pdf(make_pdf(["Text."], title=title)).title is None


def test_an_empty_password_opens_and_another_does_not(make_pdf: MakePdf) -> None:
    data = make_pdf(["Open sesame."])
    assert read_pdf(_locked(data, "")).text == "Open sesame."
    with pytest.raises(UnreadableFile, match=r"^encrypted$"):
        read_pdf(_locked(data, "secret"))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_a_truncated_file_is_refused_in_one_line(make_pdf: MakePdf, share: float) -> None:
    data = make_pdf(["Some text."] * 5)
    with pytest.raises(UnreadableFile, match=r"^broken PDF: .+$"):
        read_pdf(data[: int(len(data) * share)])


def test_ideographs_are_joined_across_lines(make_pdf: MakePdf) -> None:
    assert (
        read_pdf(make_pdf(["我们下周要去杭州看西\n湖。\n然后回家。"])).text
        == "我们下周要去杭州看西湖。\n然后回家。"
    )


def test_glyphs_become_letters() -> None:
    assert repaired("\u2f24\u2f08 o\ufb03ce") == "大人 office"
    assert repaired("exam\x02\nple exam\ufffe\r\nple") == "example example"
    assert repaired("a\x00b\x1bc\x9bd\ud800e") == "abcde"
    assert repaired("，。！（）") == "，。！（）"


def test_arabic_words_are_spelt_as_the_second_reader_has_them() -> None:
    backwards = "سمشلا ةضفخنم، في Berlin عام 2024 ةكبشلا دننکیم"
    second = "2024 عام Berlin في منخفضة، الشمس کنند می"
    assert spelt_like(second, backwards) == "الشمس منخفضة، في Berlin عام 2024 الشبكة میکنند"
    assert spelt_like("", "كتاب جديد") == "كتاب جديد"


def test_arabic_pages_come_out_in_reading_order(make_pdf: MakePdf) -> None:
    shaped = "ﺓﺮﻴﺒﻜﻟﺍ ﺔﺳﺭﺪﻤﻟﺍ ﻰﻟﺇ ﺪﻟﻮﻟﺍ ﺐﻫﺫ"
    text = read_pdf(make_pdf([shaped])).text
    assert text == "ذهب الولد إلى المدرسة الكبيرة"
    assert mostly_arabic(text)

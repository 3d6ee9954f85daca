"""Character encodings, declared, marked or guessed."""

from __future__ import annotations

import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.errors import UnreadableFile
from ingest.readers.characters import decode

PROSE = {
    "cp1252": "L'été dernier, nous avons visité la forêt où vivait un vieux château. Ça coûte très cher. ",
    "cp1250": "Minulé léto jsme byli ve starém lese, kde žil jeden dobrý pohádkář. Příště půjdeme dál. ",
    "cp1254": "Geçen yaz eski bir ormana gittik, orada küçük bir ev vardı. Şimdi kış geliyor. ",
    "iso8859-2": "Zażółć gęślą jaźń, a potem idź do domu i śpij. ",
    "cp1251": "Прошлым летом мы были в старом лесу, где жил один добрый сказочник. ",
    "cp1253": "Το περασμένο καλοκαίρι πήγαμε στο παλιό δάσος και μείναμε εκεί τρεις μέρες. ",
    "cp932": "去年の夏、私たちは古い森へ行きました。そこには小さな家がありました。",
    "gb18030": "去年夏天我们去了一片古老的森林，那里有一座小房子。",
    "big5": "去年夏天我們去了一片古老的森林，那裡有一座小房子。",
    "cp949": "작년 여름에 우리는 오래된 숲에 갔습니다. 그곳에는 작은 집이 있었습니다. ",
    "cp1256": "في الصيف الماضي ذهبنا إلى غابة قديمة حيث كان يوجد بيت صغير. ",
    "koi8_r": "Прошлым летом мы были в старом лесу, где жил один добрый сказочник. ",
}


@pytest.mark.parametrize("encoding", PROSE)
def test_legacy_encodings_are_recognised(encoding: str) -> None:
    text = PROSE[encoding] * 5
    decoded = decode(text.encode(encoding))
    assert decoded.text == text
    assert decoded.byte_exact


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_marks_are_believed_and_left_out(mark: bytes, encoding: str) -> None:
    text = "Grüße, 世界\r\n😀"
    decoded = decode(mark + text.encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.bom_bytes) == (text, encoding, len(mark))
    assert decoded.byte_exact


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_recognised_without_a_mark(encoding: str) -> None:
    text = "Grüße an alle Leute.\n" * 3
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


def test_a_nul_becomes_a_replacement_character() -> None:
    decoded = decode(b"before\0after, and some more words to read")
    assert decoded.text == "before\ufffdafter, and some more words to read"
    assert not decoded.byte_exact
    assert decoded.notes == ("characters that could not be read as utf-8: 1",)


def test_a_few_bad_bytes_do_not_change_the_encoding() -> None:
    decoded = decode("Überall schöne Grüße, ".encode() * 20 + b"\xff ende")
    assert decoded.encoding == "utf-8"
    assert decoded.text.endswith("\ufffd ende")


def test_a_declaration_is_believed_unless_the_bytes_are_utf8() -> None:
    assert decode("Łódź".encode("iso-8859-2"), declared="ISO-8859-2").text == "Łódź"
    assert decode("Łódź".encode(), declared="ISO-8859-2").text == "Łódź"
    assert decode("“ja”".encode("cp1252"), declared="iso-8859-1").text == "“ja”"


@pytest.mark.parametrize("declared", ["no-such-thing", "unicode_escape", "hex", "utf-16", "utf-7", "\x00"])
def test_a_declaration_that_cannot_be_is_ignored(declared: str) -> None:
    text = PROSE["cp1252"] * 3
    assert decode(text.encode("cp1252"), declared=declared).text == text


def test_noise_is_no_text() -> None:
    with pytest.raises(UnreadableFile, match=r"^not a text file"):
        decode(random.Random(5).randbytes(20_000))


def test_nothing_is_no_text() -> None:
    with pytest.raises(UnreadableFile, match=r"^empty file$"):
        decode(b"")


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded = decode(data)
    except UnreadableFile:
        return
    assert "\0" not in decoded.text
    decoded.text.encode("utf-8")
    if decoded.byte_exact:
        assert decoded.text.encode(decoded.encoding) == data[decoded.bom_bytes :]

"""Subtitles."""

from __future__ import annotations

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.subtitles import read_srt, read_vtt


def _cue(seconds: int, text: str) -> str:
    return f"{seconds}\n00:{seconds // 60:02}:{seconds % 60:02},000 --> 00:59:00,000\n{text}\n\n"


def test_speech_is_joined_to_prose() -> None:
    source = (
        "\ufeff"
        + _cue(1, "<i>Als ich\nein Kind</i> war,")
        + _cue(4, "{\\an8}sagte er &amp; ging.")
        + _cue(6, "- Да?\n- 不。")
    )
    parsed = read_srt(source.replace("\n", "\r\n").encode())
    assert parsed.text == "0:00:01\n\nAls ich ein Kind war, sagte er & ging.\n- Да?\n- 不。"
    assert parsed.bom_bytes == 3


def test_each_minute_starts_where_a_sentence_does() -> None:
    source = _cue(5, "One") + _cue(66, "two.") + _cue(70, "Three") + _cue(131, "four") + _cue(161, "five")
    parsed = read_srt(source.encode())
    assert parsed.text == "0:00:05\n\nOne two.\n\n0:01:10\n\nThree four\n\n0:02:41\n\nfive"
    assert [heading.title for heading in parsed.headings] == ["0:00:05", "0:01:10", "0:02:41"]


def test_what_is_not_said_stays_out() -> None:
    source = (
        "WEBVTT Kind: captions\nX-TIMESTAMP\n\nSTYLE\n::cue { color: red }\n\nNOTE hush\nhush\n\n"
        "intro\n00:01.000 --> 00:03.000 align:start\n<v Roger>Hello <00:02.000><c>there</c>\n\n"
        "01:00:04.000 --> 01:00:05.000\nNOTE: this is said\n"
    )
    parsed = read_vtt(source.encode())
    assert parsed.text == "0:00:01\n\nRoger: Hello there\n\n1:00:04\n\nNOTE: this is said"


def test_lines_that_automatic_subtitles_repeat_are_read_once() -> None:
    source = _cue(1, "one line") + _cue(2, "one line\nand the next") + _cue(3, "and the next\nand more")
    assert read_srt(source.encode()).text == "0:00:01\n\none line and the next and more"


def test_numbers_may_be_said() -> None:
    assert read_srt((_cue(1, "Count:\n3") + _cue(2, "2\n\n1")).encode()).text == "0:00:01\n\nCount: 3 2 1"


def test_other_files_are_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^no subtitles in it$"):
        read_vtt(b"just some words\n")

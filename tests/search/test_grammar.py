"""Every line means something, and the same when it is written again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from index_data.errors import UsageError
from index_data.records import Filters, Phrase
from search.grammar import CLOSING, parse, written
from search.query import Query
from search.query_line import read_query, written_filters

FRAME = Query("")
NOW = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)
PIECES = st.sampled_from([
    *('"', "“", "”", "„", "＂", "-", "*", ":", "：", ",", "/", "**"),
    *(" ", "  ", "\t", "\u3000", "\0", "\ud800"),
    *("lang:", "-lang:", "LANG:", "type:", "path:", "title:", "after:2024", "before:", "since:7d", "foo:"),
    *("de", "fr,it", "pdf", "reports/**", "2024-01-31", "2w", "bread", "Brot*"),
    *("西湖", "大学", "학교", "مَكتَبة"),
    *("ไทย", "C++", "5", "x", "🙂", "http://x", "std::vector", "12:30", "AND", "NEAR("),
])  # fmt: skip
LINES = st.lists(PIECES, max_size=12).map("".join) | st.text(
    st.characters(exclude_categories=()), max_size=60
)


def read(line: str) -> Query:
    return read_query(line, FRAME, NOW)


@pytest.mark.parametrize(
    "line",
    [
        *('"', "say “hello", '5" x 7"', 'a 5"x', 'צה"ל', '""', '"?!"', '"foo"bar'),
        *(
            "-",
            "--",
            "- x",
            "-5",
            "-5°C",
            "--help",
            "−x",
            "*",
            "**bold**",
            "C*-algebra",
            "a*",
            "2*3",
            "hotel 5*",
        ),
        *(
            "C++",
            "a:b",
            "http://x/y?q=1",
            "std::vector",
            "path::Path",
            "12:30",
            "Re: hello",
            "lang:",
            "lang: de",
        ),
        *(
            "doi:10.1/2",
            "ubuntu:22.04",
            "math:x",
            "land:berlin",
            "mailto:a@b.c",
            "C:\\x",
            "/usr/share",
            "🙂",
            ":)",
        ),
        *(
            "AND",
            "NOT x",
            "NEAR(a b, 2)",
            "words:x",
            "{a b}: c",
            "'; DROP TABLE passages; --",
            "a\x00b",
            "\ud800",
        ),
    ],
)
def test_what_is_not_clearly_a_mark_is_text(line: str) -> None:
    assert read(line).text == line
    assert read(line).filters == Filters()


@pytest.mark.parametrize(
    ("line", "words", "pieces"),
    [
        ('how "exact phrase" long', "how exact phrase long", ['"exact phrase"']),
        ("“a b” „c d“ „e f” ＂g h＂", "a b c d e f g h", ['"a b"', '"c d"', '"e f"', '"g h"']),
        ('我想去"西湖"玩', "我想去西湖玩", ['"西湖"']),
        ('f("x y")', "f(x y)", ['"x y"']),
        ('"צה"ל הודיע"', 'צה"ל הודיע', ['"צה"ל הודיע"']),
        ("bread -rye -„white bread“", "bread", ['-"rye"', '-"white bread"']),
        ("x -http://y -a:b -C++", "x", ['-"http://y"', '-"a:b"', '-"C++"']),
        ("notic* 西* foo-bar*", "notic 西 foo-bar", ["notic*", "西*", "foo-bar*"]),
        ("bread -whit*", "bread", ["-whit*"]),
        ("lang:de,FR lang:it x", "x", ["lang:de,fr,it"]),
        ("-LANG:de lang：fr x", "x", ["lang:fr", "-lang:de"]),
        ("type:.PDF,md -type:txt x", "x", ["type:pdf,md", "-type:txt"]),
        ('path:reports/**,"my files/*" -path:old x', "x", ['path:reports/**,"my files/*"', "-path:old"]),
        ('title:"annual report",tax* -title:draft x', "x", ['title:"annual report",tax*', "-title:draft"]),
        ("after:2024-01 before:2025 x", "x", ["after:2024-01-01", "before:2025-01-01"]),
        ("since:2024 after:2023 -after:2025-06-01 x", "x", ["after:2024-01-01", "before:2025-06-01"]),
        ('x title:"a"bc" "d"', "x d", ['title:a"bc', '"d"']),
        ('x title:"a".b -"c".d', "x .b .d", ["title:a", '-"c"']),
        ('title:"a",b x "lang:de"', "x lang:de", ["title:a,b", '"lang:de"']),
    ],
)
def test_marks_and_fields(line: str, words: str, pieces: list[str]) -> None:
    assert read(line).text == words
    assert written_filters(read(line).filters) == pieces


@pytest.mark.parametrize(
    ("line", "message", "remedy"),
    [
        ("lnag:de x", "there is no field lnag:", "Did you mean lang:?"),
        ("-tpye:pdf x", "there is no field tpye:", "Did you mean type:?"),
        ("pathh:a/b x", "there is no field pathh:", "Did you mean path:?"),
        ("Titel:x x", "there is no field Titel:", "Did you mean title:?"),
        ("befor:2024 x", "there is no field befor:", "Did you mean before:?"),
        ("language:german x", "there is no field language:", "Did you mean lang:?"),
        ("filetype:pdf x", "there is no field filetype:", "Did you mean type:?"),
        ("after:yesterday x", "yesterday is no date", "Write a date as"),
        ("before:2024-13 x", "2024-13 is no date", "Write a date as"),
        ("after:999999w x", "999999w is no date", "Write a date as"),
        ("title:?! x", "title:?! has no word", "Write it as"),
        ("lang:de -x", "the question only filters", "Add what to look for"),
        (" ", "the question is empty", "Add what to look for"),
    ],
)
def test_what_is_clearly_a_slip_is_told(line: str, message: str, remedy: str) -> None:
    with pytest.raises(UsageError) as told:
        read(line)
    assert told.value.message.startswith(message)
    assert told.value.remedy.startswith(remedy)


@given(LINES)
@example('"hello title:“x y”')
@example('title:"a"b "c" d')
def test_writing_what_was_read_and_reading_it_again_changes_nothing(line: str) -> None:
    try:
        parts, query = parse(line), read(line)
    except UsageError:
        return
    again = written(parts)
    assert parse(again) == parts
    assert read(again) == query


@given(LINES)
def test_filters_written_as_a_line_are_the_same_filters(line: str) -> None:
    assume(not set(CLOSING) & set(line.replace('"', "")))
    try:
        filters = read(line).filters
    except UsageError:
        return
    assert read("x " + " ".join(written_filters(filters))).filters == filters


def test_no_word_gets_lost() -> None:
    line = " ".join(f'w{number} "p{number} q" lang:de -n{number} b{number}*' for number in range(100))
    query = read(line)
    assert query.text.split() == [
        word for number in range(100) for word in (f"w{number}", f"p{number}", "q", f"b{number}")
    ]
    assert query.filters.phrases[:2] == (Phrase("p0 q"), Phrase("b0", open_ended=True))
    assert len(query.filters.not_phrases) == 100


@pytest.mark.parametrize(
    "piece", ['"', "“", '("', '"a', '" a" ', '"a"b', "-", '-"', "lang:", "x:y ", "a*", "“a "]
)
def test_a_line_may_be_a_whole_page(piece: str) -> None:
    line = piece * (10_000 // len(piece))
    assert "".join(written(parse(line)).split()) == "".join(line.split())


def test_what_flags_and_line_filter_is_what_both_let_through() -> None:
    frame = Query("", filters=Filters(languages=("de", "fr"), path_globs=("a",), modified_from_ns=5))
    query = read_query("lang:fr -type:pdf since:2024 x", frame)
    assert query.filters.path_globs == ("a",)
    assert query.filters.not_media_types == ("pdf",)
    assert query.filters.modified_from_ns == read("since:2024 x").filters.modified_from_ns
    assert [one.languages for one in query.filters.chain()] == [("de", "fr"), ("fr",)]

"""Values that are separated by commas and the like."""

from __future__ import annotations

import pytest

from ingest.readers.csv import read_csv, read_tsv


def _text(csv: str) -> str:
    return read_csv(csv.encode()).text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert _text(f"Name{delimiter}Stadt\nАда{delimiter}Łódź\n") == "Name; Stadt\nName: Ада; Stadt: Łódź"


def test_a_comma_may_be_part_of_a_number() -> None:
    assert _text("1,5;2,5\n3,5;4,5\n") == "1,5; 2,5\n3,5; 4,5"


def test_quoted_values_keep_delimiters_and_line_breaks() -> None:
    assert (
        _text('Name,Remark\r\nAda,"one, ""two""\r\nthree"\r\n')
        == 'Name; Remark\nName: Ada; Remark: one, "two" three'
    )


def test_the_delimiter_may_be_declared() -> None:
    assert _text("sep=;\na;b,c\nd;e,f\n") == "a; b,c\na: d; b,c: e,f"


@pytest.mark.parametrize("csv", ["1,2\n3,4\n", "a,a\nb,c\n", f"{'x' * 81},b\n1,2\n"])
def test_what_names_no_columns_is_no_header(csv: str) -> None:
    assert ": " not in _text(csv)


def test_empty_values_and_rows_leave_no_trace() -> None:
    assert _text("Name,City\n,Paris\n\nAda,\n") == "Name; City\nCity: Paris\n\nName: Ada"


def test_quotation_marks_that_do_not_match_are_text() -> None:
    parsed = read_csv(b'a,b\n"1,2\n3,4\n')
    assert parsed.text == 'a; b\na: "1; b: 2\na: 3; b: 4'
    assert parsed.notes == ("the quotation marks do not match; they were read as text",)


def test_a_value_may_be_long() -> None:
    assert _text(f'Name,Text\nAda,"{"word " * 50_000}"\n').count("word") == 50_000


def test_tabs_and_another_encoding() -> None:
    parsed = read_tsv("Имя\tГород\nАда\tЛондон, Англия\n".encode("cp1251"))
    assert parsed.text == "Имя; Город\nИмя: Ада; Город: Лондон, Англия"
    assert (parsed.media_type, parsed.encoding) == ("tsv", "cp1251")

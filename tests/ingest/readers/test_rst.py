"""reStructuredText."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.rst import read_rst


def _titles(source: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.title) for heading in read_rst(source.encode()).headings]


def test_levels_come_in_the_order_of_appearance() -> None:
    source = "=====\n Übersicht\n=====\n\nEins\n----\nText\n\nUnter\n~~~~~\n\nДва\n----\n\n次\n==\n"
    assert _titles(source) == [(1, "Übersicht"), (2, "Eins"), (3, "Unter"), (2, "Два"), (4, "次")]
    parsed = read_rst(source.encode())
    assert parsed.text == source
    assert parsed.byte_exact
    assert parsed.title == "Übersicht"
    assert parsed.text[parsed.headings[0].start : parsed.headings[0].end] == "=====\n Übersicht\n====="


@pytest.mark.parametrize(
    "source",
    [
        "two lines of\na paragraph\n-----------\n",
        "above\n\n-----\n\nbelow\n",
        "Title\n--\n",
        "   quoted\n---------\n",
        "===  ===\na    b\n===  ===\n",
        "+---+\n| a |\n+---+\n",
        "see::\n\n    code\n    ----\n",
        "-----",
    ],
)
def test_what_only_looks_like_a_heading_is_none(source: str) -> None:
    assert _titles(source) == []


@given(st.text(alphabet="=-~ \n\ra", min_size=1, max_size=60))
def test_headings_stand_where_they_say(source: str) -> None:
    parsed = read_rst(source.encode())
    ends = [0, *(heading.end for heading in parsed.headings)]
    for end, heading in zip(ends, parsed.headings, strict=False):
        assert end <= heading.start < heading.end
        assert heading.title in parsed.text[heading.start : heading.end]

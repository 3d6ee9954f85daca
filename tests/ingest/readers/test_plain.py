"""Plain text and Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.plain import read_markdown, read_text


@pytest.mark.parametrize(
    "text", ["a\r\nb\rc\n\n", "  lead and trail \n", "\ufefftwice marked"[1:], "\t\u2028\x0b\x0c"]
)
def test_text_is_the_decoded_source(text: str) -> None:
    parsed = read_text(text.encode())
    assert parsed.text == text
    assert parsed.byte_exact
    assert parsed.media_type == "txt"


def _titles(markdown: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.title) for heading in read_markdown(markdown.encode()).headings]


def test_both_kinds_of_headings_are_found() -> None:
    markdown = "# One #\n\ntext\n\nTwo\n===\n\n### Three\nFour\n----\n   ## Five\n"
    assert _titles(markdown) == [(1, "One"), (1, "Two"), (3, "Three"), (2, "Four"), (2, "Five")]
    parsed = read_markdown(markdown.encode())
    assert parsed.title == "One"
    assert [parsed.text[item.start : item.end] for item in parsed.headings] == [
        "# One #", "Two\n===", "### Three", "Four\n----", "   ## Five",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "markdown",
    [
        "```\n# code\n```\n",
        "~~~ python\n# code\n~~~\n",
        "````\n```\n# code\n````\n",
        "    # indented code\n",
        "#hashtag\n",
        "####### seven\n",
        "#\n",
        "- item\n---\n",
        "> quote\n===\n",
        "two lines of\na paragraph\n---\n",
        "---\ntitle: front matter\n# comment\n---\n",
    ],
)
def test_what_only_looks_like_a_heading_is_none(markdown: str) -> None:
    assert _titles(markdown) == []


def test_headings_go_on_after_a_fence_and_after_front_matter() -> None:
    assert _titles("---\n\n# A rule is no front matter\n") == [(1, "A rule is no front matter")]
    assert _titles("---\nx: 1\n---\n# A\n```\n# no\n```\n# B\n") == [(1, "A"), (1, "B")]


def test_offsets_hold_with_windows_line_ends() -> None:
    parsed = read_markdown("intro\r\n\r\n## Über uns\r\ntext".encode())
    (heading,) = parsed.headings
    assert parsed.text[heading.start : heading.end] == "## Über uns"


@given(st.text(alphabet="#=-` \n\ra", max_size=60))
def test_headings_stand_where_they_say(markdown: str) -> None:
    if not markdown:
        return
    parsed = read_markdown(markdown.encode())
    for heading in parsed.headings:
        assert heading.title in parsed.text[heading.start : heading.end]

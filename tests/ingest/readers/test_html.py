"""HTML: structure, noise and attacks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.errors import UnreadableFile
from ingest.readers.html import read_html


def _text(html: str) -> str:
    return read_html(html.encode()).text


def test_blocks_become_paragraphs_and_rows_lines() -> None:
    html = (
        "<p>One <b>bold</b>\n  word.</p><p>Two<br>lines</p><ul><li>a<li>b</ul>"
        "<table><tr><td>1<td>2<tr><td>3<td>4</table>end"
    )
    assert _text(html) == "One bold word.\n\nTwo\nlines\n\na\nb\n\n1\t2\n3\t4\n\nend"


def test_white_space_of_preformatted_text_stays() -> None:
    assert _text("<p>see</p><pre>if x:\n    y</pre>") == "see\n\nif x:\n    y"


def test_headings_and_title_are_found() -> None:
    parsed = read_html(
        b"<title> The\n Title </title><h1>Chapter <i>one</i></h1><p>Text<h3></h3><h2>Part</h2>More"
    )
    assert parsed.title == "The Title"
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "Chapter one"), (2, "Part")]
    assert [parsed.text[item.start : item.end] for item in parsed.headings] == ["Chapter one", "Part"]


@pytest.mark.parametrize(
    "noise",
    [
        "<script>noise</script>",
        "<style>noise</style>",
        "<nav>noise</nav>",
        "<template>noise</template>",
        "<noscript>noise</noscript>",
        "<!-- noise -->",
        "<p hidden>noise</p>",
        "<svg><text>noise</text></svg>",
    ],
)
def test_noise_stays_out(noise: str) -> None:
    assert _text(f"<p>before{noise}after") in {"beforeafter", "before\n\nafter"}


def test_entities_and_controls() -> None:
    assert _text("<p>&lt;b&gt; &amp; caf&eacute; &#x1b;[2J\x07&#0;") == "<b> & café [2J\ufffd"


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="iso-8859-2">',
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-2">',
    ],
)
def test_a_declared_encoding_is_used(head: str) -> None:
    parsed = read_html(f"<html><head>{head}</head><p>Łódź".encode("iso-8859-2"))
    assert parsed.text == "Łódź"
    assert parsed.encoding == "iso8859-2"


def test_empty_elements_of_xml_end_at_once() -> None:
    head = '<?xml version="1.0"?><html><head><title/><script src="x"/></head>'
    assert _text(f'{head}<body><a id="1"/>seen<br/>too</body></html>') == "seen\ntoo"


@pytest.mark.parametrize(
    "attack",
    [
        "<a a=" * 20_000,
        "<!--" * 20_000,
        '<a "' * 5_000,
        "<" * 200_000,
        "<aaaa" * 40_000,
        "</div>" * 100_000,
        "<p " + "x=1 " * 100_000,
    ],
)
def test_hostile_markup_takes_no_time(attack: str) -> None:
    started = time.process_time()
    parsed = read_html(f"<p>before</p>{attack}".encode())
    assert parsed.text.startswith("before")
    assert time.process_time() - started < 5


def test_text_below_deep_nesting_is_found() -> None:
    started = time.process_time()
    text = _text("<p>before</p>" + "<div>" * 100_000 + "deep" + "</div>" * 100_000 + "<h1>after</h1>")
    assert text.split() == ["before", "deep", "after"]
    assert time.process_time() - started < 10


def test_a_page_without_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^no text in it$"):
        read_html(b"<html><body><img src=x></body></html>")


@given(
    st.lists(st.sampled_from(["<div>", "</div>", "<p>", "<h1>", "</h1>", "<td>", "<pre>", "a", " ", "\n"]))
)
def test_headings_stand_where_they_say(pieces: list[str]) -> None:
    try:
        parsed = read_html(("x" + "".join(pieces)).encode())
    except UnreadableFile:
        return
    assert not parsed.text.startswith((" ", "\n"))
    for heading in parsed.headings:
        assert " ".join(parsed.text[heading.start : heading.end].split()) == heading.title

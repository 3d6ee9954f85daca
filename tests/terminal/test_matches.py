from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.matches import matching_spans


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        ("The bread, the Bread.", "BREAD", ["bread", "Bread"]),
        ("Ein Café am See", "cafe", ["Café"]),
        ("烤面包需要面粉", "面包", ["面包"]),
        ("烤面包需要面粉", "烤面包", ["烤面包"]),
        ("烤面包需要面粉", "粉", ["粉"]),
        ("我用iPhone拍照", "iphone", ["iPhone"]),
        ("ขนมปังทำจากแป้ง", "ขนมปัง", ["ขนมปัง"]),
        ("빵을 굽는 방법", "방법", ["방법"]),
        ("الخبز يحتاج", "الخبز", ["الخبز"]),
        ("हिन्दी में लिखा", "हिन्दी", ["हिन्दी"]),
        ("breadcrumbs", "bread", []),
        ("Two Breads and a university", "bread universe", ["Breads"]),
        ("Das Handelsnetzwerk", "Netzwerke", ["Handelsnetzwerk"]),
        ("والخبز يحتاج", "خبز", ["والخبز"]),
        ("ขนมปังทำจากแป้ง", "ปัง", ["ปัง"]),
        ("烤面包需要面粉", "面包粉", ["面包"]),
        ("anything", "?!", []),
        ("", "bread", []),
    ],
)
def test_words_are_found_as_the_lexical_channel_finds_them(
    text: str, question: str, found: list[str]
) -> None:
    assert [text[start:end] for start, end in matching_spans(text, question)] == found


@given(st.text(max_size=80), st.text(max_size=20))
def test_spans_are_in_order_and_never_overlap(text: str, question: str) -> None:
    spans = matching_spans(text, question)
    borders = [border for span in spans for border in span]
    assert borders == sorted(borders)
    assert all(0 <= start < end <= len(text) for start, end in spans)


@given(st.text(min_size=1, max_size=40))
def test_a_text_matches_itself_wherever_it_matches_at_all(text: str) -> None:
    for start, end in matching_spans(text, text):
        assert matching_spans(text[start:end], text)

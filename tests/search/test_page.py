"""Which passages stand on a page."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.page import USUAL, is_full, page, pool

DOCUMENTS = st.lists(st.sampled_from("abcde"), max_size=40)
LIMITS = st.integers(1, 12)
MOST = st.none() | st.integers(1, 4)


def test_a_long_document_does_not_fill_the_page() -> None:
    found = page("aaaaaaabcdef", 8, None)
    assert ["aaaaaaabcdef"[place] for place in found.places] == list("aaaaabcd")
    assert found.held_back == (5, 6)


def test_where_few_documents_match_the_usual_rule_gives_way_and_a_given_one_does_not() -> None:
    assert page("aaaaaaab", 8, None).places == (0, 1, 2, 3, 4, 5, 6, 7)
    assert page("aaaaaaab", 7, None).places == (0, 1, 2, 3, 4, 5, 7)
    assert page("aaaaab", 6, 2).places == (0, 1, 5)
    assert page("aaaaab", 6, 2).held_back == (2, 3, 4)


@given(DOCUMENTS, LIMITS, MOST)
def test_a_page_keeps_order_and_rule_and_is_as_full_as_can_be(
    documents: list[str], limit: int, most: int | None
) -> None:
    found = page(documents, limit, most)
    shown = [documents[place] for place in found.places]
    assert list(found.places) == sorted(set(found.places))
    assert set(found.places).isdisjoint(found.held_back)
    if most is None:
        assert len(shown) == min(limit, len(documents))
    else:
        assert max(map(shown.count, shown), default=0) <= most
        assert len(shown) == min(limit, sum(min(documents.count(one), most) for one in set(documents)))
    if documents:
        assert found.places[0] == 0


def test_the_pool_reaches_down_to_other_documents() -> None:
    assert pool("aaaaaabac", 5, 5, 3) == [0, 1, 2, 3, 4, 6, 8]
    assert pool("aaaaaabac", 5, 4, 3) == [0, 1, 2, 3, 4, 6]
    assert pool("aaaaaabac", 5, 5, None) == [0, 1, 2, 3, 4]


@given(DOCUMENTS, LIMITS, MOST)
def test_the_pool_fills_the_page_and_holds_little_else(
    documents: list[str], limit: int, most: int | None
) -> None:
    compared = max(5, limit)
    chosen = pool(documents, compared, limit, most)
    assert chosen[:compared] == list(range(min(compared, len(documents))))
    assert len(chosen) <= compared + limit
    cap = USUAL if most is None else most
    strict = page([documents[place] for place in chosen], limit, cap)
    assert len(strict.places) == len(page(documents, limit, cap).places)


def test_a_page_is_full_when_it_holds_as_many_as_it_may() -> None:
    assert is_full("aaaa", 4, None)
    assert not is_full("aaaa", 4, 3)
    assert is_full("aaab", 4, 3)
    assert not is_full("aab", 4, None)

"""What counts as a copy of an earlier passage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.copies import CopyOf, copies

TEXT = "The tenant may end the lease with three months of notice, in writing, to the end of any quarter."
EDITED = TEXT.replace("writing", "print")
OTHER = "The landlord may raise the rent once a year, if the index of prices has risen by five per cent."


def alike(count: int) -> NDArray[np.float32]:
    """Make unit vectors that are all the same: float32 (N, 2)."""
    return np.tile(np.array([1.0, 0.0], np.float32), (count, 1))


def test_the_same_text_is_a_copy_whatever_its_vector_and_white_space() -> None:
    apart = np.eye(2, dtype=np.float32)
    assert copies([TEXT, TEXT.replace(" ", "\n") + "\n\n"], apart) == [None, CopyOf(0, exact=True)]


def test_a_few_other_words_make_a_near_copy() -> None:
    assert copies([TEXT, OTHER, EDITED], alike(3)) == [None, None, CopyOf(0, exact=False)]


def test_near_vectors_without_shared_words_are_no_copies() -> None:
    german = "Der Mieter kann den Vertrag mit drei Monaten Frist schriftlich zum Ende des Quartals kündigen."
    assert copies([TEXT, german], alike(2)) == [None, None]


def test_shared_words_with_vectors_apart_are_no_copies() -> None:
    assert copies([TEXT, EDITED], np.eye(2, dtype=np.float32)) == [None, None]


def test_a_copy_of_a_near_copy_belongs_to_the_first() -> None:
    assert copies([TEXT, EDITED, EDITED], alike(3)) == [None, CopyOf(0, exact=False), CopyOf(0, exact=False)]


def test_a_chain_of_edits_does_not_join_what_differs() -> None:
    words = [f"word{number}" for number in range(20)]
    chain = [" ".join(["other"] * step + words[step:]) for step in (0, 2, 4, 6, 8)]
    found = copies(chain, alike(5))
    assert found[:2] == [None, CopyOf(0, exact=False)]
    assert found[4] != CopyOf(0, exact=False)
    assert all(found[one.place] is None for one in found if one is not None)


def test_a_language_without_spaces_is_compared_by_pairs_of_characters() -> None:
    chinese = "烤面包需要面粉、水、盐和酵母。面团要发酵一个小时,然后放进烤箱。"
    assert copies([chinese, chinese.replace("一", "两")], alike(2))[1] == CopyOf(0, exact=False)
    assert copies([chinese, "我们下周要去杭州看西湖,然后坐船回来。"], alike(2))[1] is None


def test_nothing_is_no_copy() -> None:
    assert copies([], np.zeros((0, 2), np.float32)) == []

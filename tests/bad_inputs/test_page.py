"""The page about bad inputs is what the tables say, and the tables leave no case out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.bad_inputs.elsewhere import ELSEWHERE, NOT_MADE, Elsewhere
from tests.bad_inputs.folder import INPUTS
from tests.bad_inputs.page import PAGE, written

TESTS = Path(__file__).parents[1]
CASES = 78


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run scripts/bad-inputs"


def test_each_case_is_somewhere() -> None:
    told = [[one.case for one in table] for table in (INPUTS, ELSEWHERE, NOT_MADE)]
    assert set().union(*told) == set(range(1, CASES + 1))


def test_each_input_has_a_name_and_a_word_of_its_own() -> None:
    assert len({one.name for one in INPUTS}) == len({one.word for one in INPUTS}) == len(INPUTS)


@pytest.mark.parametrize("one", ELSEWHERE, ids=lambda one: one.test)
def test_a_test_elsewhere_exists(one: Elsewhere) -> None:
    file, _, name = one.test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE)

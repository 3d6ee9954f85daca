"""The plan for large collections says what the measurements say."""

from __future__ import annotations

import re

import pytest

from benchmarks import scale_plan
from benchmarks.plan.figures import Kind, figures, segment_bytes
from benchmarks.plan.formulas import writers
from benchmarks.report import RESULTS
from benchmarks.scale_plan import PAGE, filled


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page) == page, "run python -m benchmarks.scale_plan"


def test_a_number_that_was_changed_by_hand_is_seen() -> None:
    page = PAGE.read_text(encoding="utf-8")
    changed = page.replace("4.3 GB", "4.2 GB", 1)
    assert changed != page
    assert filled(changed) == page


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(KeyError):
        filled("<!-- computed: nothing -->\n<!-- end -->")


def test_every_figure_says_where_it_is_from() -> None:
    for letter, figure in figures().items():
        assert len(letter) == 1
        assert figure.source
        if figure.kind is Kind.MEASURED:
            assert (RESULTS / f"{figure.source}.md").is_file()


def test_every_letter_of_a_formula_is_a_figure() -> None:
    known = set(figures()) | {"N", "D", "G"}
    cells = re.findall(r": ([^|:]*?) \|", PAGE.read_text(encoding="utf-8"))
    words = [re.findall(r"[A-Za-z]+", cell) for cell in cells]
    # What has longer words is no formula.
    letters = {letter for some in words if all(len(word) == 1 for word in some) for letter in some}
    assert letters
    assert letters <= known


def test_segments_are_as_large_as_those_that_were_measured() -> None:
    assert segment_bytes(640) == pytest.approx(figures()["f"].value, rel=0.01)


def test_writers_keep_up_with_devices_in_proportion() -> None:
    known = {letter: figure.value for letter, figure in figures().items()}
    assert writers(known, 64) == pytest.approx(64 * writers(known, 1))
    assert writers(known | {"s": 2 * known["s"]}, 1) == pytest.approx(2 * writers(known, 1))


def test_what_has_not_run_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_plan, "results", lambda _: None)
    assert "benchmarks.cost_curves" in scale_plan.laws()
    assert "benchmarks.scale_sim" in scale_plan.saturation()

"""The card says what the files say, and refuses to say what they do not."""

import json
from pathlib import Path

import pytest

from index_data.errors import UsageError
from training.card import write_card
from training.export import write_json


def test_every_part_of_the_card_comes_from_a_file(work: Path, target: Path) -> None:
    write_card(work, target)
    card = (target / "README.md").read_text(encoding="utf-8")
    for row in (
        "32 dimensions, 2 layers, 0.0 million parameters",
        "16 pieces, 0 MB as float16",
        "| static | 1 | 5 | – | 5,000 | – | 0 |",
        "| distil | 1 | loss | 2.000 | 1.000 | 0.667 | 0.500 | 0.400 |",
        "| distil | 2 | 3.0 | 7 | a machine, 2 cores |",
        "| de | 1,500 | 1.50 | – | 0.50 | – |",
        "| en | 30 | – | – | – | 0.90 |",
        "| id | 0 | – | 0.75 | – | – |",
        "| NTREX x->en | 1,234 | 120 | 0.500 | 0.500 | 0.400 to 0.600 |",
        "1,550 pairs in all. 97 rows were dropped",
        "; 7 because they were in\nanother language than they said.",
        "| sentences | 1,520 | 2 | de 1,500, th 20 |",
        "| Tatoeba challenge sentences | Helsinki-NLP/OPUS-MT-testsets | CC BY 2.0 FR | everyday sentences |",
        "## Limits\n",
    ):
        assert row in card
    assert card.startswith("---\nlicense: apache-2.0\n")
    assert "Wesnoth" not in card
    assert "$" not in card


def test_the_same_inputs_give_the_same_bytes(work: Path, target: Path) -> None:
    write_card(work, target)
    first = (target / "README.md").read_bytes()
    write_card(work, target)
    assert (target / "README.md").read_bytes() == first


@pytest.mark.parametrize(
    ("missing", "step"),
    [
        ("work/pairs/counts.json", "corpora"),
        ("work/static/losses.jsonl", "static"),
        ("work/distil/losses.jsonl", "distil"),
        ("work/quality.json", "quality"),
        ("builtin/model.safetensors", "export"),
    ],
)
def test_what_is_missing_is_named_with_the_step_that_makes_it(
    work: Path, target: Path, missing: str, step: str
) -> None:
    (work.parent / missing).unlink()
    with pytest.raises(UsageError, match=missing) as raised:
        write_card(work, target)
    assert f"python -m training {step}" in raised.value.remedy
    assert not (target / "README.md").exists()


def test_a_stage_that_said_nothing_is_refused(work: Path, target: Path) -> None:
    (work / "static" / "losses.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="losses of static are empty"):
        write_card(work, target)


def test_numbers_of_other_weights_are_refused(work: Path, target: Path) -> None:
    results = json.loads((work / "quality.json").read_text(encoding="utf-8"))
    results["builtin"]["weights"] = "0" * 64
    write_json(work / "quality.json", results)
    with pytest.raises(UsageError, match="were not measured"):
        write_card(work, target)


def test_a_file_of_pairs_without_a_licence_is_refused(work: Path, target: Path) -> None:
    counts = {"held_out_rows_dropped": 0, "pairs": {"found-somewhere": {"de": 1}}}
    write_json(work / "pairs" / "counts.json", counts)
    with pytest.raises(UsageError, match="found-somewhere"):
        write_card(work, target)


def test_what_may_be_missing_is_said_to_be(work: Path, target: Path) -> None:
    (work / "journal.jsonl").unlink()
    (work / "vocabulary" / "fertility.json").unlink()
    write_card(work, target)
    card = (target / "README.md").read_text(encoding="utf-8")
    assert "No journal" in card
    assert "| de | 1,500 | – | – | 0.50 | – |" in card

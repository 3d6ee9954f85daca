"""The held-out check drops what it must and nothing else."""

import gzip
import json
from pathlib import Path

import pytest

from training.held_out import HeldOut, check_packages
from training.pairs import Pair


def test_planted_rows_are_dropped_and_counted(tmp_path: Path) -> None:
    """Either side may be the planted one; width and white space do not hide it."""
    (tmp_path / "one.jsonl").write_text(
        json.dumps({"id": "kept id", "text": "The cat  sat."}) + "\n", encoding="utf-8"
    )
    with gzip.open(tmp_path / "two.jsonl.gz", "wt", encoding="utf-8") as target:
        target.write(json.dumps({"id": "x", "deu": "Die Katze saß."}) + "\n")
    held_out = HeldOut.from_folder(tmp_path)
    kept = Pair("en", "de", "A dog ran.", "Ein Hund lief.")
    rows = [
        Pair("en", "de", "The cat\tsat.", "Eine Katze"),
        Pair("en", "de", "A cat", "Die  Katze saß."),
        Pair("en", "de", "Ｔｈｅ cat sat.", "Katze"),
        kept,
        Pair("en", "de", "kept id", "Nummer"),
    ]
    assert list(held_out.keep(rows)) == [kept, rows[-1]]
    assert held_out.dropped == 3


def test_without_a_folder_nothing_is_dropped() -> None:
    """No measuring sets, no check."""
    pair = Pair("en", "fr", "Hello", "Bonjour")
    assert list(HeldOut.from_folder(None).keep([pair])) == [pair]


@pytest.mark.parametrize("name", ["debian-handbook", "debian-reference-de", "installation-guide-amd64"])
def test_yardstick_packages_are_refused(name: str) -> None:
    """The measuring documents cannot be fetched by mistake."""
    with pytest.raises(ValueError, match="held out"):
        check_packages(["wordnet-base", name])

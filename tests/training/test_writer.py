"""The writer of pairs: what it keeps, what it counts, and that it writes each source once."""

import json
from pathlib import Path

from training.held_out import HeldOut
from training.pairs import Pair, read_pairs
from training.writer import Writer, capped, clean

GOOD = Pair("en", "fr", "Hello", "Bonjour")
ENGLISH = "The extension can be installed from the marketplace, and it is often already there."


def counts(work: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((work / "pairs" / "counts.json").read_text())
    return found


def test_a_source_is_written_and_counted(tmp_path: Path) -> None:
    """Held-out, repeated and wrongly labelled rows are dropped; the last only where languages are checked."""
    rows = [GOOD, GOOD, Pair("en", "fr", "Secret", "Texte"), Pair("en", "fr", "The extension", ENGLISH)]
    writer = Writer(tmp_path, HeldOut(["Secret"]), seed=1)
    writer.write("lessons", rows)
    writer.write("sentences", rows)
    assert list(read_pairs(tmp_path / "pairs" / "lessons.tsv")) == [GOOD]
    assert counts(tmp_path) == {
        "held_out_rows_dropped": 2,
        "language_check_dropped": {"lessons": 1},
        "pairs": {"lessons": {"fr": 1}, "sentences": {"fr": 2}},
    }


def test_a_later_run_writes_only_what_is_missing(tmp_path: Path) -> None:
    """A source is read again if its file is gone or was never counted; the counts of others stay."""
    Writer(tmp_path, HeldOut(["Secret"]), seed=1).write("kept", [GOOD, Pair("en", "fr", "Secret", "Texte")])
    (tmp_path / "pairs" / "uncounted.tsv").write_text("half", encoding="utf-8")
    later = Writer(tmp_path, HeldOut([]), seed=1)
    assert [later.wants(source) for source in ("kept", "uncounted", "new")] == [False, True, True]
    assert later.wants("kept", "new")
    later.write("kept", iter([]))
    later.write("uncounted", [GOOD])
    assert list(read_pairs(tmp_path / "pairs" / "kept.tsv")) == [GOOD]
    assert list(read_pairs(tmp_path / "pairs" / "uncounted.tsv")) == [GOOD]
    assert counts(tmp_path)["held_out_rows_dropped"] == 1
    (tmp_path / "pairs" / "kept.tsv").unlink()
    assert Writer(tmp_path, HeldOut([]), seed=1).wants("kept")


def test_length_and_cap() -> None:
    """Rows of senseless length go; each language has its own share."""
    rows = [Pair("en", lang, f"text {at}", "x") for lang in ("de", "fr") for at in range(5)]
    assert list(clean([*rows, Pair("en", "de", "t", "x"), Pair("en", "de", "text", "x" * 2001)])) == rows
    drawn = capped(rows[:7], 3, seed=1)
    assert [pair.second_lang for pair in drawn] == ["de"] * 3 + ["fr"] * 2
    assert drawn == capped(rows[:7], 3, seed=1)

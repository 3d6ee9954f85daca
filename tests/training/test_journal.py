"""The journal keeps what ran, however it ended."""

from pathlib import Path

import pytest

from training import journal
from training.journal import Entry, entries, machine, processor, recorded, wall_time_table


def test_finished_and_stopped_runs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SHORTEST", 0.0)
    with recorded(tmp_path, "corpora", seed=5):
        pass
    with pytest.raises(KeyboardInterrupt), recorded(tmp_path, "distil", seed=5):
        raise KeyboardInterrupt
    assert [(entry.step, entry.seed, entry.machine) for entry in entries(tmp_path)] == [
        ("corpora", 5, machine()),
        ("distil", 5, machine()),
    ]


def test_a_step_that_had_nothing_to_do_leaves_no_line(tmp_path: Path) -> None:
    with recorded(tmp_path, "corpora", seed=5):
        pass
    assert entries(tmp_path) == []


def test_runs_add_up_by_step_seed_and_machine() -> None:
    found = [Entry("static", 30.0, 1, "a"), Entry("distil", 60.0, 1, "a"), Entry("static", 60.0, 1, "a")]
    rows = wall_time_table([*found, Entry("static", 6.0, 1, "b")]).splitlines()[2:]
    assert rows == [
        "| static | 2 | 1.5 | 1 | a |",
        "| distil | 1 | 1.0 | 1 | a |",
        "| static | 1 | 0.1 | 1 | b |",
    ]


def test_the_processor_is_named_as_the_system_tells_it(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor : 0\nmodel name\t: A fast one\nmodel name\t: A fast one\n", encoding="utf-8")
    assert processor(told) == "A fast one"
    assert processor(tmp_path / "absent")

"""Loss logs of runs that were stopped, continued and begun again."""

import json
from pathlib import Path

import pytest

from training.losses import read_losses


def write_log(path: Path, steps: list[int], losses: list[float]) -> None:
    with path.open("a", encoding="utf-8") as log:
        for step, loss in zip(steps, losses, strict=True):
            log.write(json.dumps({"step": step, "pieces": step * 10, "loss": loss}) + "\n")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "losses.jsonl"


def test_a_run_is_quoted_at_its_quarters(log: Path) -> None:
    write_log(log, [1, 2, 3, 4, 5], [9.0, 7.0, 5.0, 4.0, 3.0])
    (found,) = read_losses(log)
    assert found.course == {"loss": [9.0, 7.0, 5.0, 4.0, 3.0]}
    assert found.totals == {"step": 5, "pieces": 50}
    assert found.stops == 0


def test_steps_done_again_count_once(log: Path) -> None:
    write_log(log, [1, 2, 3, 4], [9.0, 8.0, 7.0, 6.0])
    write_log(log, [3, 4, 5], [7.5, 6.5, 5.5])
    (found,) = read_losses(log)
    assert found.course == {"loss": [9.0, 8.0, 7.5, 6.5, 5.5]}
    assert found.stops == 1


def test_a_run_begun_again_is_another_run(log: Path) -> None:
    write_log(log, [1, 2, 3], [9.0, 8.0, 7.0])
    write_log(log, [1, 2], [4.0, 3.0])
    (found,) = read_losses(log)
    assert found.course["loss"][0] == 4.0
    assert found.stops == 0


def test_a_line_cut_short_is_left_out(log: Path) -> None:
    write_log(log, [1, 2], [9.0, 8.0])
    with log.open("a", encoding="utf-8") as stream:
        stream.write('{"step": 3, "lo')
    write_log(log, [3, 4], [7.0, 6.0])
    (found,) = read_losses(log)
    assert found.totals["step"] == 4
    assert found.course["loss"][-1] == 6.0


def test_a_loss_of_some_lines_is_quoted_from_those(log: Path) -> None:
    log.write_text('{"step": 1, "a": 5.0, "note": "x"}\n{"step": 2, "b": 3.0}\n', encoding="utf-8")
    (found,) = read_losses(log)
    assert found.course == {"a": [5.0] * 5, "b": [3.0] * 5}


def test_rounds_are_told_apart(log: Path) -> None:
    """A round counts from its own start; that is no stop."""
    lines = [{"round": number, "step": step, "loss": 9.0 / number} for number in (1, 2) for step in (1, 2)]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    first, second = read_losses(log)
    assert (first.round, first.stops, first.course) == (1, 0, {"loss": [9.0] * 5})
    assert (second.round, second.stops, second.course) == (2, 0, {"loss": [4.5] * 5})


def test_no_log_is_no_losses(log: Path) -> None:
    assert read_losses(log) == []

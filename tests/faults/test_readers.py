"""T8: one writer that never rests, and eight readers, who see whole generations and never a lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.crowd import MOST_LOG_BYTES, watch
from tests.faults.nursery import Nursery


@pytest.mark.parametrize("seconds", [2.5, pytest.param(600, marks=pytest.mark.slow)])
def test_readers_beside_a_writer_see_whole_generations(
    nursery: Nursery, tmp_path: Path, seconds: float
) -> None:
    idle = watch(nursery, tmp_path, seconds / 4, writing=False)
    busy = watch(nursery, tmp_path, seconds, writing=True)
    assert idle.wrong == busy.wrong == []
    assert idle.compared
    assert busy.compared
    assert busy.editions > 0
    assert 0 < busy.log_bytes <= MOST_LOG_BYTES

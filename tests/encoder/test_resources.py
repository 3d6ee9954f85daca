from __future__ import annotations

import os
from pathlib import Path

import pytest

from encoder.resources import usable_cores, usable_memory


@pytest.mark.parametrize(
    ("said", "cores"), [("max 100000", None), ("150000 100000", 2), ("20000 100000", 1), ("", None)]
)
def test_a_quota_counts_as_cores(tmp_path: Path, said: str, cores: int | None) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text(said, encoding="ascii")
    every = len(os.sched_getaffinity(0))
    assert usable_cores(quota) == (every if cores is None else min(cores, every))
    assert usable_cores(tmp_path / "missing") == every


@pytest.mark.parametrize("said", ["max", "1048576", "9223372036854771712"])
def test_a_container_limits_memory(tmp_path: Path, said: str) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(said, encoding="ascii")
    every = usable_memory([])
    assert every > 1 << 20
    assert usable_memory([tmp_path / "missing", limit]) == (1 << 20 if said == "1048576" else every)

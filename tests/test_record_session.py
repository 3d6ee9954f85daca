"""A session with the real program in a real terminal, recorded by script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
def test_a_session_can_be_recorded(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "scripts" / "record-session"), str(tmp_path)]
    ran = subprocess.run(script, env=os.environ, capture_output=True, text=True, check=False, timeout=1_800)
    assert (ran.returncode, ran.stderr) == (0, "")
    kept = {file.name[3:-4]: file.read_text(encoding="utf-8") for file in tmp_path.glob("*.txt")}
    assert set(kept) >= {"ingest", "search-german", "search-english", "search-french", "filter"}
    assert "read 11, unchanged 0" in kept["ingest"]
    assert "火星" in kept["search-german"]
    assert "candidates:" in kept["explanation"]
    assert "stand where they are said to" in kept["verify"]

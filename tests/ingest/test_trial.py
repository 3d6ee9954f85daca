"""Whether readers are confined: what is tried, and what is made of it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from index_data.observations import Verdict
from ingest.trial import examine_confinement, try_confinement

HELD: dict[str, Any] = {"done": [], "limits": [0, 0], "network": "", "files": ""}


def verdicts(**said: Any) -> dict[str, Verdict]:
    return {item.subject: item.verdict for item in examine_confinement(HELD | said)}


def test_the_limits_hold_here() -> None:
    said = try_confinement()
    assert set(said) == set(HELD)
    assert said["limits"] == [0, 0]
    assert "memory" not in said["done"]
    # Where the kernel gave no reason, nothing may have been possible.
    assert "network" not in said["done"] or said["network"]
    assert "files" not in said["done"] or said["files"]


def test_without_confinement_everything_succeeds() -> None:
    program = (
        "import sys; from pathlib import Path; from tempfile import mkdtemp\n"
        "from ingest.readers import trial_child\n"
        "from ingest.readers.confinement import Gaps\n"
        "trial_child.confine = lambda **_: Gaps('', '')\n"
        "trial_child.MEMORY_BYTES = 1 << 20\n"
        "trial_child.main(Path(mkdtemp()))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert '"done": ["memory", "network", "files", "programs"]' in ran.stdout


def test_what_holds_is_ok() -> None:
    assert verdicts() == dict.fromkeys(("limits", "network", "files", "programs"), Verdict.OK)


@pytest.mark.parametrize("said", [{"done": ["memory"]}, {"limits": [0, 4096]}])
def test_a_limit_that_does_not_hold_is_a_fault(said: dict[str, Any]) -> None:
    assert verdicts(**said) == verdicts() | {"limits": Verdict.FAULT}


def test_a_layer_that_is_missing_is_a_warning_with_its_reason_and_what_helps() -> None:
    said = HELD | {"done": ["network", "files"], "network": "no namespaces", "files": "no Landlock"}
    _, network, files, programs = examine_confinement(said)
    assert (network.verdict, files.verdict, programs.verdict) == (
        Verdict.WARNING,
        Verdict.WARNING,
        Verdict.OK,
    )
    assert network.what == "nothing keeps readers from reaching the network: no namespaces"
    assert files.what == "nothing keeps readers from writing files: no Landlock"
    assert "namespaces" in network.remedy
    assert "Landlock" in files.remedy

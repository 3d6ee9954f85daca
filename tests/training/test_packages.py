"""Packages are fetched whole, one by one."""

import os
import subprocess
from pathlib import Path

import pytest

from training.packages import download

CLIENT = """#!/bin/sh
# Stands for apt-get: writes half a package and fails for the one that $STOP_AT names.
printf half > "$2_1.0_all.deb"
[ "$2" = "$STOP_AT" ] && exit 100
printf whole > "$2_1.0_all.deb"
echo "$2" >> ../asked
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for packages, with a client of packages that needs no network."""
    client = tmp_path / "bin" / "apt-get"
    client.parent.mkdir()
    client.write_text(CLIENT, encoding="utf-8")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}{os.pathsep}{os.environ['PATH']}")
    downloads = tmp_path / "packages"
    downloads.mkdir()
    return downloads


def test_a_download_that_stopped_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOP_AT", "two")
    with pytest.raises(subprocess.CalledProcessError):
        download(["one", "two", "three"], folder)
    assert [path.name for path in folder.glob("*.deb")] == ["one_1.0_all.deb"]
    monkeypatch.setenv("STOP_AT", "")
    download(["two", "three"], folder)
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.deb")}
    assert found == {f"{name}_1.0_all.deb": "whole" for name in ("one", "two", "three")}
    assert (folder / "asked").read_text(encoding="utf-8").split() == ["one", "two", "three"]
    assert not (folder / "partial").exists()

"""The scripts of `dragoman completion`, each in its shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from index_data.paths import IndexPaths
from terminal.cli import cli, main
from terminal.collections import collection

ASK = "dragoman search --format v"
"""A line in which one word is begun, which only `vimgrep` ends."""


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path, program: Path) -> Path:
    """Write the script of a shell that is installed."""
    shell = str(request.param)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    file = tmp_path / f"dragoman.{shell}"
    written = subprocess.run([program, "completion", shell], check=True, capture_output=True)
    assert written.stderr == b""
    file.write_bytes(written.stdout)
    return file


def ran(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_bash_completes(script: Path) -> None:
    drive = f"source {script}; COMP_WORDS=({ASK}); COMP_CWORD=3; _dragoman_completion dragoman"
    assert ran("bash", "--norc", "-c", drive + '; echo "${COMPREPLY[*]}"') == "vimgrep\n"
    assert "-F _dragoman_completion dragoman" in ran("bash", "--norc", "-c", f"source {script}; complete -p")


@pytest.mark.parametrize("script", ["fish"], indirect=True)
def test_fish_completes(script: Path) -> None:
    assert ran("fish", "--no-config", "-c", f"source {script}; complete -C '{ASK}'") == "vimgrep\n"


@pytest.mark.parametrize("script", ["zsh"], indirect=True)
def test_zsh_completes(script: Path, tmp_path: Path) -> None:
    """A terminal of its own gets the line and a tab; reading blocks until the word is whole."""
    drive = f"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= ; autoload -Uz compinit; compinit -u -d {tmp_path}/dump; source {script}; print RE''ADY"
zpty -r shell said '*READY*'
zpty -w -n shell $'{ASK}\\t'
zpty -r shell said '*{ASK}imgrep*'
zpty -d shell
print -r -- completed
"""
    assert ran("zsh", "-f", "-c", drive) == "completed\n"


def completed(*words: str) -> list[str]:
    """Complete the last word as the scripts ask for it."""
    environment = {
        "_DRAGOMAN_COMPLETE": "fish_complete",
        "COMP_WORDS": " ".join(("dragoman", *words)),
        "COMP_CWORD": words[-1],
    }
    said = CliRunner().invoke(cli, [], prog_name="dragoman", env=environment).output
    return [line.partition(",")[2].partition("\t")[0] for line in said.splitlines()]


def test_names_are_offered_where_they_are_known() -> None:
    for name in ("papers", "pictures", "travel"):
        database = IndexPaths(collection(name).folder).database
        database.parent.mkdir(parents=True)
        database.touch()
    assert completed("search", "-c", "p") == ["papers", "pictures"]
    assert completed("collections", "show", "t") == ["travel"]
    assert completed("similar", "--type", "pdf,m") == ["pdf,mbox", "pdf,md"]
    assert "bge-m3" in completed("ingest", "--model", "bge")
    assert completed("search", "--mode", "d") == ["dense"]
    assert "models" in completed("mod")


def test_another_shell_is_a_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err

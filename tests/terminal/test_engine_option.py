"""`dragoman ingest --engine`: what is refused before anything is loaded, and one real run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.cluster import session
from terminal.cli import main
from tests.faults.oracle import dump

ROOT = Path(__file__).parents[2]
DRAGOMAN = "import sys; from terminal.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "bread.txt").write_text("Let the bread rise for an hour, then bake it.\n", encoding="utf-8")
    (documents / "brot.md").write_text("# Brot\n\nDas Brot eine Stunde gehen lassen.\n", encoding="utf-8")
    return documents


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--engine", "spark"], "It has to be local, ray or ray://ADDRESS."),
        (["--engine", "ray://"], "It has to be local, ray or ray://ADDRESS."),
        (["--engine", "ray", "--ray-gpus", "0"], "It has to be a number above 0."),
        (["--engine", "ray://head.example", "--offline"], "Leave out --offline, or use --engine ray."),
        (["--engine", "ray", "--model", "ollama:bge-m3"], "Use --engine local."),
    ],
    ids=["another", "no address", "no gpus", "offline", "served"],
)
def test_what_cannot_be_is_refused(
    folder: Path, index_folder: Path, flags: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "--index", str(index_folder), *flags, str(folder)]) == 2
    assert told in capsys.readouterr().err
    assert not index_folder.exists()


def test_without_ray_it_says_what_to_install(
    folder: Path, index_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "find_spec", lambda _: None)
    assert main(["ingest", "--index", str(index_folder), "--engine", "ray", str(folder)]) == 2
    assert "pip install 'dragoman[ray]'" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_line_is_the_same_by_ray(folder: Path, tmp_path: Path) -> None:
    reports = {}
    for engine in ("local", "ray"):
        index = tmp_path / engine
        command = [
            sys.executable,
            "-c",
            DRAGOMAN,
            "ingest",
            "--engine",
            engine,
            "--json",
            "--index",
            str(index),
        ]
        run = subprocess.run(
            [*command, str(folder)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.returncode, run.stderr) == (0, "")
        reports[engine] = json.loads(run.stdout) | {"index": ""}
    assert reports["ray"] == reports["local"]
    assert reports["ray"]["ingested"] == 2
    assert dump(tmp_path / "ray") == dump(tmp_path / "local")

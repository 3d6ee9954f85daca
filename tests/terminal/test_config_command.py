from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from terminal.cli import main
from terminal.settings import Settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_every_setting_is_shown_with_its_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dragoman.toml").write_text('per_doc = 2\nviewer = "x\\u001b[2J"\n', encoding="utf-8")
    monkeypatch.setenv("DRAGOMAN_LIMIT", "5")
    assert main(["config", "show", "-c", "papers"]) == 0
    said, told = capsys.readouterr()
    rows = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    assert {field.name for field in fields(Settings)} <= set(rows)
    assert rows["limit"] == ["5", "env", "DRAGOMAN_LIMIT"]
    assert rows["per_doc"] == ["2", "project", str(tmp_path / "dragoman.toml")]
    assert rows["collection"] == ["papers", "flag", "--collection"]
    assert rows["index"][1:] == ["flag", "--collection"]
    assert rows["offline"] == ["-", "default"]
    assert rows["ignored"][:2] == ["viewer", "may"]
    assert told == ""


def test_the_same_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dragoman.toml").write_text("skore = 2\nprefer_lang = 'de'\n", encoding="utf-8")
    assert main(["config", "show", "--json"]) == 0
    said, told = capsys.readouterr()
    shape = json.loads(said)
    assert told == ""
    assert shape["schema"] == "dragoman.config/1"
    assert list(shape["settings"]) == [field.name for field in fields(Settings)]
    assert shape["settings"]["prefer_lang"] == {
        "value": ["de"],
        "source": "project",
        "from": str(tmp_path / "dragoman.toml"),
    }
    assert shape["settings"]["mode"] == {"value": "hybrid", "source": "default", "from": None}
    assert [(one["key"], one["remedy"]) for one in shape["ignored"]] == [("skore", "Did you mean min_score?")]
    assert [(one["kind"], one["there"]) for one in shape["files"]] == [("user", False), ("project", True)]


def test_the_files_that_are_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(tmp_path / "own\x1b.toml"))
    assert main(["config", "path"]) == 0
    assert capsys.readouterr().out == f"user     {tmp_path}/own�.toml  (not there)\n"


def test_a_right_file_is_0_and_a_wrong_one_2_with_all_that_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["config", "validate"]) == 0
    capsys.readouterr()
    own = tmp_path / "own.toml"
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(own))
    own.write_text('viewer = "okular"\n', encoding="utf-8")
    assert main(["config", "validate"]) == 0
    assert capsys.readouterr().out == f"{own}: all right\n"
    own.write_text("limmit = 3\nlimit = 0\nmode = 'dense'\n", encoding="utf-8")
    assert main(["config", "validate"]) == 2
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{own}: there is no setting called limmit. Did you mean limit?",
        f"{own}: limit is 0. It has to be a whole number above 0.",
    ]
    assert main(["config", "validate", "--json"]) == 2
    shape = json.loads(capsys.readouterr().out)
    assert (shape["schema"], shape["sound"]) == ("dragoman.config-validation/1", False)
    assert [one["key"] for one in shape["files"][0]["problems"]] == ["limmit", "limit"]


def test_what_only_a_project_may_not_set_is_an_error_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, code in (("own.toml", 0), ("dragoman.toml", 2)):
        (tmp_path / name).write_text('viewer = "okular"\n', encoding="utf-8")
        assert main(["config", "validate", str(tmp_path / name)]) == code
    assert "viewer may not be set by a project" in capsys.readouterr().out
    assert main(["config", "validate"]) == 2


def test_a_file_that_cannot_be_read_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "validate", str(tmp_path / "none.toml")]) == 2
    assert "cannot read the settings in" in capsys.readouterr().err

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from encoder.models.registry import known_models
from terminal.cli import main


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("DRAGOMAN_OFFLINE", "HF_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("DRAGOMAN_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "modules.json", "README.md"):
        (folder / name).write_text("{}", encoding="utf-8")
    save_file({"weight": torch.ones(2)}, folder / "model.safetensors")
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> tuple[str, str]:
    assert main(["models", *map(str, arguments)]) == code
    return capsys.readouterr()


def test_without_a_command_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert "fetch" in said(capsys)[0]


def test_the_list_says_what_is_here(models: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "fetch", "bge-m3", "--from", copy)
    table, told = said(capsys, "list")
    assert told == ""
    rows = {line.split()[0]: line for line in table.splitlines() if line and ":" not in line}
    assert set(rows) == {"model", *known_models()}
    assert {name for name, row in rows.items() if " fetched " in row} == {"bge-m3"}
    assert {name for name, row in rows.items() if " carried " in row} == {"builtin"}
    assert "English only" in rows["stella-400m"]


def test_the_list_as_json(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(said(capsys, "list", "--json")[0])
    assert listed["schema"] == "dragoman.models/1"
    assert listed["folder"] == str(models)
    by_name = {entry["name"]: entry for entry in listed["models"]}
    assert by_name["builtin"]["here"] is True
    assert by_name["bidirlm-1b"]["here"] is False
    assert by_name["bidirlm-1b"]["query_prompt"].endswith("\nQuery:")


def test_an_imported_model_is_verified(models: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, told = said(capsys, "fetch", "bidirlm-1b", "--from", copy)
    assert out == ""
    assert "bidirlm-1b is here, of an unknown commit" in told
    assert "Gemma" in told
    assert not (models / "bidirlm-1b" / "README.md").exists()
    assert said(capsys, "verify")[0] == f"{models / 'bidirlm-1b'}: as fetched\n"
    (models / "bidirlm-1b" / "config.json").write_text("[]", encoding="utf-8")
    (models / "bidirlm-1b" / "modules.json").unlink()
    for named in ("bidirlm-1b", models / "bidirlm-1b"):
        assert said(capsys, "verify", named, code=4)[0].splitlines() == [
            f"{models / 'bidirlm-1b'}: 2 of 4 files are not as fetched",
            "  config.json has other bytes than were fetched",
            "  modules.json is missing",
        ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bge-m3", "bge-m3 is not fetched"),
        ("builtin", "builtin is part of the package"),
        ("bge-m4", "no model is known as bge-m4"),
    ],
)
def test_what_cannot_be_verified(
    models: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    assert message in said(capsys, "verify", name, code=4)[1]


def test_a_folder_without_a_record_cannot_be_verified(
    models: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "has no dragoman.json" in said(capsys, "verify", copy, code=4)[1]


@pytest.mark.parametrize("flags", [["--offline"], []])
def test_offline_forbids_fetching(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    if not flags:
        monkeypatch.setenv("DRAGOMAN_OFFLINE", "1")
    told = said(capsys, "fetch", "bidirlm-1b", *flags, code=2)[1]
    assert "which the settings forbid" in told
    assert "--from FOLDER" in told


@pytest.mark.parametrize("flags", [["--online"], []])
def test_without_a_word_it_asks_the_hub(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    monkeypatch.setenv("DRAGOMAN_OFFLINE", "1") if flags else None
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert "the hub cannot be reached" in said(capsys, "fetch", "bidirlm-1b", *flags, code=4)[1]


def test_a_copy_has_no_other_revisions(models: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "fetch", "bge-m3", "--from", copy, "--revision", "v1", code=2)[1]
    assert "Leave out one of them" in told


def test_what_is_carried_need_not_be_fetched(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "part of the package" in said(capsys, "fetch", "builtin", "--offline")[1]


def test_a_gpu_elsewhere_is_planned_for_without_speeds(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = said(capsys, "plan", "--gpu", "t4")[0]
    assert "machine  t4, 15.0 GiB" in table
    assert "bidirlm-1b                     float32    3.72 GiB   32,768\n" in table
    assert "bfloat16" not in table
    assert "Speeds are measured only where a model runs" in table
    plan = json.loads(said(capsys, "plan", "--gpu", "h100", "--json")[0])
    assert plan["schema"] == "dragoman.plan/1"
    assert plan["folder"] is None
    assert {entry["tokens_per_second"] for entry in plan["models"]} == {None}
    assert "bge-reranker-v2-m3" not in {entry["name"] for entry in plan["models"]}


def test_a_folder_is_planned_for_with_measured_speeds(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encoder.models.speed.SECONDS", 0.05)
    monkeypatch.setattr("encoder.models.speed._WINDOWS", {"cpu": 1})
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "note.md").write_text("The notice period is three months. " * 200, encoding="utf-8")
    asked = ("plan", documents, "--model", "builtin", "--device", "cpu")
    plan = json.loads(said(capsys, *asked, "--json")[0])
    assert plan["folder"]["files"] == 1
    assert 1_400 <= plan["folder"]["estimated_tokens"] <= 2_200
    assert [entry["name"] for entry in plan["models"]] == ["builtin"] * len(plan["models"])
    assert {"float32", "int8"} <= {entry["format"] for entry in plan["models"]}
    for entry in plan["models"]:
        tokens, speed = plan["folder"]["estimated_tokens"], entry["tokens_per_second"]
        assert entry["seconds"] == pytest.approx(tokens / speed)


def test_what_was_fetched_and_verified_as_json(
    models: Path, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, told = said(capsys, "fetch", "bge-m3", "--from", copy, "--json", "--progress", "json")
    arrivals = [json.loads(line) for line in told.splitlines()]
    assert {one["type"] for one in arrivals} == {"arrival"}
    assert arrivals[-1]["arrived"] == arrivals[-1]["expected"] > 0
    fetched = json.loads(out)
    assert (fetched["schema"], fetched["folder"]) == ("dragoman.models-fetch/1", str(models / "bge-m3"))
    assert fetched["commit"] is None
    (models / "bge-m3" / "config.json").write_text("[]", encoding="utf-8")
    out, told = said(capsys, "verify", "--json", code=4)
    assert told == ""
    assert json.loads(out) == {
        "schema": "dragoman.models-verify/1",
        "sound": False,
        "models": [
            {
                "folder": str(models / "bge-m3"),
                "files": 4,
                "faults": ["config.json has other bytes than were fetched"],
            }
        ],
    }
    out, told = said(capsys, "fetch", "builtin", "--json")
    assert told == ""
    assert json.loads(out)["carried"] is True

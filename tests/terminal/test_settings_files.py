from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from terminal.setting_origins import Source
from terminal.settings import load_settings, trace_settings
from terminal.settings_files import MOST_BYTES, Refusal, project_file, read_project_file


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of a project, and work two folders below it."""
    inner = tmp_path / "project" / "src" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return tmp_path / "project"


def test_the_nearest_file_above_is_the_only_one(project: Path) -> None:
    assert project_file(Path.cwd()) is None
    (project / "dragoman.toml").write_text("limit = 3\n", encoding="utf-8")
    assert load_settings({}, {}).limit == 3
    (project / "src" / ".dragoman").mkdir()
    (project / "src" / ".dragoman" / "config.toml").write_text("per_doc = 2\n", encoding="utf-8")
    settings = load_settings({}, {})
    assert (settings.limit, settings.per_doc) == (10, 2)


def test_each_source_comes_before_the_next(project: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('limit = 1\nper_doc = 1\nmin_score = 0.1\nmode = "dense"\n', encoding="utf-8")
    (project / "dragoman.toml").write_text("limit = 2\nper_doc = 2\nmin_score = 0.2\n", encoding="utf-8")
    environment = {"DRAGOMAN_CONFIG": str(own), "DRAGOMAN_LIMIT": "3", "DRAGOMAN_PER_DOC": "3"}
    traced = trace_settings({"limit": "4", "mode": None}, environment)
    assert {
        name: (getattr(traced.settings, name), traced.origins[name].source, traced.origins[name].name)
        for name in ("limit", "per_doc", "min_score", "mode", "device")
    } == {
        "limit": (4, Source.FLAG, "--limit"),
        "per_doc": (3, Source.ENVIRONMENT, "DRAGOMAN_PER_DOC"),
        "min_score": (0.2, Source.PROJECT, str(project / "dragoman.toml")),
        "mode": ("dense", Source.USER, str(own)),
        "device": ("auto", Source.DEFAULT, ""),
    }


def test_a_project_decides_nothing_that_matters(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What runs, loads, sends or opens something, or hides a line, is ignored and told; the rest counts."""
    evil = {
        "index": '"/data/evil"',
        "models": '"/data/evil"',
        "model": '"openai:http://evil.example/v1#spy"',
        "reranker": '"tei:http://evil.example"',
        "viewer": '"sh -c evil {path}"',
        "offline": "false",
        "quiet": "true",
        "device": '"cuda"',
        "dtype": '"int8"',
        "window_tokens": "8",
        "overlap_tokens": "8",
        "passage_tokens": "8",
        "ocr": '"force"',
        "ocr_languages": '"eng;evil"',
        "engine": '"ray://evil.example"',
    }
    before = load_settings({}, {})
    assert capsys.readouterr().err == ""
    for key, value in evil.items():
        (project / "dragoman.toml").write_text(f"{key} = {value}\nlimit = 3\n", encoding="utf-8")
        traced = trace_settings({}, {})
        assert [fault.key for fault in traced.ignored] == [key]
        assert getattr(traced.settings, key) == getattr(before, key)
        assert traced.settings.limit == 3
        load_settings({}, {})
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        assert f"{key} may not be set by a project; see `dragoman config validate`" in told
        load_settings({"quiet": True}, {})
        assert capsys.readouterr().err == ""


def test_a_file_that_is_no_settings_stops_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = project / "dragoman.toml"
    for content, reason in (
        (b"limit = ", "it is no TOML"),
        (b"\xff\xfe l", "it is no TOML"),
        (b"limit = " + b"[" * 30_000, "it is no TOML"),
        (b"limit = " + b"9" * 9_000, "it is no TOML"),
        (b"#" * (MOST_BYTES + 1), "larger than 64 KiB"),
        (b"lim\xc2\x9bit = 1\n", "it is no TOML"),
        (b'"lim\\u009b31mit" = 1\n', "there is no setting called lim�31mit"),
        (b"limit = 0\n", "limit is 0"),
        (b"limit = 1979-05-27\n", "limit is "),
        (b'prefer_lang = [["de"]]\n', "prefer_lang is "),
        (b'collection = "../../evil"\n', "is no name of a collection"),
    ):
        file.write_bytes(content)
        assert load_settings({}, {}) == load_settings({}, {"DRAGOMAN_LIMIT": "10"})
        told = capsys.readouterr().err
        assert reason in told
        assert "\x9b" not in told
        assert len(told) < 1_000


def test_a_byte_order_mark_is_none_of_the_keys(project: Path) -> None:
    (project / "dragoman.toml").write_bytes(b"\xef\xbb\xbflimit = 3\n")
    assert load_settings({}, {}).limit == 3


def test_only_a_plain_file_of_ones_own_is_read(project: Path, tmp_path: Path) -> None:
    plain = tmp_path / "elsewhere.toml"
    plain.write_text("limit = 3\n", encoding="utf-8")
    file = project / "dragoman.toml"
    odd: list[tuple[Callable[[], object], str]] = [
        (lambda: file.symlink_to(plain), "it is a link"),
        (lambda: file.symlink_to("/dev/zero"), "it is a link"),
        (lambda: os.mkfifo(file), "it is no regular file"),
        (file.mkdir, "it is no regular file"),
    ]
    for make, reason in odd:
        make()
        assert read_project_file(file) == Refusal(reason)
        assert load_settings({}, {}).limit == 10
        file.rmdir() if file.is_dir() else file.unlink()
    plain.rename(file)
    assert read_project_file(file) == {"limit": 3}
    file.chmod(0o666)
    assert read_project_file(file) == Refusal("everybody may write to it")


def test_a_linked_folder_is_not_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "config.toml").write_text("limit = 3\n", encoding="utf-8")
    (project / ".dragoman").symlink_to(tmp_path / "elsewhere")
    assert load_settings({}, {}).limit == 10
    (project / ".dragoman").unlink()
    (tmp_path / "elsewhere").rename(project / ".dragoman")
    assert load_settings({}, {}).limit == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_another_user_is_not_read(project: Path) -> None:
    file = project / "dragoman.toml"
    file.write_text("limit = 3\n", encoding="utf-8")
    os.chown(file, 1234, -1)
    assert load_settings({}, {}).limit == 10
    os.chown(file, 0, -1)
    assert load_settings({}, {}).limit == 3
    os.chown(project, 1234, -1)  # the way up ends below it
    assert load_settings({}, {}).limit == 10


def test_nothing_above_the_home_folder_is_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "dragoman.toml").write_text("limit = 3\n", encoding="utf-8")
    assert load_settings({}, {}).limit == 3
    monkeypatch.setenv("HOME", str(project))
    assert load_settings({}, {}).limit == 3
    monkeypatch.setenv("HOME", str(project / "src"))
    assert load_settings({}, {}).limit == 10


def test_a_project_names_a_collection_and_a_flag_another_index(project: Path) -> None:
    (project / "dragoman.toml").write_text('collection = "papers"\n', encoding="utf-8")
    settings = load_settings({}, {})
    assert settings.collection == "papers"
    assert settings.index.parts[-2:] == ("collections", "papers")
    for flags, environment in (({"index": "/data/x"}, {}), ({}, {"DRAGOMAN_INDEX": "/data/x"})):
        stronger = load_settings(flags, environment)
        assert (stronger.collection, stronger.index) == (None, Path("/data/x"))

"""Sparse clones of public repositories, tried on a repository in a folder."""

import logging
import subprocess
from pathlib import Path

import pytest

from training.clones import Repository, clone


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a repository with two pages and a picture, and return its address."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    origin = tmp_path / "origin"
    (origin / "translations" / "fr").mkdir(parents=True)
    (origin / "README.md").write_text("# Title\n", encoding="utf-8")
    (origin / "translations" / "fr" / "README.md").write_text("# Titre\n", encoding="utf-8")
    (origin / "picture.png").write_bytes(b"large")
    git(origin, "init", "--quiet")
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(origin, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message=All")
    return origin.as_uri()


def test_only_wanted_files_are_downloaded(url: str, tmp_path: Path) -> None:
    """What the pattern names is there; the picture is neither checked out nor among the objects."""
    assert clone("course", Repository(url, "*.md"), tmp_path / "clones")
    course = tmp_path / "clones" / "course"
    files = {path.relative_to(course).as_posix() for path in course.rglob("*.*") if ".git/" not in str(path)}
    assert files - {".git"} == {"README.md", "translations/fr/README.md"}
    objects = git(course, "rev-list", "--objects", "--all", "--missing=print").splitlines()
    assert len([line for line in objects if line.startswith("?")]) == 1


def test_a_clone_is_made_once(url: str, tmp_path: Path) -> None:
    """A folder that is there is left alone, whatever it holds."""
    (tmp_path / "course").mkdir()
    assert clone("course", Repository(url, "*.md"), tmp_path)
    assert list((tmp_path / "course").iterdir()) == []


def test_a_missing_repository_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The run goes on without it, and nothing half-made stays behind."""
    with caplog.at_level(logging.WARNING):
        assert not clone("course", Repository((tmp_path / "none").as_uri(), "*.md"), tmp_path / "clones")
    (message,) = caplog.messages
    assert message.startswith("going on without course: ")
    assert "\n" not in message
    assert list((tmp_path / "clones").iterdir()) == []

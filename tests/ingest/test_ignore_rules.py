"""What git would ignore is not read, nor what the user's own rules leave out."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from ingest.discovery import FoundFile, Ignored, Unsupported, walk
from ingest.ignore_rules import IgnoreRules


def _write(path: Path, text: str = "words") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _walked(
    folder: Path, root: Path | None = None, *, heed_ignore_files: bool = True
) -> tuple[set[str], set[str]]:
    """Name what is found below `root`, and what is ignored."""
    findings = list(walk([root or folder], leave_out=folder / "none", heed_ignore_files=heed_ignore_files))
    found = {str(item.path.relative_to(folder)) for item in findings if isinstance(item, FoundFile)}
    ignored = {str(item.path.relative_to(folder)) for item in findings if isinstance(item, Ignored)}
    return found, ignored


@pytest.fixture
def repository(folder: Path) -> Path:
    (folder / ".git").mkdir()
    _write(folder / ".gitignore", "*.txt\n!keep.txt\n/build/\nnotes/*\n!notes/index.md\n# comment\n\n")
    for name in (
        "a.md",
        "a.txt",
        "keep.txt",
        "build/out.md",
        "deep/build/in.md",
        "deep/b.txt",
        "notes/index.md",
        "notes/other.md",
    ):
        _write(folder / name)
    return folder


def test_a_repository_is_read_without_what_git_ignores(repository: Path) -> None:
    found, ignored = _walked(repository)
    assert found == {"a.md", "keep.txt", "deep/build/in.md", "notes/index.md"}
    assert ignored == {"a.txt", "build", "deep/b.txt", "notes/other.md"}


def test_everything_is_read_where_that_is_asked_for(repository: Path) -> None:
    found, ignored = _walked(repository, heed_ignore_files=False)
    assert len(found) == 8
    assert ignored == set()


def test_outside_a_repository_gits_rules_mean_nothing(repository: Path) -> None:
    (repository / ".git").rmdir()
    assert _walked(repository)[1] == set()


def test_a_deeper_rule_has_the_last_word(repository: Path) -> None:
    _write(repository / "deep" / ".gitignore", "!b.txt\n*.md\n")
    found, ignored = _walked(repository)
    assert "deep/b.txt" in found
    assert "deep/build/in.md" in ignored


def test_a_repository_inside_another_has_rules_of_its_own(repository: Path) -> None:
    _write(repository / "deep" / ".git", "gitdir: elsewhere")
    assert "deep/b.txt" in _walked(repository)[0]


def test_our_rules_hold_anywhere_and_before_gits(repository: Path) -> None:
    _write(repository / ".dragomanignore", "!a.txt\ndeep/\n")
    found, ignored = _walked(repository)
    assert "a.txt" in found
    assert "deep" in ignored
    (repository / ".git").rmdir()
    found, ignored = _walked(repository)
    assert ignored == {"deep"}


def test_rules_above_the_named_folder_hold_in_it(repository: Path) -> None:
    _write(repository.parent / ".dragomanignore", "other.md\n")
    found, ignored = _walked(repository, repository / "deep")
    assert (found, ignored) == ({"deep/build/in.md"}, {"deep/b.txt"})
    assert _walked(repository, repository / "notes")[0] == {"notes/index.md"}


def test_what_is_named_is_read_even_if_ignored(repository: Path) -> None:
    assert _walked(repository, repository / "a.txt") == ({"a.txt"}, set())
    assert _walked(repository, repository / "build") == ({"build/out.md"}, set())


def test_an_ignored_file_of_another_kind_counts_as_ignored(repository: Path) -> None:
    _write(repository / ".gitignore", "*.png\n")
    picture = _write(repository / "b.png")
    findings = list(walk([repository], leave_out=repository / "none"))
    assert Ignored(picture) in findings
    assert Unsupported(picture) not in findings


def test_we_agree_with_git(repository: Path) -> None:
    rules = [
        "*.txt",
        "!/deep/**/b.txt",
        "a/**/z.md",
        "**/c/",
        "d*/[ab]?.md",
        "\\!x.md",
        "e/*",
        "!e/f.md",
        "/*.rst",
    ]
    _write(repository / ".gitignore", "\n".join(rules))
    (repository / ".git").rmdir()
    names = [
        "a/z.md",
        "a/b/c/z.md",
        "a/b/z.md",
        "dd/a1.md",
        "dd/c1.md",
        "!x.md",
        "e/f.md",
        "e/g.md",
        "h.rst",
        "i/h.rst",
    ]
    for name in names:
        _write(repository / name)
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard", "-z"],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    visible = {name for name in listed.stdout.split("\0") if name and not name.startswith(".")}
    assert _walked(repository)[0] == visible


def test_a_bad_rule_is_passed_over_and_the_others_hold(folder: Path) -> None:
    _write(folder / ".dragomanignore", "[z-a]\n!\n\\\n[[:alpha:]]x\nb.md\n\0\n")
    for name in ("a.md", "b.md"):
        _write(folder / name)
    assert _walked(folder) == ({"a.md"}, {"b.md"})


def test_what_is_no_regular_file_holds_no_rules(folder: Path) -> None:
    os.mkfifo(folder / ".dragomanignore")
    _write(folder / "a.md")
    assert _walked(folder) == ({"a.md"}, set())


def test_names_that_are_not_utf8_are_matched(folder: Path) -> None:
    (folder / ".dragomanignore").write_bytes(b"caf\xe9.txt\n")
    path = _write(folder / os.fsdecode(b"caf\xe9.txt"))
    assert Ignored(path) in list(walk([folder], leave_out=folder / "none"))


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        *(("*a" * stars + "b", "a" * length) for stars in (2, 3, 4, 40) for length in (120, 250)),
        *(("**/a/" * stars + "b", "a/" * length + "c") for stars in (2, 3, 4, 40) for length in (60, 1_500)),
    ],
    ids=range(16),
)
def test_a_rule_that_is_made_to_be_slow_is_not(folder: Path, rule: str, name: str) -> None:
    _write(folder / ".dragomanignore", rule)
    rules = IgnoreRules.above(folder / "x", {})
    started = time.monotonic()
    assert not rules.ignore(folder / name, is_folder=False)
    assert time.monotonic() - started < 10


def test_only_the_first_rules_of_a_huge_file_count(folder: Path) -> None:
    _write(folder / ".dragomanignore", "a.md\n" + "x\n" * 5_000 + "b.md\n")
    for name in ("a.md", "b.md"):
        _write(folder / name)
    assert _walked(folder) == ({"b.md"}, {"a.md"})

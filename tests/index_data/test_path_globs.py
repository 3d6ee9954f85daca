from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.path_globs import PathGlob

PATH = "/users/ada/reports/2024/q1/costs.final.pdf"


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "reports/**",
            "reports/**/costs*",
            "**/reports/**",
            "reports/",
            "reports",
            "2024",
            "reports/*",
            "*.pdf",
        ),
        *(
            "q1/*.pdf",
            "reports/*/q1",
            "reports/**/**/*.pdf",
            "costs.final.pdf",
            "cost?.*.pd[ef]",
            "./reports",
        ),
        *(
            "/users/**",
            "/users",
            "/",
            "/users/ada/reports/2024/q1/costs.final.pdf",
            "/**/q1/*",
            "*/q1/*",
            "/*/ada",
        ),
    ],
)
def test_a_glob_that_matches(pattern: str) -> None:
    assert PathGlob.of(pattern).matches(PATH)


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "report/**",
            "reports/*.pdf",
            "ports/**",
            "/reports/**",
            "/ada",
            "q1/reports",
            "*.PDF",
            "[!c]*.final.pdf",
        ),
        *(
            "costs.final.pdf/**",
            "costs.final.pdf/",
            "/users/*/2024",
            "reports/2023/**",
            "reports/q1",
            "final",
        ),
    ],
)
def test_a_glob_that_does_not(pattern: str) -> None:
    assert not PathGlob.of(pattern).matches(PATH)


def test_the_home_folder_and_names_in_another_normal_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/users/ada")
    assert PathGlob.of("~/reports").matches(PATH)
    assert PathGlob.of("B\u00fccher/**").matches("/B\u0075\u0308cher/a.txt")


@given(st.lists(st.sampled_from(["a", "b", "*", "**", "a*"]), min_size=1, max_size=5).map("/".join))
def test_it_agrees_with_the_glob_of_the_standard_library(
    tmp_path_factory: pytest.TempPathFactory, pattern: str
) -> None:
    root = _tree(tmp_path_factory)
    named = {path for path in root.glob(f"**/{pattern}") if path != root}
    expected = {
        file
        for file in root.rglob("*")
        if file.is_file() and any(file == path or file.is_relative_to(path) for path in named)
    }
    ours = PathGlob.of(pattern)
    found = {
        file for file in root.rglob("*") if file.is_file() and ours.matches(f"/{file.relative_to(root)}")
    }
    assert found == expected


def _tree(factory: pytest.TempPathFactory) -> Path:
    root = factory.getbasetemp() / "globbed"
    for folder in ("a/b", "b/a/a", "aa/b"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "a").touch()
        (root / folder / "c").touch()
        (root / folder).parent.joinpath("ab").touch()
    return root

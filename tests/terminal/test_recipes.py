"""The recipes of the docs, run by the programs that they are for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")


def recipe(language: str, holding: str) -> str:
    """Find the one block of the page in `language` that holds a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    found = [block for block in blocks if holding in block]
    assert len(found) == 1
    return str(found[0])


def line(holding: str) -> str:
    """Find the one command line of the page that holds a text."""
    found = [command for command in re.findall(r"^\$ (.*)", PAGE, re.MULTILINE) if holding in command]
    assert len(found) == 1
    return str(found[0])


@pytest.fixture
def _asked_by_words(library: Library, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the recipes ask the library, without an encoder."""
    monkeypatch.setenv("DRAGOMAN_INDEX", str(library.index_folder))
    monkeypatch.setenv("DRAGOMAN_MODE", "lexical")


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")


def run(script: str, **environment: str) -> str:
    command = ["env", *(f"{name}={value}" for name, value in environment.items()), "bash", "-uc", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.usefixtures("_asked_by_words")
def test_xargs_gets_the_files(library: Library) -> None:
    command = line("xargs -0 grep").replace("notice period", "brot bread").replace("tenant", "yeast")
    assert run(command) == f"{library.files / 'bread.md'}\n"


@pytest.mark.usefixtures("_asked_by_words")
def test_fzf_chooses_a_hit() -> None:
    needs("fzf", "jq")
    picked = run(recipe("bash", "pick()") + '\npick "brot bread yeast"', FZF_DEFAULT_OPTS="--filter=klang")
    assert picked == "5\n"
    assert run(f"dragoman get {picked}").startswith("Brot backen für Anfänger")


@pytest.mark.usefixtures("hostile_library", "program")
def test_fzf_is_shown_nothing_that_it_would_obey(
    hostile_library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("fzf", "jq")
    monkeypatch.setenv("DRAGOMAN_INDEX", str(hostile_library.index_folder))
    monkeypatch.setenv("DRAGOMAN_MODE", "lexical")
    whole = recipe("bash", "pick()").replace("| cut -f 1", "").replace("|\n    cut -f 1\n", "\n")
    obeyed = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
    for careful, harm in ((whole, False), (whole.replace(" | shown", ""), True)):
        shown = run(f"{careful}\npick --all pwned", FZF_DEFAULT_OPTS="--filter=pwned")
        assert shown.count("\n") >= 5
        assert bool(obeyed.search(shown)) is harm


@pytest.mark.usefixtures("_asked_by_words")
def test_vim_gets_a_list_of_places(library: Library, tmp_path: Path) -> None:
    needs("vim")
    (tmp_path / "recipe.vim").write_text(recipe("vim", "grepprg"), encoding="utf-8")
    ask = (
        f"source {tmp_path}/recipe.vim | silent grep! klingt | let found = getqflist() | "
        "call map(found, {_, place -> bufname(place.bufnr) . ':' . place.lnum . ':' . place.text}) | "
        f"call writefile(found, '{tmp_path}/list')"
    )
    command = ["vim", "-N", "-u", "NONE", "-i", "NONE", "-es", "-c", ask, "-c", "qall!"]
    subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL, capture_output=True)
    places = (tmp_path / "list").read_text(encoding="utf-8").splitlines()
    assert len(places) == 1
    name, number, text = places[0].split(":", 2)
    assert (library.files / "brot.md").samefile(library.files / name)
    assert (
        (library.files / name).read_text(encoding="utf-8").splitlines()[int(number) - 1].startswith(text[:20])
    )


@pytest.mark.usefixtures("_asked_by_words")
def test_a_script_can_tell_nothing_from_a_mistake(library: Library) -> None:
    needs("jq")
    script = recipe("bash", "Nothing found is 1")
    assert run(script.replace("notice period", "klingt")) == f"{library.files / 'brot.md'}\n"
    assert run(script.replace("notice period", "zzzz")) == "nothing\n"
    with pytest.raises(subprocess.CalledProcessError):
        run(script.replace("notice period", "lang:xx klingt"))


@pytest.mark.usefixtures("_asked_by_words")
def test_many_questions_are_counted() -> None:
    needs("jq")
    command = line("--batch").replace("notice period", "klingt")
    assert run(command) == '{"id":1,"count":1}\n'

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import jsonschema
import pytest
from click.testing import CliRunner

from index_data import kinds
from index_data.kinds import Kind
from index_data.rebuilding import rebuild
from search.dates import REMEDY
from terminal.cli import cli, main
from terminal.command_groups import CommandGroups
from terminal.diagnostics import MEANINGS
from terminal.json_output import schema_text

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

BY_WORDS = ("--mode", "lexical")


def run(*arguments: str, index: Path) -> int:
    return main([arguments[0], "--index", str(index), *arguments[1:]])


def test_without_a_command_the_help_is_shown() -> None:
    bare, asked = CliRunner().invoke(cli, []), CliRunner().invoke(cli, ["--help"])
    assert bare.exit_code == asked.exit_code == 0
    assert bare.stdout == asked.stdout
    for code, meaning in MEANINGS.items():
        assert f"{code:<4} {meaning}" in re.sub(r"\n +(?! *\d+ )", " ", bare.stdout)


def test_the_help_lists_each_command_once_under_what_it_is_for_in_80_columns() -> None:
    shown = CliRunner().invoke(cli, ["--help"], terminal_width=80).stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert isinstance(cli, CommandGroups)
    under = [name for names in cli.headings.values() for name in names]
    assert sorted(under) == sorted(cli.commands), "every command has one heading in terminal/cli.py"
    sections = dict(re.findall(r"^(\S.*):\n((?:  .*\n)+)", shown, re.MULTILINE))
    for heading, names in cli.headings.items():
        assert re.findall(r"^  (\S+)", sections[heading], re.MULTILINE) == [*names]
    assert cli.list_commands(click.Context(cli)) == sorted(cli.commands)


def test_a_command_without_a_heading_is_listed_all_the_same() -> None:
    some = {name: click.Command(name, help=f"Does {name}.") for name in ("a", "b")}
    shown = (
        CliRunner().invoke(CommandGroups("x", commands=some, headings={"First": ["b"]}), ["--help"]).stdout
    )
    assert shown.index("First:\n  b  Does b.") < shown.index("More:\n  a  Does a.")


@pytest.mark.parametrize("command", list(cli.commands))
def test_every_command_and_option_has_help(command: str) -> None:
    assert CliRunner().invoke(cli, [command, "--help"]).exit_code == 0
    for parameter in cli.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_text_on_stdout_and_nothing_on_stderr(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "brot", "klang", *BY_WORDS, index=library.index_folder) == 0
    said, told = capsys.readouterr()
    assert told == ""
    assert said.startswith(" 1  ")
    assert "Brot backen für Anfänger  de  #5\n    brot.md:3\n" in said


def test_json_is_the_documented_shape(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "brot", *BY_WORDS, "--json", "-n", "1", index=library.index_folder) == 0
    said, told = capsys.readouterr()
    assert told == ""
    shape = json.loads(said)
    jsonschema.validate(shape, json.loads(schema_text()))
    assert shape["query"]["limit"] == len(shape["results"]) == 1
    assert shape["index"]["folder"] == str(library.index_folder)


@pytest.mark.parametrize("flags", [["--jsonl"], ["--format", "jsonl"]])
def test_jsonl(library: Library, capsys: pytest.CaptureFixture[str], flags: list[str]) -> None:
    assert run("search", "brot", *BY_WORDS, *flags, index=library.index_folder) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["type"] for line in lines] == ["result", "result", "summary"]


@pytest.mark.parametrize("name", ["found.json", "found.jsonl", "found.csv", "found.md", "found.txt"])
def test_a_file_gets_what_its_suffix_says(
    library: Library, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run("search", "brot", *BY_WORDS, "-o", name, index=library.index_folder) == 0
    assert capsys.readouterr() == ("", "")
    written = (library.files / name).read_text(encoding="utf-8")
    starts = {".json": "{\n", ".jsonl": '{"type": "result"', ".csv": "rank,", ".md": "# brot", ".txt": " 1  "}
    assert written.startswith(starts[Path(name).suffix])


def test_a_file_that_cannot_be_written_is_told(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "brot", *BY_WORDS, "-o", "missing/found.json", index=library.index_folder) == 2
    assert capsys.readouterr().err.startswith("dragoman: cannot write missing/found.json: No such file")


def test_no_hit_is_1_unless_told_otherwise(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "zymurgy", *BY_WORDS, index=library.index_folder) == 1
    said, told = capsys.readouterr()
    assert said == ""
    assert told.startswith("No passage answers this.")
    assert run("search", "zymurgy", *BY_WORDS, "--exit-zero", "--quiet", index=library.index_folder) == 0
    assert capsys.readouterr() == ("", "")
    assert run("search", "zymurgy", *BY_WORDS, "--json", index=library.index_folder) == 1
    said, told = capsys.readouterr()
    assert json.loads(said)["results"] == []
    assert told == ""


def test_filters(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    def paths(*flags: str) -> set[str]:
        run("search", "bread brot tax", *BY_WORDS, "--json", *flags, index=library.index_folder)
        return {Path(result["path"]).name for result in json.loads(capsys.readouterr().out)["results"]}

    assert paths() == {"bread.md", "brot.md", "tax.pdf"}
    assert paths("--lang", "DE, zh") == {"brot.md"}
    assert paths("--lang", "de", "--lang", "en") == {"bread.md", "brot.md", "tax.pdf"}
    assert paths("--type", "pdf") == {"tax.pdf"}
    assert paths("--path", "*/b*.md") == {"bread.md", "brot.md"}
    assert paths("--not-lang", "de", "--not-lang", "zh") == {"bread.md", "tax.pdf"}
    assert paths("--title", "income tax", "--title", "anf*") == {"tax.pdf", "brot.md"}
    assert paths("--since", "1d", "--before", "2200") == {"bread.md", "brot.md", "tax.pdf"}
    assert paths("--after", "2200") == paths("--before", "2000-01-31") == set()
    assert paths("--lang", "de,en", "lang:de -klang") == {"brot.md"}
    assert paths("--lang", "en", "lang:de") == set()
    assert paths("--min-score", "1") < {"bread.md", "brot.md", "tax.pdf"}


def test_preferred_languages_come_first_and_hide_nothing(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(*flags: str) -> dict[str, Any]:
        run("search", "bread brot tax", *BY_WORDS, "--json", *flags, index=library.index_folder)
        return dict(json.loads(capsys.readouterr().out))

    plain, preferring = ask(), ask("--prefer-lang", "de")
    scores = [
        {Path(hit["path"]).name: hit["score"] for hit in found["results"]} for found in (plain, preferring)
    ]
    assert preferring["query"]["preferred_languages"] == ["de"]
    assert scores[1] == scores[0] | {"brot.md": pytest.approx(1 - 0.9 * (1 - scores[0]["brot.md"]), abs=1e-4)}


@pytest.mark.parametrize(
    ("flags", "message", "remedy"),
    [
        (["--lang", "xx"], "the index has nothing of the language xx", "lang can be en, de, ar, th, zh."),
        (["--type", "doc"], "the index has nothing of the type doc", "type can be md, pdf, txt."),
        (["--limit", "none"], "--limit is 'none'", "It has to be a whole number above 0."),
        (["--min-score", "2"], "--min-score is '2'", "It has to be a number from 0 to 1."),
        (
            ["--prefer-lang", "german"],
            "--prefer-lang is 'german'",
            "It has to be codes of languages, as in de,fr.",
        ),
        (["--mode", "best"], "Invalid value for '--mode'", "`dragoman search --help` lists what it takes."),
        (["--lang", "ed"], "the index has nothing of the language ed", "lang can be en, de, ar, th, zh."),
        (["--since", "soon"], "soon is no date", REMEDY),
        (["lnag:de"], "there is no field lnag:", "Did you mean lang:? In quotes it is text."),
        (["--langs", "de"], "No such option", "`dragoman search --help` lists what it takes."),
    ],
)
def test_a_misuse_is_told_in_two_lines(
    library: Library, capsys: pytest.CaptureFixture[str], flags: list[str], message: str, remedy: str
) -> None:
    assert run("search", "brot", *BY_WORDS, *flags, index=library.index_folder) == 2
    said, told = capsys.readouterr()
    assert said == ""
    assert told.startswith(f"dragoman: {message}")
    assert told.splitlines()[1:] == [f"  {remedy}"]


def test_an_empty_question_is_refused(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", " ", "", index=library.index_folder) == 2
    assert capsys.readouterr().err.startswith("dragoman: the question is empty\n")


def test_a_question_of_odd_characters_is_no_error(library: Library) -> None:
    for question in ("\udce9", '"', "a AND", "NEAR(", "*", "\x00", "[b]"):
        assert run("search", *BY_WORDS, "--quiet", "--", question, index=library.index_folder) in {0, 1}


@pytest.mark.parametrize("command", [["search", "brot"], ["status"]])
def test_a_missing_index_is_3(
    index_folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run(*command, index=index_folder) == 3
    said, told = capsys.readouterr()
    assert said == ""
    assert told.startswith(f"dragoman: there is no index in {index_folder}\n  ")
    assert not index_folder.exists()


def test_what_is_no_index_is_3_and_stays_as_it_is(
    index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index_folder.mkdir()
    (index_folder / "meta.sqlite3").write_bytes(b"not a database" * 100)
    assert run("search", "brot", *BY_WORDS, index=index_folder) == 3
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert (index_folder / "meta.sqlite3").read_bytes() == b"not a database" * 100


def test_the_screen_needs_a_terminal(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("tui", index=library.index_folder) == 2
    assert "dragoman search --json" in capsys.readouterr().err


def test_the_schema_is_printed_without_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "dragoman.search/1"


def test_status_counts_what_the_index_holds(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", index=library.index_folder) == 0
    assert capsys.readouterr().out == (
        f"index      {library.index_folder}, generation 7\n"
        "encoder    letters (letter-count), 64 dimensions\n"
        "cut into   passages of about 256 tokens, windows of 512\n"
        "documents  6   md 2, pdf 2, txt 2\n"
        "passages   9   en 4, de 2, ar 1, th 1, zh 1\n"
        "segment    of 9 passages, searched exactly\n"
        "unread     0\n"
    )
    assert run("status", "--json", index=library.index_folder) == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["schema"] == "dragoman.status/1"
    assert shape["languages"] == {"en": 4, "de": 2, "ar": 1, "th": 1, "zh": 1}
    assert shape["media_types"] == {"md": 2, "pdf": 2, "txt": 2}
    assert shape["segments"] == [{"passages": 9, "kind": "exact", "recall": 1.0}]


def test_status_tells_how_much_a_search_finds(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "SMALLEST", {Kind.BITS: 5, Kind.EXACT: 0})
    rebuild(library.index_folder)
    assert run("status", index=library.index_folder) == 0
    assert "segment    of 9 passages, finds 100.0% of the ten nearest (bits)\n" in capsys.readouterr().out


def test_colour_is_for_terminals_and_those_who_ask(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*flags: str) -> str:
        run("search", "brot", *BY_WORDS, *flags, index=library.index_folder)
        return capsys.readouterr().out

    assert "\x1b" not in said()
    assert "\x1b[1mBrot\x1b[0m" in said("--color", "always")
    monkeypatch.setenv("DRAGOMAN_COLOR", "always")
    assert "\x1b" in said()
    assert "\x1b" not in said("--color", "never")


def test_ingest_needs_a_path(index_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ingest", index=index_folder) == 2
    assert capsys.readouterr().err.startswith("dragoman: Missing argument 'PATH...'.")

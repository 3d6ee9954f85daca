"""What the README, the docs and the remedies tell people to type or to open must exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from terminal.cli import cli
from terminal.commands.models import models
from terminal.diagnostics import ExitCode
from terminal.start import with_search

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
PACKAGES = ("terminal", "search", "ingest", "encoder", "index_data")
SOURCES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^\$ (?:[A-Z_]+=\S+ )*(dragoman\b.*)", re.MULTILINE)
MENTIONED = re.compile(r"`(dragoman(?: [^`\n]*)?)`")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def commands_of(path: Path) -> Iterator[str]:
    """Each command line of ours in console blocks and in `code`."""
    text = path.read_text(encoding="utf-8")
    yield from MENTIONED.findall(text)
    for language, block in BLOCK.findall(text):
        if language == "console":
            yield from TYPED.findall(block.replace("\\\n", ""))


def arguments_of(command: str) -> list[str]:
    """List the words after `dragoman`, up to the shell's first pipe, redirection or comment."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words = list(lexer)
    ends = [place for place, word in enumerate(words) if set(word) <= set("|&;<>")]
    return words[1 : min(ends, default=len(words))]


def parse(command: click.Command, words: list[str]) -> list[str]:
    """Check options, and values from a choice, as click would, and return what it left over."""
    context = click.Context(command, help_option_names=["-h", "--help"])
    values, left_over, _ = command.make_parser(context).parse_args(list(words))
    for parameter in command.params:
        if isinstance(parameter.type, click.Choice) and isinstance(
            value := values.get(str(parameter.name)), str
        ):
            parameter.type.convert(value, parameter, context)
    return left_over


def check(command: str) -> None:
    """Fail on a command, option or choice that does not exist.

    Raises:
        click.UsageError: click would not take it.
    """
    words = with_search(arguments_of(command))
    place: click.Command = cli
    while isinstance(place, click.Group) and (words := parse(place, words)):
        assert words[0] in place.commands, command
        words, place = words[1:], place.commands[words[0]]
    assert parse(place, words) == [], command


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_command_that_is_told_exists(path: Path) -> None:
    for command in commands_of(path):
        check(command)


@pytest.mark.parametrize(
    "command",
    [
        "dragoman find x",
        "dragoman aspirin",
        "dragoman search --colour x",
        "dragoman search --mode psychic x",
        "dragoman status x",
        "dragoman models find x",
        "dragoman models list --colour",
    ],
)
def test_a_command_that_does_not_exist_is_noticed(command: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        check(command)


def test_the_readme_names_every_command() -> None:
    told = {argument for command in commands_of(README) for argument in arguments_of(command)[:1]}
    assert set(cli.commands) - told == set()


@pytest.mark.parametrize(
    "command", [*cli.commands.values(), *models.commands.values()], ids=lambda command: command.name
)
def test_a_command_and_its_options_have_help(command: click.Command) -> None:
    assert command.help
    assert [
        option.name for option in command.params if isinstance(option, click.Option) and not option.help
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_file_tree_of_the_readme_exists() -> None:
    trees = [
        block for _, block in BLOCK.findall(README.read_text(encoding="utf-8")) if re.match(r"\w+/", block)
    ]
    assert len(trees) == 1
    above: list[str] = []
    for line in trees[0].splitlines():
        if line.strip():
            depth = (len(line) - len(line.lstrip())) // 2
            above[depth:] = line.split()[:1]
            assert ROOT.joinpath(*above).exists(), line


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert {int(row) for row in re.findall(r"^\| *`?(\d+)`? *\|", page, re.MULTILINE)} == set(ExitCode)

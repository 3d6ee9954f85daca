"""What holds for every command that there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from terminal.cli import cli
from terminal.start import with_search

WITHOUT_JSON = {
    "completion": "prints what a shell reads",
    "man": "prints what man(1) reads",
    "open": "starts a program; --print shows its command",
    "tui": "is a screen",
    "watch": "never ends; --progress json tells each step",
    "serve": "is asked by other programs, in JSON",
    "mcp": "speaks JSON with the program that starts it",
    "map": "writes a page for a browser",
}
"""Commands that tell no facts, and why."""
LONG = {"ingest", "migrate", "watch", "tune", "models fetch"}


def commands(
    group: click.Group = cli, context: click.Context | None = None, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Walk through all commands, with the words that call them."""
    context = context or click.Context(group, info_name="dragoman", **group.context_settings)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, click.Context(command, context, name), (*path, name))


ALL = dict(commands())
every = pytest.mark.parametrize("name", list(ALL))


def options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def examples(command: click.Command) -> list[str]:
    return re.findall(r"^ +(?:[A-Z_]+=\S+ )*(dragoman .*)", command.epilog or "", re.MULTILINE)


@every
def test_it_has_help_and_so_has_every_option(name: str) -> None:
    shown = CliRunner().invoke(cli, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert ALL[name].help
    told = [one for one in ALL[name].params if isinstance(one, click.Option)]
    assert [one.name for one in told if not one.help] == []


@every
def test_it_has_an_example_that_can_be_typed(name: str) -> None:
    found = examples(ALL[name])
    assert any(example.split()[1:][: len(name.split())] == name.split() for example in found), found
    for example in found:
        lexer = shlex.shlex(example, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words = list(lexer)
        end = next((place for place, word in enumerate(words) if set(word) <= set("|&;<>")), len(words))
        # A redirection such as 2> begins with the number of a stream.
        typed = words[1:end][:-1] if words[end - 1] == "2" else words[1:end]
        parse(cli, with_search(typed))


def parse(command: click.Command, words: list[str], context: click.Context | None = None) -> None:
    """Take the words as click does, short of what looks at files."""
    inner = click.Context(command, context)
    with inner:
        values, left_over, _ = command.make_parser(inner).parse_args(list(words))
        if isinstance(command, click.Group):
            name, chosen, rest = command.resolve_command(inner, left_over)
            assert chosen is not None, name
            parse(chosen, rest, inner)
            return
        assert left_over == []
        for parameter in command.params:
            if isinstance(parameter.type, click.Choice) and values.get(str(parameter.name)):
                parameter.type_cast_value(inner, values[str(parameter.name)])


@every
def test_it_tells_facts_as_json_or_tells_none(name: str) -> None:
    is_group = isinstance(ALL[name], click.Group)
    assert is_group or ("--json" in options(ALL[name])) is (name not in WITHOUT_JSON)


@every
def test_it_shows_how_far_it_is_where_it_takes_long(name: str) -> None:
    assert ("--progress" in options(ALL[name])) is (name in LONG)


@every
def test_an_index_can_be_named_by_its_folder_or_by_its_name(name: str) -> None:
    assert ("--index" in options(ALL[name])) is ("--collection" in options(ALL[name]))


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("how long", "search how long"),
        ("水産資源の保護", "search 水産資源の保護"),
        ("aspirin", "aspirin"),
        ("search", "search"),
        ("--help", "--help"),
        ("--long question", "--long question"),
    ],
)
def test_a_question_may_stand_where_a_command_would(typed: str, taken: str) -> None:
    first, _, rest = taken.partition(" ")
    expected = ["search", typed] if first == "search" and rest else [typed]
    assert with_search([typed, "--json"]) == [*expected, "--json"]
    assert with_search([]) == []

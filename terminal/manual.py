"""The manual page, made of what each command says of itself."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version

import click

from terminal.command_groups import CommandGroups
from terminal.diagnostics import MEANINGS
from terminal.settings import ENVIRONMENT_PREFIX, Settings
from terminal.settings_files import VARIABLE

_NAME = "dragoman"
_SPECIAL = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
_ENVIRONMENT = (
    (VARIABLE, "The file of your settings, in place of the usual one."),
    ("NO_COLOR", "If it is set, text is not coloured by itself."),
    ("VISUAL, EDITOR", "What opens plain text at a line."),
)
_FILES = (
    ("$XDG_CONFIG_HOME/dragoman/config.toml", "Your settings."),
    (
        "dragoman.toml, .dragoman/config.toml",
        "Settings of a project, here or above; only harmless ones count.",
    ),
    ("$XDG_DATA_HOME/dragoman", "The index, collections and fetched models."),
)


def manual(command: click.Group) -> str:
    """Write the page of `command` and of all below it, for man(1)."""
    today = datetime.now(UTC).date().isoformat()
    context = click.Context(command, info_name=_NAME, **command.context_settings)
    lines = [
        f'.TH {_NAME.upper()} 1 {today} "Dragoman {version(_NAME)}" "User Commands"',
        ".nh",
        ".ad l",
        ".SH NAME",
        f"{_NAME} \\- {_escaped(_first_sentence(command))}",
        ".SH SYNOPSIS",
        f".B {_NAME}",
        _escaped(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION",
        *_prose(command.help),
        *(_overview(command, context) if isinstance(command, CommandGroups) else []),
        *(line for one in _subcommands(command, context) for line in _section(*one)),
        ".SH EXIT STATUS",
        *(line for code, meaning in MEANINGS.items() for line in _item(str(int(code)), meaning)),
        ".SH ENVIRONMENT",
        *(line for name, meaning in _ENVIRONMENT for line in _item(name, meaning)),
        *_item(
            ", ".join(f"{ENVIRONMENT_PREFIX}{field.name.upper()}" for field in fields(Settings)),
            "The settings: `dragoman config show` lists them with their values.",
        ),
        ".SH FILES",
        *(line for name, meaning in _FILES for line in _item(name, meaning)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _overview(command: CommandGroups, context: click.Context) -> Iterator[str]:
    yield ".SH COMMANDS"
    for heading, shown in command.sections(context):
        yield f'.SS "{_escaped(heading)}"'
        for name, one in shown:
            yield from _item(name, one.get_short_help_str(limit=200))


def _subcommands(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Give each command below `group` with its context, those of inner groups after theirs."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield command, inner
        if isinstance(command, click.Group):
            yield from _subcommands(command, inner)


def _section(command: click.Command, context: click.Context) -> Iterator[str]:
    level = ".SH" if context.parent is not None and context.parent.parent is None else ".SS"
    yield f'{level} "{_escaped(context.command_path)}"'
    yield f".B {_escaped(context.command_path)}"
    yield _escaped(" ".join(command.collect_usage_pieces(context)))
    yield ".PP"
    yield from _prose(command.help)
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record and record[1] and "--help" not in parameter.opts:
            yield from _item(*record)
    if command.epilog:
        yield ".PP"
        yield from _prose(command.epilog)


def _prose(text: str | None) -> Iterator[str]:
    """Set paragraphs; those that begin with a backspace, as click has it, line by line."""
    for number, paragraph in enumerate(inspect.cleandoc(text or "").split("\n\n")):
        if number:
            yield ".PP"
        kept = paragraph.startswith("\b")
        lines = [line for line in paragraph.removeprefix("\b").split("\n") if line.strip()]
        if kept:
            yield from (".nf", *map(_escaped, lines), ".fi")
        else:
            yield from _filled(" ".join(map(str.strip, lines)))


def _item(name: str, meaning: str) -> Iterator[str]:
    yield ".TP"
    yield f".B {_escaped(name)}"
    yield from _filled(meaning)


def _filled(text: str) -> Iterator[str]:
    return map(_escaped, textwrap.wrap(text, 60, break_on_hyphens=False, break_long_words=False))


def _first_sentence(command: click.Command) -> str:
    return command.get_short_help_str(limit=200).rstrip(".")


def _escaped(text: str) -> str:
    """Write text as roff takes it: no character is a command, and all are ASCII."""
    written = "".join(
        _SPECIAL.get(letter, letter if letter.isascii() else f"\\[u{ord(letter):04X}]") for letter in text
    )
    return f"\\&{written}" if written.startswith(".") else written

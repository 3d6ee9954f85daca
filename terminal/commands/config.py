"""`dragoman config`: which settings hold, where each comes from, and whether the files are right."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from terminal.commands.options import shared_options
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump
from terminal.safe_text import safe_text
from terminal.setting_origins import Fault
from terminal.settings import Settings, Traced, faults, trace_settings
from terminal.settings_files import (
    Refusal,
    is_of_a_project,
    project_file,
    read_project_file,
    read_user_file,
    user_file,
)

SCHEMA = "dragoman.config/1"
VALIDATION_SCHEMA = "dragoman.config-validation/1"

_EPILOG = """\b
Try:
  dragoman config show
  dragoman config path
  dragoman config validate dragoman.toml
"""
_EXAMPLES_OF_SHOW = """\b
Try:
  dragoman config show
  dragoman config show --json
  DRAGOMAN_LIMIT=5 dragoman config show
"""
_EXAMPLES_OF_PATH = """\b
Try:
  dragoman config path
  dragoman config path --json
"""
_EXAMPLES_OF_VALIDATE = """\b
Try:
  dragoman config validate
  dragoman config validate dragoman.toml
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def config(context: click.Context) -> int:
    """Show the settings that hold, and check the files that they come from.

    A flag comes before the environment, that before the project's file (dragoman.toml or
    .dragoman/config.toml, here or above), and that before your own. See docs/configuration.md.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return ExitCode.OK


@config.command(epilog=_EXAMPLES_OF_SHOW)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@shared_options
def show(*, as_json: bool, **flags: object) -> int:
    """Show every setting with its value and where that comes from."""
    traced = trace_settings(flags)
    deliver(_json(traced) if as_json else _text(traced))
    return ExitCode.OK


@config.command(epilog=_EXAMPLES_OF_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def path(*, as_json: bool) -> int:
    """Show which files are read: yours, and the project's if there is one."""
    found = _files(user_file(os.environ), project_file(Path.cwd()))
    if as_json:
        deliver(dump({"schema": SCHEMA, "files": found}, indent=2) + "\n")
    else:
        deliver("".join(_file_line(file) for file in found))
    return ExitCode.OK


@config.command(epilog=_EXAMPLES_OF_VALIDATE)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def validate(*, file: Path | None, as_json: bool) -> int:
    """Check a file of settings, or those that are read, and change nothing.

    A key that is none, that a project may not set, or whose value is wrong, is an error, and the exit code is
    2. FILE is a project's if it has the name of one.
    """
    there = [file] if file else _there()
    problems = {one: _problems(one) for one in there}
    sound = not any(problems.values())
    deliver(_validation_json(problems) if as_json else _validation_text(problems))
    return ExitCode.OK if sound else ExitCode.ERROR


def _there() -> list[Path]:
    own, project = user_file(os.environ), project_file(Path.cwd())
    named = "DRAGOMAN_CONFIG" in os.environ
    return ([own] if named or own.exists() else []) + ([project] if project else [])


def _problems(file: Path) -> list[Fault]:
    if not is_of_a_project(file):
        return list(faults(read_user_file(file), of_a_project=False))
    parsed = read_project_file(file)
    if isinstance(parsed, Refusal):
        return [Fault("", parsed.reason, "Make it a file of your own, or remove it.")]
    return list(faults(parsed, of_a_project=True))


def _files(own: Path, project: Path | None) -> list[dict[str, Any]]:
    found = [{"kind": "user", "path": str(own), "there": own.exists()}]
    return found + ([{"kind": "project", "path": str(project), "there": True}] if project else [])


def _file_line(file: Mapping[str, Any]) -> str:
    return f"{file['kind']:<8} {safe_text(file['path'])}{'' if file['there'] else '  (not there)'}\n"


def _json(traced: Traced) -> str:
    settings = {
        name: {
            "value": _plain(getattr(traced.settings, name)),
            "source": origin.source.value,
            "from": origin.name or None,
        }
        for name, origin in traced.origins.items()
    }
    shape = {
        "schema": SCHEMA,
        "files": _files(traced.user_file, traced.project_file),
        "settings": settings,
        "ignored": list(map(_fault, traced.ignored)),
    }
    return dump(shape, indent=2) + "\n"


def _fault(fault: Fault) -> dict[str, str | None]:
    return {"key": fault.key or None, "what": fault.what, "remedy": fault.remedy}


def _plain(value: object) -> object:
    if isinstance(value, Path | StrEnum):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _text(traced: Traced) -> str:
    rows = []
    for field in fields(Settings):
        origin = traced.origins[field.name]
        source = f"{origin.source}" + (f" {origin.name}" if origin.name else "")
        value = _shown(getattr(traced.settings, field.name))
        rows.append(f"{field.name:<15} {value:<28} {safe_text(source)}".rstrip())
    rows += [f"ignored         {safe_text(f'{fault.what}. {fault.remedy}')}" for fault in traced.ignored]
    return "".join(f"{row}\n" for row in rows)


def _shown(value: object) -> str:
    """Write a value as the file would have it; one that is left open is a dash."""
    match value:
        case None | ():
            return "-"
        case bool():
            return str(value).lower()
        case tuple():
            return safe_text(",".join(value))
    return safe_text(str(value))


def _validation_text(problems: Mapping[Path, Sequence[Fault]]) -> str:
    if not problems:
        return "there is no file of settings: `dragoman config path` shows where one would be\n"
    lines = []
    for file, found in problems.items():
        where = safe_text(str(file))
        lines += [f"{where}: {safe_text(f'{fault.what}. {fault.remedy}')}" for fault in found]
        lines += [] if found else [f"{where}: all right"]
    return "".join(f"{line}\n" for line in lines)


def _validation_json(problems: Mapping[Path, Sequence[Fault]]) -> str:
    shape = {
        "schema": VALIDATION_SCHEMA,
        "sound": not any(problems.values()),
        "files": [
            {"path": str(file), "problems": list(map(_fault, found))} for file, found in problems.items()
        ],
    }
    return dump(shape, indent=2) + "\n"

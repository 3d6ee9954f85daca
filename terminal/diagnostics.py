"""All of stderr, and the exit codes."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum

import click

from index_data.errors import DragomanError, EncoderUnavailable, IndexLocked, IndexProblem
from terminal.safe_text import safe_text


class ExitCode(IntEnum):
    """What the shell learns."""

    OK = 0
    NO_HIT = 1
    DAMAGED = NO_HIT
    DIFFERS = NO_HIT
    ERROR = 2
    INDEX = 3
    ENCODER = 4
    PARTIAL = 5
    LOCKED = 11
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "hits, or whatever was asked is done",
    ExitCode.NO_HIT: "no hit, a damaged index (check), a fault (doctor), a gate that is missed (eval), "
    "or a text that has moved (verify)",
    ExitCode.ERROR: "the command was misused, or an error without a code of its own",
    ExitCode.INDEX: "no index, or one that cannot be used as asked",
    ExitCode.ENCODER: "the encoder or the device is unavailable",
    ExitCode.PARTIAL: "some files could not be read (ingest --strict), or a collection not searched",
    ExitCode.LOCKED: "another process is writing to the index",
    ExitCode.INTERRUPTED: "interrupted",
}


_INTERRUPTION = "interrupted"
INTERRUPTED = f"dragoman: {_INTERRUPTION}"
"""The line that is told of Ctrl-C, by which others know how a command ended."""


def exit_code(error: BaseException) -> ExitCode:
    """Look up the code of an error in the table."""
    match error:
        case IndexLocked():
            return ExitCode.LOCKED
        case IndexProblem():
            return ExitCode.INDEX
        case EncoderUnavailable():
            return ExitCode.ENCODER
        case KeyboardInterrupt() | click.Abort():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.ERROR


def guard(command: Callable[[], int]) -> int:
    """Run `command` and turn whatever a user can cause into two lines on stderr and an exit code."""
    try:
        return command()
    except DragomanError as error:
        report(error.message, error.remedy)
        return exit_code(error)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command_path = context.command_path if context else "dragoman"
        report(error.format_message(), _remedy(error, f"`{command_path} --help` lists what it takes."))
        return exit_code(error)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        report(
            f"{error.strerror or error}{where}", "Check that it exists, that there is room, and who owns it."
        )
        return exit_code(error)
    except (KeyboardInterrupt, click.Abort):
        return tell_interrupted()


def _remedy(error: click.ClickException, usual: str) -> str:
    """Say how a single word is asked, where it was neither a command nor nearly one."""
    word = getattr(error, "command_name", None)
    context = getattr(error, "ctx", None)
    if word is None or getattr(error, "possibilities", None) or (context and context.parent):
        return usual
    return f"To search for it: dragoman search {shlex.quote(word)}. `dragoman --help` lists the commands."


def report(message: str, remedy: str) -> None:
    """Tell an error in one line and what helps in a second."""
    tell(f"dragoman: {message}")
    tell(f"  {remedy}")


def tell_interrupted() -> ExitCode:
    """Tell that somebody pressed Ctrl-C, and return the code for it."""
    report(_INTERRUPTION, "What was finished is kept; run the same command again to go on.")
    return ExitCode.INTERRUPTED


def narrates() -> bool:
    """Tell whether the command under way may write lines for people: not where JSON was asked for."""
    context = click.get_current_context(silent=True)
    asked = context.params if context else {}
    lines = asked.get("batch") is not None or asked.get("progress") == "json"
    return not (lines or asked.get("as_json") or asked.get("output_format") in {"json", "jsonl"})


def tell(line: str) -> None:
    """Write one line to stderr, whatever it holds; a stderr that is closed is no reason to stop."""
    _write(safe_text(line))


def tell_json(line: str) -> None:
    """Write one line of JSON to stderr, whole; `json_output.dump` has taken out what a terminal obeys."""
    _write(line)


def _write(line: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def tell_at_once(line: str) -> None:
    """Write one line of our own from a signal handler, where what is being written may be in the way."""
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), f"\n{line}\n".encode("ascii", "replace"))

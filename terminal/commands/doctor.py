"""`dragoman doctor`: what to run when something is odd."""

from __future__ import annotations

from collections.abc import Sequence

import click

from index_data.observations import Observation, Verdict
from terminal.commands.options import (
    index_option,
    model_option,
    models_option,
    ocr_languages_option,
    ocr_option,
)
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump
from terminal.safe_text import safe_text
from terminal.settings import load_settings

SCHEMA = "dragoman.doctor/1"


_EXAMPLES = """\b
Try:
  dragoman doctor
  dragoman doctor --json | jq -r '.observations[] | select(.verdict != "ok") | .remedy'
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@models_option
@model_option
@ocr_option
@ocr_languages_option
def doctor(*, as_json: bool, **flags: object) -> int:
    """Look at the machine and at what is installed, and say what is wrong and what helps.

    Changes nothing. Exits with 0, or with 1 if there is a fault; `dragoman check` looks into the index.
    """
    settings = load_settings(flags)
    from terminal.examination import examine

    found = list(examine(settings))
    deliver(_json(found) if as_json else _text(found))
    return ExitCode.DAMAGED if _faulty(found) else ExitCode.OK


def _faulty(found: Sequence[Observation]) -> bool:
    return any(item.verdict is Verdict.FAULT for item in found)


def _json(found: Sequence[Observation]) -> str:
    observations = [
        {
            "subject": item.subject,
            "verdict": item.verdict.value,
            "what": item.what,
            "remedy": item.remedy or None,
        }
        for item in found
    ]
    return (
        dump({"schema": SCHEMA, "sound": not _faulty(found), "observations": observations}, indent=2) + "\n"
    )


def _text(found: Sequence[Observation]) -> str:
    return "".join(
        f"{item.verdict:<8} {safe_text(' '.join(filter(None, (f'{item.what}.', item.remedy))))}\n"
        for item in found
    )

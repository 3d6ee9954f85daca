"""`dragoman check`: whether the index is sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.commands.options import index_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump, path_bytes
from terminal.safe_text import safe_path, safe_text
from terminal.settings import load_settings

if TYPE_CHECKING:
    from index_data.findings import Finding

SCHEMA = "dragoman.check/1"


_EXAMPLES = """\b
Try:
  dragoman check
  dragoman check --full --json
"""


@click.command(epilog=_EXAMPLES)
@click.option("--full", is_flag=True, help="Read every byte, and compare all copies with what they copy.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
def check(*, full: bool, as_json: bool, **flags: object) -> int:
    """Look for damage, and change nothing.

    Exits with 0 if the index is sound, and with 1 if it is damaged.
    """
    settings = load_settings(flags)
    from index_data.checking import check as find
    from index_data.findings import is_sound

    found = find(settings.index, full=full)
    if as_json:
        shape = {
            "schema": SCHEMA,
            "index": {"folder": str(settings.index)},
            "full": full,
            "sound": is_sound(found),
            "findings": findings_json(found),
        }
        deliver(dump(shape, indent=2) + "\n")
    else:
        deliver(findings_text(found) + _verdict(settings.index, sound=is_sound(found), full=full))
    return ExitCode.OK if is_sound(found) else ExitCode.DAMAGED


def findings_text(found: Sequence[Finding]) -> str:
    """Write a line for each finding: where, what, and what helps."""
    return "".join(
        f"{finding.invariant} {finding.severity}: {f'{safe_path(finding.path)}: ' if finding.path else ''}"
        f"{safe_text(finding.what)}. {finding.remedy}\n"
        for finding in found
    )


def findings_json(found: Sequence[Finding]) -> list[dict[str, str | None]]:
    """Give each finding the shape that it has in JSON."""
    return [
        {
            "invariant": finding.invariant.value,
            "severity": finding.severity.value,
            "path": str(finding.path) if finding.path else None,
            "path_bytes": path_bytes(finding.path) if finding.path else None,
            "what": finding.what,
            "remedy": finding.remedy,
        }
        for finding in found
    ]


def _verdict(folder: Path, *, sound: bool, full: bool) -> str:
    how = "every byte was checked" if full else "--full checks every byte"
    return f"the index in {safe_text(str(folder))} is {'sound' if sound else 'damaged'}; {how}\n"

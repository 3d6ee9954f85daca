"""`dragoman purge`: forget documents, and their text with them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from terminal.commands.options import index_option, quiet_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.safe_text import safe_path
from terminal.settings import load_settings

if TYPE_CHECKING:
    from index_data.purge import Purged


SCHEMA = "dragoman.purge/1"

_EXAMPLES = """\b
Try:
  dragoman purge ~/papers/secret
  dragoman purge --yes ~/papers/secret/letter.odt
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@quiet_option
def purge(paths: tuple[Path, ...], *, yes: bool, as_json: bool, **flags: object) -> int:
    """Forget what is at or under PATH, so that no file of the index holds any of its text.

    The documents themselves stay where they are, and an ingest would read them again. Backups are not
    touched. What is in quarantine is deleted, since it may hold any text.
    """
    settings = load_settings(flags)
    from index_data.purge import purge as purge_index
    from index_data.purge import would_purge

    places = [path.resolve() for path in paths]
    if not yes:
        _ask(would_purge(settings.index, places))
    purged = purge_index(settings.index, places)
    if as_json:
        deliver(_json(purged, settings.index))
    elif not settings.quiet:
        _tell_each(purged, "purged")
        known = len(purged.documents) + len(purged.unread)
        tell(f"{known:,} files are forgotten; {_what_is_left(settings.index)}")
    return ExitCode.OK


def _what_is_left(index: Path) -> str:
    from index_data.cluster.elsewhere import Elsewhere

    elsewhere = Elsewhere.of(index)
    if elsewhere is None:
        return f"nothing of them is left in {index}"
    return f"{elsewhere.address} has them no more, though a server's disks may keep them for a while"


def _json(purged: Purged, index: Path) -> str:
    shape = {
        "schema": SCHEMA,
        "index": {"folder": str(index)},
        "documents": [str(path) for path in purged.documents],
        "unread": [str(path) for path in purged.unread],
        "quarantined": [str(path) for path in purged.quarantined],
    }
    return dump(shape, indent=2) + "\n"


def _ask(purged: Purged) -> None:
    """Go on only if the user says so.

    Raises:
        UsageError: nobody is there to ask.
        click.Abort: the user says no.
    """
    if not sys.stdin.isatty():
        raise UsageError(
            "purging cannot be undone, and nobody is here to be asked",
            remedy="Give --yes.",
        )
    _tell_each(purged, "to be purged")
    click.confirm("Purge them for good?", abort=True, err=True)


def _tell_each(purged: Purged, what: str) -> None:
    for path in (*purged.documents, *purged.unread, *purged.quarantined):
        tell(f"{what}: {safe_path(path)}")

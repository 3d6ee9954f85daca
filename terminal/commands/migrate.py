"""`dragoman migrate`: take an index to another place, without embedding anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.commands.options import index_option, offline_option, quiet_option
from terminal.commands.progress_option import progress_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.settings import Settings, load_settings
from terminal.ways_to_show import way_to_show

if TYPE_CHECKING:
    from index_data.migration import Migrated

SCHEMA = "dragoman.migrate/1"

_EXAMPLES = """\b
Try:
  dragoman migrate milvus://db.example:19530/papers
  dragoman migrate milvus://db.example:19530/papers --to-catalogue postgresql://me@db.example/papers
  dragoman migrate --index milvus://db.example:19530/papers ~/papers-index
"""


@click.command(epilog=_EXAMPLES)
@click.argument("destination", metavar="FOLDER|ADDRESS")
@click.option(
    "--to-catalogue",
    metavar="ADDRESS",
    help="Where the documents of an index in Milvus go: postgresql://USER@HOST/DATABASE. [default: this "
    "machine]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@progress_option
@index_option
@offline_option
@quiet_option
def migrate(
    destination: str, *, to_catalogue: str | None, as_json: bool, progress: str | None, **flags: object
) -> int:
    """Take the index to a folder or to an address, without reading or embedding a document.

    From a folder to Milvus, back, or between any two. Everything is compared afterwards. Run again after an
    interruption, it goes on; a place that holds something else is refused. The index that it came from stays
    as it is.
    """
    settings = load_settings(flags)
    target = _settled(destination, to_catalogue, settings)
    from index_data.migration import Migrated
    from index_data.migration import migrate as migrated
    from terminal.migration_output import migrated_line, shown

    show = way_to_show(progress, silent=settings.quiet or as_json)
    for event in shown(migrated(settings.index, target), show):
        if isinstance(event, Migrated):
            if as_json:
                deliver(_json(settings, target, event))
            elif not settings.quiet:
                tell(migrated_line(event))
    return ExitCode.OK


def _settled(destination: str, catalogue: str | None, settings: Settings) -> Path:
    """Return the folder that is, or stands for, where the index is to go.

    Raises:
        UsageError: an address is wrong, or there is something else.
        IndexMismatch: the folder stands for another index.
    """
    from index_data.cluster.elsewhere import Elsewhere, is_address
    from terminal.handles import handle_folder, settle

    named = Elsewhere.parse(destination, catalogue) if is_address(destination) else None
    folder = handle_folder(destination) if named else Path(destination).expanduser().absolute()
    settle(folder, named, offline=settings.offline is True, catalogue=catalogue)
    return folder


def _json(settings: Settings, target: Path, migrated: Migrated) -> str:
    from terminal.migration_output import migrated_fields

    folders = {"index": {"folder": str(settings.index)}, "destination": str(target)}
    return dump({"schema": SCHEMA, **folders, **migrated_fields(migrated)}, indent=2) + "\n"

"""`dragoman collections`: the indexes that have names."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from index_data.errors import DragomanError, IndexDamaged, IndexMissing, UsageError
from index_data.lock import WriterLock
from index_data.paths import IndexPaths
from index_data.records import IndexSummary
from terminal.collections import Collection, collection, collections
from terminal.commands.options import quiet_option
from terminal.completion import names_of_collections
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import load_settings

SCHEMA = "dragoman.collections/1"

_EPILOG = """\b
Try:
  dragoman ingest --collection papers ~/papers
  dragoman search -c papers "how was it measured"
  dragoman collections list
"""


@click.group("collections", invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def collections_(context: click.Context) -> int:
    """List, show and remove indexes that have names.

    A collection comes to be when something is ingested into it: every command that takes --index takes
    --collection NAME in its place. `default` is the index that is used where none is named.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return ExitCode.OK


@collections_.command(
    name="list", epilog="\b\nTry:\n  dragoman collections list\n  dragoman collections list --json\n"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_collections(*, as_json: bool) -> int:
    """List the collections, with what each of them holds."""
    load_settings({})  # one that is elsewhere is looked into only where the user has named it
    return _told(collections(), as_json=as_json)


@collections_.command(epilog="\b\nTry:\n  dragoman collections show papers\n")
@click.argument("name", shell_complete=names_of_collections)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(*, name: str, as_json: bool) -> int:
    """Show what one collection holds, and in which folder it lies."""
    load_settings({})
    return _told([_known(name)], as_json=as_json)


@collections_.command(
    epilog="\b\nTry:\n  dragoman collections remove papers\n  dragoman collections remove --yes papers\n"
)
@click.argument("name", shell_complete=names_of_collections)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@quiet_option
def remove(*, name: str, yes: bool, as_json: bool, quiet: bool | None) -> int:
    """Delete a collection: its index, and nothing of the documents.

    It is refused while something is written to it. Asks first, unless --yes is given. Where it is in Milvus
    or PostgreSQL, what stays there is named.
    """
    load_settings({})
    one = _known(name)
    if not yes:
        _ask(one)
    left = _elsewhere(one)
    _delete(one)
    if as_json:
        removed = {"name": one.name, "folder": str(one.folder), "left": left}
        deliver(dump({"schema": SCHEMA, "removed": removed}, indent=2) + "\n")
    elif not quiet:
        tell(f"the collection {one.name} is removed")
    if left:
        tell(f"What it holds stays in {safe_text(' and '.join(left))}: drop it there.")
    return ExitCode.OK


def _known(name: str) -> Collection:
    """Find a collection that is there.

    Raises:
        IndexMissing: there is none of that name.
    """
    one = collection(name)
    if not IndexPaths(one.folder).hold_an_index():
        raise IndexMissing(
            f"there is no collection {one.name}",
            remedy="`dragoman collections list` shows those that there are.",
        )
    return one


def _ask(one: Collection) -> None:
    """Go on only if the user says so.

    Raises:
        UsageError: nobody is there to ask.
        click.Abort: the user says no.
    """
    if not sys.stdin.isatty():
        raise UsageError("removing cannot be undone, and nobody is here to be asked", remedy="Give --yes.")
    held = _held(one)
    documents = f", made of {held.documents:,} documents" if isinstance(held, IndexSummary) else ""
    click.confirm(f"Remove the index in {safe_path(one.folder)}{documents}?", abort=True, err=True)


def _elsewhere(one: Collection) -> list[str]:
    """Name the servers that keep what a collection holds."""
    from index_data.cluster.elsewhere import Elsewhere

    try:
        held = Elsewhere.of(one.folder)
    except IndexDamaged:
        return []
    return [] if held is None else [held.address, *filter(None, [held.catalogue])]


def _delete(one: Collection) -> None:
    """Let the folder go at once, and its files after it.

    Raises:
        IndexLocked: another process writes to it.
        UsageError: the folder is a link.
    """
    if one.folder.is_symlink():
        raise UsageError(
            f"{one.folder} is a link, and what it leads to is not removed",
            remedy="Remove the link, and the folder, yourself.",
        )
    lock = WriterLock(IndexPaths(one.folder).lock)
    try:
        # No name begins with a dot: one that was left here half deleted is no collection.
        going = one.folder.with_name(f".{one.folder.name}.removed")
        shutil.rmtree(going, ignore_errors=True)
        one.folder.rename(going)
        shutil.rmtree(going)
    finally:
        lock.release()


def _told(known: Sequence[Collection], *, as_json: bool) -> int:
    held = [(one, _held(one)) for one in known]
    deliver(_json(held) if as_json else "".join(_line(one, what) for one, what in held))
    if not held and not as_json:
        tell("There is no collection yet: `dragoman ingest --collection NAME PATH` makes one.")
    return ExitCode.OK


def _held(one: Collection) -> IndexSummary | DragomanError:
    """Look into an index; one that cannot be opened must not hide the others."""
    from index_data.index import Index

    try:
        with Index.open(one.folder) as index:
            return index.summary()
    except DragomanError as error:
        return error


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())


def _json(held: Sequence[tuple[Collection, IndexSummary | DragomanError]]) -> str:
    rows = [_row(one, what) for one, what in held]
    return dump({"schema": SCHEMA, "collections": rows}, indent=2) + "\n"


def _row(one: Collection, what: IndexSummary | DragomanError) -> dict[str, object]:
    held = what if isinstance(what, IndexSummary) else None
    return {
        "name": one.name,
        "folder": str(one.folder),
        "bytes": _size(one.folder),
        "documents": held and held.documents,
        "passages": held and held.passages,
        "languages": held and held.languages,
        "model": held and held.fingerprint.model,
        "generation": held and held.generation,
        "problem": what.message if isinstance(what, DragomanError) else None,
    }


def _line(one: Collection, what: IndexSummary | DragomanError) -> str:
    from rich.cells import cell_len

    name = one.name + " " * max(0, 20 - cell_len(one.name))
    if not isinstance(what, IndexSummary):
        return f"{name} {safe_text(what.message)}\n"
    counts = (
        f"{what.documents:>7,} documents  {what.passages:>9,} passages  {_size(one.folder) / 1e6:>9,.1f} MB"
    )
    return f"{name} {counts}  {safe_path(one.folder)}\n"

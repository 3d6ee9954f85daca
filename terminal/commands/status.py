"""`dragoman status`: what the index holds."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from index_data.records import FileAccount, FileState, IndexSummary, SegmentSummary
from index_data.server_summary import ServerSummary
from terminal.commands.options import shared_options
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import Settings, load_settings

SCHEMA = "dragoman.status/1"


_EXAMPLES = """\b
Try:
  dragoman status
  dragoman status --files
  dragoman status --json | jq .languages
"""


@click.command(epilog=_EXAMPLES)
@click.option("--files", is_flag=True, help="Account for every file: what of it can be found, and what not.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a page for a browser that accounts for every file.",
)
@shared_options
def status(*, files: bool, as_json: bool, html: Path | None, **flags: object) -> int:
    """Show what the index holds.

    Also which encoder made it and which files could not be read.
    """
    settings = load_settings(flags)
    from terminal.engine.opening import nearest_engine

    if html is not None:
        deliver(_page(settings), html)
        return ExitCode.OK
    with nearest_engine(settings) as engine:
        summary = engine.summary()
        accounts = engine.accounts() if files else None
    deliver(dump(status_fields(summary, accounts), indent=2) + "\n" if as_json else _text(summary, accounts))
    return ExitCode.OK


def _page(settings: Settings) -> str:
    from search.freshness import is_other
    from terminal.pictures.coverage_page import coverage_page
    from terminal.wiring import open_index

    with open_index(settings) as index:
        stamps = index.stamps() | index.unread_stamps()
        stale = {path for path, stamp in stamps.items() if is_other(path, stamp)}
        return coverage_page(index.summary(), index.accounts(), stale)


def status_fields(summary: IndexSummary, accounts: list[FileAccount] | None = None) -> dict[str, object]:
    """Make the object that `--json` writes, with `accounts` one of each file."""
    made_by = summary.fingerprint
    shape: dict[str, object] = {
        "schema": SCHEMA,
        "index": {
            "folder": str(summary.folder.absolute()),
            "generation": summary.generation,
            "model": made_by.model,
            "encoder": made_by.encoder,
            "window_tokens": made_by.window_tokens,
            "passage_tokens": made_by.passage_tokens,
        },
        "documents": summary.documents,
        "passages": summary.passages,
        "languages": summary.languages,
        "media_types": summary.media_types,
        "segments": [
            {"passages": one.passages, "kind": one.kind, "recall": round(one.recall, 4)}
            for one in summary.segments
        ],
        "server": summary.server and asdict(summary.server),
        "unread": [{"path": str(file.path), "reason": file.reason} for file in summary.unread],
    }
    if accounts is not None:
        shape["files"] = list(map(_account, accounts))
    return shape


def _account(account: FileAccount) -> dict[str, object]:
    return {
        "path": str(account.path),
        "state": account.state,
        "media_type": account.media_type,
        "passages": account.passages,
        "characters": account.characters,
        "embedded": account.share_embedded,
        "pages": account.pages,
        "textless_pages": account.textless_pages,
        "recognised_pages": account.recognised_pages,
        "notes": account.notes,
        "attempts": account.attempts,
        "reason": account.reason,
    }


def _text(summary: IndexSummary, accounts: list[FileAccount] | None) -> str:
    made_by = summary.fingerprint
    lines = [
        f"index      {_shown(summary.folder)}, generation {summary.generation}",
        f"encoder    {safe_text(made_by.model)} ({made_by.encoder[:12]}), {made_by.dimension} dimensions",
        f"cut into   passages of about {made_by.passage_tokens} tokens, windows of {made_by.window_tokens}",
        f"documents  {summary.documents:,}   {_counts(summary.media_types)}",
        f"passages   {summary.passages:,}   {_counts(summary.languages)}",
        *(f"segment    {_segment(one)}" for one in summary.segments),
        *_server_lines(summary.server),
        f"unread     {len(summary.unread):,}",
    ]
    if accounts is None:
        lines += [f"  {safe_path(file.path)}: {safe_text(file.reason)}" for file in summary.unread]
    else:
        lines += ["", *(line for account in accounts for line in _account_lines(account))]
    return "".join(line.rstrip() + "\n" for line in lines)


def _account_lines(account: FileAccount) -> list[str]:
    """Show one file: a line, and one more for each thing that is not as it should be."""
    if account.state is not FileState.READY:
        tried = f" ({account.attempts} attempts)" if account.attempts else ""
        return [f"{account.state:<8} {safe_path(account.path)}", f"  {safe_text(account.reason)}{tried}"]
    parts = [f"passages {account.passages:,}"]
    parts += [f"characters {account.characters:,}"] if account.characters is not None else []
    parts += [f"{account.share_embedded:.0%} embedded"] if account.share_embedded is not None else []
    parts += [f"pages {account.pages:,}"] if account.pages else []
    parts += [f"recognised {len(account.recognised_pages):,}"] if account.recognised_pages else []
    notes = [f"  {safe_text(note)}" for note in account.notes]
    return [f"{account.state:<8} {safe_path(account.path)}: {', '.join(parts)}", *notes]


def _server_lines(server: ServerSummary | None) -> list[str]:
    if server is None:
        return []
    rows = f", documents in {safe_text(server.catalogue)}" if server.catalogue else ""
    version = f"Milvus {safe_text(server.version)} has {server.passages:,} passages"
    return [f"elsewhere  {safe_text(server.address)}{rows}", f"           {version}"]


def _segment(one: SegmentSummary) -> str:
    if one.kind == "exact":
        return f"of {one.passages:,} passages, searched exactly"
    return f"of {one.passages:,} passages, finds {one.recall:.1%} of the ten nearest ({safe_text(one.kind)})"


def _shown(folder: Path) -> str:
    return safe_text(str(folder.absolute()))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{safe_text(name)} {count:,}" for name, count in counts.items())

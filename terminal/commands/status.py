"""`dragoman status`: what the index holds."""

from __future__ import annotations

from pathlib import Path

import click

from index_data.records import IndexSummary
from terminal.commands.options import shared_options
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import load_settings

SCHEMA = "dragoman.status/1"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@shared_options
def status(*, as_json: bool, **flags: object) -> int:
    """Show what the index holds.

    Also which encoder made it and which files could not be read.
    """
    settings = load_settings(flags)
    from terminal.wiring import open_index

    with open_index(settings) as index:
        summary = index.summary()
    deliver(_json(summary) if as_json else _text(summary))
    return ExitCode.OK


def _json(summary: IndexSummary) -> str:
    made_by = summary.fingerprint
    shape = {
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
        "unread": [{"path": str(file.path), "reason": file.reason} for file in summary.unread],
    }
    return dump(shape, indent=2) + "\n"


def _text(summary: IndexSummary) -> str:
    made_by = summary.fingerprint
    lines = [
        f"index      {_shown(summary.folder)}, generation {summary.generation}",
        f"encoder    {safe_text(made_by.model)} ({made_by.encoder[:12]}), {made_by.dimension} dimensions",
        f"cut into   passages of about {made_by.passage_tokens} tokens, windows of {made_by.window_tokens}",
        f"documents  {summary.documents:,}   {_counts(summary.media_types)}",
        f"passages   {summary.passages:,}   {_counts(summary.languages)}",
        f"unread     {len(summary.unread):,}",
    ]
    lines += [f"  {safe_path(file.path)}: {safe_text(file.reason)}" for file in summary.unread]
    return "".join(line.rstrip() + "\n" for line in lines)


def _shown(folder: Path) -> str:
    return safe_text(str(folder.absolute()))


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{safe_text(name)} {count:,}" for name, count in counts.items())

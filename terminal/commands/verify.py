"""`dragoman verify`: whether what was shown stands in the files, where it is said to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from terminal.commands.options import index_option, ocr_languages_option, ocr_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump, path_bytes
from terminal.safe_text import safe_path, safe_text
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from index_data.records import StoredPassage
    from ingest.quotations import Checked, Quotation

SCHEMA = "dragoman.verify/1"
_BATCH = 500
"""Passages fetched at once."""


_EXAMPLES = """\b
Try:
  dragoman search --json "notice period" > found.json
  dragoman verify found.json
  dragoman verify --passage 12
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--passage", "passage_ids", type=int, multiple=True, metavar="ID", help="Only this passage.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@ocr_option
@ocr_languages_option
@index_option
def verify(file: Path | None, *, passage_ids: tuple[int, ...], as_json: bool, **flags: object) -> int:
    """Cut what was shown from the files again, and compare.

    FILE is what `dragoman search --json` wrote. Without it, every passage of the index is cut from its file:
    from its bytes where the text is a copy of them, else from what the reader makes of the file now. Exits
    with 1 if a place gives another text, or a file has changed or gone.
    """
    settings = load_settings(flags)
    checked = list(_checked(file, passage_ids, settings))
    deliver(_json(checked) if as_json else _text(checked))
    return ExitCode.OK if all(one.verdict == "holds" for one in checked) else ExitCode.DIFFERS


def _checked(file: Path | None, passage_ids: Sequence[int], settings: Settings) -> Iterator[Checked]:
    from ingest.parser import Parser
    from ingest.quotations import check_quotations
    from ingest.recognition import Ocr, find_recognition

    recognition = find_recognition(Ocr(settings.ocr), settings.ocr_languages)
    with Parser(recognition=recognition) as parser:
        yield from check_quotations(_quotations(file, passage_ids, settings), parser)


def _quotations(file: Path | None, passage_ids: Sequence[int], settings: Settings) -> Iterator[Quotation]:
    if file is not None:
        from terminal.exported_results import exported_quotations

        yield from exported_quotations(file)
        return
    from terminal.wiring import open_index

    with open_index(settings) as index:
        wanted = list(passage_ids) or index.passage_ids().tolist()
        for start in range(0, len(wanted), _BATCH):
            asked = wanted[start : start + _BATCH]
            found = index.passages(asked)
            _refuse_lost(set(asked) - {stored.passage_id for stored in found})
            yield from map(_quoted, found)


def _refuse_lost(passage_ids: set[int]) -> None:
    for lost in passage_ids:
        raise UsageError(
            f"there is no passage {lost}", remedy="Search again: its file may have been read anew."
        )


def _quoted(stored: StoredPassage) -> Quotation:
    from ingest.quotations import Quotation

    document, passage = stored.document, stored.passage
    plain = passage.byte_start is not None and passage.byte_end is not None
    return Quotation(
        path=document.path,
        content_hash=document.stamp.content_hash,
        text=passage.text,
        char=(passage.start, passage.end),
        byte=(passage.byte_start or 0, passage.byte_end or 0) if plain else None,
        encoding=document.encoding,
    )


def _text(checked: Sequence[Checked]) -> str:
    lines = [
        f"{safe_path(one.quotation.path)}: characters {one.quotation.char[0]} to {one.quotation.char[1]}: "
        f"{one.verdict}, {safe_text(one.reason)}\n"
        for one in checked
        if one.verdict != "holds"
    ]
    return "".join(lines) + f"{len(checked) - len(lines)} of {len(checked)} stand where they are said to\n"


def _json(checked: Sequence[Checked]) -> str:
    shape = {
        "schema": SCHEMA,
        "checked": len(checked),
        "holds": sum(one.verdict == "holds" for one in checked),
        "findings": [
            {
                "path": str(one.quotation.path),
                "path_bytes": path_bytes(one.quotation.path),
                "char": list(one.quotation.char),
                "verdict": one.verdict.value,
                "reason": one.reason,
            }
            for one in checked
            if one.verdict != "holds"
        ],
    }
    return dump(shape, indent=2) + "\n"

"""`dragoman feedback`: keep what was said of hits, to measure and to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from search.feedback import Placed, Verdict, append, feedback_file, judged, placed, read
from terminal.commands.options import index_option, quiet_option
from terminal.commands.passage_id import absolute
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from index_data.index import Index
    from index_data.records import StoredPassage

SCHEMA = "dragoman.feedback/1"
NOTED_SCHEMA = "dragoman.feedback-noted/1"
EXPORT_SCHEMA = "dragoman.feedback-export/1"

_EXAMPLES_OF_LIST = """\b
Try:
  dragoman feedback list
  dragoman feedback list --json
"""
_EXAMPLES_OF_EXPORT = """\b
Try:
  dragoman feedback export judged
  dragoman eval judged
"""


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  dragoman feedback good "notice period" 1207 1841
  dragoman feedback bad "notice period" papers/menu.pdf
  dragoman feedback export judged && dragoman eval judged
""",
)
@click.pass_context
def feedback(context: click.Context) -> int:
    """Keep which hits answer and which do not, to measure search with and to tune the encoder.

    The judgements are kept in a file beside the index. They hold when documents are moved, read again, or
    embedded by another encoder; of a document that was changed, only where it still says the same.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return ExitCode.OK


def _say(verdict: Verdict) -> click.Command:
    help_text = "Note that hits answer." if verdict is Verdict.GOOD else "Note that hits do not answer."

    @click.command(
        verdict.value,
        help=f"{help_text}\n\nID is a hit's passage_id, or the path of a document.",
        epilog=f'\b\nTry:\n  dragoman feedback {verdict.value} "notice period" 1207 1841\n',
    )
    @click.argument("query")
    @click.argument("ids", nargs=-1, required=True, metavar="ID...")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @index_option
    @quiet_option
    def say(query: str, ids: tuple[str, ...], *, as_json: bool, **flags: object) -> int:
        settings = load_settings(flags)
        text = safe_text(query).strip()
        if not text:
            raise UsageError("the query is empty", remedy=f'dragoman feedback {verdict} "query" ID')
        from terminal.wiring import open_index

        now = datetime.now(UTC).isoformat(timespec="seconds")
        with open_index(settings) as index:
            judgements = [judged(text, verdict, _meant(index, named), now) for named in ids]
        append(feedback_file(settings.index), judgements)
        if as_json:
            noted = {"query": text, "verdict": verdict.value, "noted": len(judgements)}
            file = str(feedback_file(settings.index))
            deliver(dump({"schema": NOTED_SCHEMA, "file": file, **noted}, indent=2) + "\n")
        elif not settings.quiet:
            tell(f"{len(judgements):,} noted as {verdict} in {safe_path(feedback_file(settings.index))}")
        return ExitCode.OK

    return say


def _meant(index: Index, named: str) -> list[StoredPassage]:
    """Find a passage by its id, or all of a document's by its path.

    Raises:
        UsageError: the index has no such thing.
    """
    number = named.removeprefix("#")
    if number.isascii() and number.isdecimal():
        found = index.passages([int(number)])
    else:
        found = index.passages(index.lookup.passages_of(absolute(named)))
    if not found:
        raise UsageError(
            f"the index has no passage or document {named}",
            remedy="`dragoman search --json` prints ids; a path has to be that of a file that was read.",
        )
    return found


@click.command("list", epilog=_EXAMPLES_OF_LIST)
@click.option("--json", "as_json", is_flag=True, help="Print the judgements as one JSON object.")
@index_option
@quiet_option
def list_judgements(*, as_json: bool, **flags: object) -> int:
    """Show what was said last of each hit, and whether it still holds."""
    settings = load_settings(flags)
    found = _placed(settings)
    if as_json:
        _print_json(found, settings)
        return ExitCode.OK
    for one in found:
        ids = ", ".join(f"{stored.passage_id}" for stored in one.passages[:3])
        more = f" and {len(one.passages) - 3} more" if len(one.passages) > 3 else ""
        path = one.passages[0].document.path if one.passages else Path(one.judgement.path)
        where = f"{safe_path(path)} ({ids}{more})" if one.passages else f"{safe_path(path)}, gone or changed"
        deliver(f"{one.judgement.verdict:4}  {safe_text(one.judgement.query)}  {where}\n")
    return ExitCode.OK


@click.command("export", epilog=_EXAMPLES_OF_EXPORT)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--with-corpus", is_flag=True, help="Write the text of every document too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@quiet_option
def export_judgements(folder: Path, *, with_corpus: bool, as_json: bool, **flags: object) -> int:
    """Write the judgements to DIR, for `dragoman eval` and `dragoman tune --judgements FILE`.

    Queries and judgements of documents are written in the layout of BEIR; without a corpus, they are measured
    with the index. DIR/judgements.jsonl judges passages.
    """
    from ingest.languages import language_of
    from search.evaluation.feedback_set import TO_LEARN_FROM, export, export_corpus
    from terminal.wiring import open_index

    settings = load_settings(flags)
    found = _placed(settings)
    count = export(folder, found, language_of)
    if with_corpus:
        with open_index(settings) as index:
            export_corpus(folder, index)
    lost = sum(not one.passages for one in found)
    if as_json:
        counts = {"folder": str(folder.absolute()), "queries": count, "left_out": lost}
        deliver(dump({"schema": EXPORT_SCHEMA, **counts}, indent=2) + "\n")
    elif not settings.quiet:
        tell(f"{count:,} queries written to {safe_path(folder)}; {TO_LEARN_FROM} is for dragoman tune")
        if lost:
            tell(f"left out: {lost:,} judgements of what is gone or changed")
    return ExitCode.OK


def _placed(settings: Settings) -> list[Placed]:
    from terminal.wiring import open_index

    file = feedback_file(settings.index)
    judgements, bad = read(file)
    for number in bad:
        tell(f"{safe_path(file)}, line {number}: it is no judgement; it is left out")
    with open_index(settings) as index:
        return placed(index, judgements)


def _print_json(found: Sequence[Placed], settings: Settings) -> None:
    rows = [
        {
            "query": one.judgement.query,
            "verdict": one.judgement.verdict.value,
            "path": str(one.passages[0].document.path) if one.passages else one.judgement.path,
            "char": one.judgement.char,
            "time": one.judgement.time,
            "passage_ids": [stored.passage_id for stored in one.passages],
        }
        for one in found
    ]
    file = str(feedback_file(settings.index))
    deliver(dump({"schema": SCHEMA, "file": file, "judgements": rows}, indent=2) + "\n")


for command in (*map(_say, Verdict), list_judgements, export_judgements):
    feedback.add_command(command)

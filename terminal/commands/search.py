"""`dragoman search`: one question, its hits on stdout."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from search.query import Mode, Query
from terminal.answer import Answer
from terminal.color import wants_color
from terminal.commands.filter_options import filter_options, taken_filters
from terminal.commands.options import searching_options
from terminal.commands.ranking_options import framed, ranking_options
from terminal.delivery import deliver, deliver_bytes, reaches_terminal
from terminal.diagnostics import ExitCode, tell
from terminal.engine.engine import Stage
from terminal.passage_names import PassageName
from terminal.safe_text import safe_path, safe_text
from terminal.setting_values import Color
from terminal.settings import Settings, load_settings
from terminal.shortcomings import tell_shortcomings

if TYPE_CHECKING:
    from terminal.engine.opening import NearestEngine


class Format(StrEnum):
    """Shapes of an answer."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "md"
    PATHS = "paths"
    VIMGREP = "vimgrep"


def _print_schema(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value:
        from terminal.json_output import schema_text

        deliver(schema_text())
        context.exit(ExitCode.OK)


_EXAMPLES = """\b
Try:
  dragoman search "how long is the notice period"
  dragoman search --lang de,fr --type pdf -n 5 "notice period"
  dragoman search --mode lexical 'title:lease "three months" -rent'
  dragoman search -c papers -c mails "notice period"
  dragoman search -0 --paths "notice period" | xargs -0 ls -l
  dragoman search --json "notice period" | jq -r '.results[0].path'
"""


@click.command(epilog=_EXAMPLES)
@click.argument("question", nargs=-1)
@click.option("-n", "--limit", metavar="COUNT", help="Hits at most. [default: 10]")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="By meaning (dense), by words (lexical) or by both. [default: hybrid]",
)
@filter_options
@ranking_options
@click.option("--json", "output_format", flag_value=Format.JSON.value, help="The same as --format json.")
@click.option("--jsonl", "output_format", flag_value=Format.JSONL.value, help="The same as --format jsonl.")
@click.option("--paths", "output_format", flag_value=Format.PATHS.value, help="The same as --format paths.")
@click.option(
    "-0",
    "--null",
    is_flag=True,
    help="With --paths: names of files byte for byte, each ended by a zero byte, for xargs -0; to a terminal"
    " they are lines made fit for it.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice([shape.value for shape in Format]),
    help="Shape of the answer. [default: by the suffix of --output, else text]",
)
@click.option("--evidence", is_flag=True, help="With --json: how much each word of a passage contributes.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE, whole or not at all.",
)
@click.option(
    "--color", type=click.Choice([color.value for color in Color]), help="Colour in text. [default: auto]"
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0, not 1, when nothing is found.")
@click.option(
    "--batch",
    metavar="FILE",
    help="Ask each line of FILE, or of stdin with -, and print JSON lines: see docs/query-grammar.md.",
)
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of --json and exit.",
)
@searching_options
def search(
    question: tuple[str, ...],
    *,
    batch: str | None,
    like: tuple[PassageName, ...],
    unlike: tuple[PassageName, ...],
    everything: bool,
    diverse: bool,
    output_format: str | None,
    null: bool,
    output: Path | None,
    evidence: bool,
    exit_zero: bool,
    **flags: object,
) -> int:
    """Find the passages that answer a question.

    They may be in other languages than QUESTION, which may hold "exact phrases", -words to leave out,
    beginnings* and fields: lang:de, type:pdf, path:reports/**, title:budget, after:2024-01, before:7d.
    Each hit has a number, as in #12, which `get`, `open`, `similar`, `explain`, --like and --unlike take.
    """
    filters = taken_filters(flags)
    settings = load_settings(flags, several=True)
    frame = framed(settings, filters, like=like, unlike=unlike, everything=everything, diverse=diverse)
    if batch is not None:
        _refuse_question(question, output_format)
        from terminal.batch_answers import answer_batch

        return answer_batch(batch, frame, settings, stage_for(settings), output, exit_zero=exit_zero)
    query = read_question(question, frame)
    refuse_moved_words(query)
    from terminal.engine.opening import nearest_engine

    with nearest_engine(settings) as engine:
        found = asked(engine, query, stage_for(settings))
    return give(found, settings, output_format, output, exit_zero=exit_zero, evidence=evidence, null=null)


def give(
    found: Answer,
    settings: Settings,
    output_format: str | None,
    output: Path | None,
    *,
    exit_zero: bool,
    evidence: bool = False,
    null: bool = False,
) -> int:
    """Write an answer in the shape that was asked for, and say whether there was any hit.

    Raises:
        UsageError: a zero byte was to end something else than a path.
    """
    shape = _shape(output_format, output, null=null)
    if null and not reaches_terminal(output):
        from terminal.path_outputs import null_separated

        deliver_bytes(null_separated(found), output)
    else:
        color = wants_color(settings.color, output)
        deliver(
            _shaped(found, shape, color=color, links=color and sys.stdout.isatty(), evidence=evidence), output
        )
    tell_shortcomings(found)
    if not found.hits and not settings.quiet and shape is Format.TEXT:
        tell(_why_empty(found))
    if found.incomplete:
        return ExitCode.PARTIAL
    return ExitCode.OK if found.hits or exit_zero else ExitCode.NO_HIT


def _why_empty(found: Answer) -> str:
    from search.query_line import written_filters
    from terminal.text_output import place

    within = " ".join(written_filters(found.query.filters))
    no_answer = f"No passage answers this within {within}." if within else "No passage answers this."
    if found.nearest is None:
        return f"{no_answer} `dragoman status` shows what the index holds."
    where = f"{safe_path(found.nearest.document.path)}, {place(found.nearest.passage)}"
    return f"{no_answer} Nearest, {found.nearest.score:.2f}: {where}. --min-score 0 shows it."


def _refuse_question(question: tuple[str, ...], output_format: str | None) -> None:
    if question or output_format not in {None, Format.JSONL}:
        raise UsageError(
            "a batch takes its questions from a file and answers in JSON lines",
            remedy="Leave out the question and the format: dragoman search --batch questions.jsonl",
        )


def read_question(question: tuple[str, ...], frame: Query) -> Query:
    """Understand a line of the command line in its frame.

    Raises:
        UsageError: it is empty, asks for nothing, or names a field that is none.
    """
    from search.query_line import read_query

    text = safe_text(" ".join(question)).strip()
    if not text:
        raise UsageError("the question is empty", remedy='Ask something: dragoman search "how does it work"')
    return read_query(text, frame)


def asked(engine: NearestEngine, query: Query, stage: Stage) -> Answer:
    """Ask, and keep the time that passed before the search."""
    start = perf_counter()
    found = engine.answer(query, stage)
    return replace(found, load_ms=max((perf_counter() - start) * 1000 - found.search_ms, 0.0))


def refuse_moved_words(query: Query) -> None:
    """Refuse to move a question that is asked by its words alone.

    Raises:
        UsageError: it was to be moved.
    """
    if query.mode is Mode.LEXICAL and (query.like or query.unlike):
        raise UsageError("words alone cannot be moved", remedy="Leave out --mode lexical.")


def stage_for(settings: Settings) -> Stage:
    """Say how far a search goes: no encoder where words suffice."""
    if settings.mode is Mode.LEXICAL:
        return Stage.COMPARED if settings.rerank else Stage.WORDS
    return Stage.FUSED if settings.rerank is False else Stage.RANKED


def _shape(output_format: str | None, output: Path | None, *, null: bool) -> Format:
    if null and output_format not in {None, Format.PATHS}:
        raise UsageError("-0 ends paths, and nothing else", remedy="Leave it out, or give --paths.")
    if null:
        return Format.PATHS
    return Format(output_format) if output_format else _format_of(output)


def _format_of(output: Path | None) -> Format:
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    return Format(suffix) if suffix in list(Format) else Format.TEXT


def _shaped(found: Answer, shape: Format, *, color: bool, links: bool, evidence: bool) -> str:
    match shape:
        case Format.JSON:
            from terminal.json_output import json_text

            return json_text(found, evidence=evidence)
        case Format.JSONL:
            from terminal.json_output import jsonl_text

            return jsonl_text(found, evidence=evidence)
        case Format.CSV:
            from terminal.csv_output import csv_text

            return csv_text(found)
        case Format.MARKDOWN:
            from terminal.markdown_output import markdown_text

            return markdown_text(found)
        case Format.PATHS:
            from terminal.path_outputs import paths_text

            return paths_text(found)
        case Format.VIMGREP:
            from terminal.path_outputs import vimgrep_text

            return vimgrep_text(found)
        case Format.TEXT:
            from terminal.text_output import text_text

            return text_text(found, width=shutil.get_terminal_size().columns, color=color, links=links)

"""`dragoman search`: one question, its hits on stdout."""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from time import perf_counter

import click

from index_data.errors import UsageError
from index_data.records import Filters, IndexSummary
from search.query import Mode, Query
from terminal.answer import Answer, answer
from terminal.commands.options import shared_options
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.safe_text import safe_text
from terminal.settings import Color, Settings, load_settings


class Format(StrEnum):
    """Shapes of an answer."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "md"


def _comma_separated(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    parts = (part.strip().casefold() for value in values for part in value.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _print_schema(context: click.Context, _parameter: click.Parameter, value: object) -> None:
    if value:
        from terminal.json_output import schema_text

        deliver(schema_text())
        context.exit(ExitCode.OK)


@click.command()
@click.argument("question", nargs=-1)
@click.option("-n", "--limit", metavar="COUNT", help="Hits at most. [default: 10]")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="By meaning (dense), by words (lexical) or by both. [default: hybrid]",
)
@click.option(
    "--lang",
    "languages",
    multiple=True,
    callback=_comma_separated,
    help="Only these languages: de,fr.",
    metavar="CODES",
)
@click.option(
    "--type",
    "media_types",
    multiple=True,
    callback=_comma_separated,
    help="Only these types: pdf,md.",
    metavar="TYPES",
)
@click.option(
    "--path",
    "path_globs",
    multiple=True,
    help="Only files whose whole path matches: '*/letters/*'.",
    metavar="GLOB",
)
@click.option("--min-score", metavar="SCORE", help="Leave out hits below it, 0 to 1. [default: 0]")
@click.option(
    "--rerank/--no-rerank",
    default=None,
    help="Compare the best hits once more, token by token. [default: yes, except with --mode lexical]",
)
@click.option(
    "--reranker",
    metavar="NAME|FOLDER",
    help="Have a cross-encoder compare them. [env: DRAGOMAN_RERANKER; default: the encoder, token by token]",
)
@click.option("--json", "output_format", flag_value=Format.JSON.value, help="The same as --format json.")
@click.option("--jsonl", "output_format", flag_value=Format.JSONL.value, help="The same as --format jsonl.")
@click.option(
    "--format",
    "output_format",
    type=click.Choice([shape.value for shape in Format]),
    help="Shape of the answer. [default: by the suffix of --output, else text]",
)
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
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of --json and exit.",
)
@shared_options
def search(
    question: tuple[str, ...],
    *,
    languages: tuple[str, ...],
    media_types: tuple[str, ...],
    path_globs: tuple[str, ...],
    output_format: str | None,
    output: Path | None,
    exit_zero: bool,
    **flags: object,
) -> int:
    """Find the passages that answer a question.

    They may be in other languages than QUESTION.
    """
    settings = load_settings(flags)
    query = Query(
        text=_cleaned(question),
        limit=settings.limit,
        mode=settings.mode,
        filters=Filters(languages=languages, media_types=media_types, path_globs=path_globs),
        min_score=settings.min_score,
    )
    shape = Format(output_format) if output_format else _format_of(output)
    found = _ask(query, settings)
    deliver(_shaped(found, shape, color=_wants_color(settings.color, output)), output)
    if found.hits:
        return ExitCode.OK
    if not settings.quiet and shape is Format.TEXT:
        tell("No passage answers this. `dragoman status` shows what the index holds.")
    return ExitCode.OK if exit_zero else ExitCode.NO_HIT


def _cleaned(question: tuple[str, ...]) -> str:
    text = safe_text(" ".join(question)).strip()
    if not text:
        raise UsageError("the question is empty", remedy='Ask something: dragoman search "how does it work"')
    return text


def _ask(query: Query, settings: Settings) -> Answer:
    from terminal.wiring import load_searcher, open_index, searcher_by_words

    start = perf_counter()
    with open_index(settings) as index:
        _check_filters(query.filters, index.summary())
        words_suffice = query.mode is Mode.LEXICAL and not settings.rerank
        searcher = searcher_by_words(index) if words_suffice else load_searcher(index, settings)
        load_ms = (perf_counter() - start) * 1000
        return answer(searcher, query, settings.index, load_ms=load_ms)


def _check_filters(filters: Filters, summary: IndexSummary) -> None:
    # A typing error must not look like an empty answer.
    for asked, held, noun, flag in (
        (filters.languages, summary.languages, "language", "--lang"),
        (filters.media_types, summary.media_types, "type", "--type"),
    ):
        unknown = [value for value in asked if value not in held]
        if unknown:
            raise UsageError(
                f"the index has nothing of the {noun} {', '.join(unknown)}",
                remedy=f"{flag} can be {', '.join(held)}."
                if held
                else "The index is empty: dragoman ingest PATH",
            )


def _format_of(output: Path | None) -> Format:
    suffix = output.suffix.removeprefix(".").lower() if output else ""
    return Format(suffix) if suffix in list(Format) else Format.TEXT


def _shaped(found: Answer, shape: Format, *, color: bool) -> str:
    match shape:
        case Format.JSON:
            from terminal.json_output import json_text

            return json_text(found)
        case Format.JSONL:
            from terminal.json_output import jsonl_text

            return jsonl_text(found)
        case Format.CSV:
            from terminal.csv_output import csv_text

            return csv_text(found)
        case Format.MARKDOWN:
            from terminal.markdown_output import markdown_text

            return markdown_text(found)
        case Format.TEXT:
            from terminal.text_output import text_text

            return text_text(found, width=shutil.get_terminal_size().columns, color=color)


def _wants_color(color: Color, output: Path | None) -> bool:
    if color is Color.AUTO:
        return output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return color is Color.ALWAYS

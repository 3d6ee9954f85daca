"""The answers to a batch of questions, one after the other, with one encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import click

from index_data.errors import UsageError
from search.query import Query
from terminal.batch import batch_lines, batch_query
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.engine.engine import Stage
from terminal.engine.opening import nearest_engine
from terminal.json_output import jsonl_text
from terminal.settings import Settings
from terminal.shortcomings import tell_shortcomings


def answer_batch(
    batch: str,
    frame: Query,
    settings: Settings,
    stage: Stage,
    output: Path | None,
    *,
    exit_zero: bool,
) -> ExitCode:
    """Answer each line of the file `batch`, or of stdin if it is `-`, within the frame of the flags.

    Lines go out one by one, or all together to `output`. A bad line is told on stderr and the run goes on; it
    makes the exit code 2.

    Raises:
        DragomanError: the index, the encoder or the output cannot be used.
        OSError: the file cannot be read.
    """
    start, hits, bad, written, incomplete = perf_counter(), 0, 0, [], False
    with click.open_file(batch, "rb") as lines, nearest_engine(settings) as engine:
        engine.generation()
        if stage is not Stage.WORDS:
            engine.load()
        load_ms = (perf_counter() - start) * 1000
        for line in batch_lines(lines):
            try:
                query_id, query = batch_query(line, frame)
                found = replace(engine.answer(query, stage), load_ms=load_ms)
            except UsageError as error:
                bad += 1
                tell(f"dragoman: line {line.number}: {error.message}. {error.remedy}")
                continue
            hits += len(found.hits)
            if found.incomplete and not incomplete:
                incomplete = True
                tell_shortcomings(found)
            written.append(jsonl_text(found, query_id=query_id))
            if output is None:
                deliver(written.pop())
    if output is not None:
        deliver("".join(written), output)
    if bad:
        return ExitCode.ERROR
    if incomplete:
        return ExitCode.PARTIAL
    return ExitCode.OK if hits or exit_zero else ExitCode.NO_HIT

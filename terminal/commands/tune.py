"""`dragoman tune`: adapt the encoder of an index to what is in it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from os.path import commonpath
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_data.errors import UsageError
from terminal.commands.ingest import ingest
from terminal.commands.options import shared_options
from terminal.commands.progress_option import progress_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, report, tell
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import Settings, load_settings
from terminal.ways_to_show import Show, way_to_show

if TYPE_CHECKING:
    from encoder.tuning.corpus import Corpus
    from encoder.tuning.progress import Finished
    from encoder.tuning.tuner import Tuner
    from index_data.records import Fingerprint


_EXAMPLES = """\b
Try:
  dragoman tune --dry-run
  dragoman tune --minutes 30 --judgements judged/judgements.jsonl
  dragoman tune --progress json 2> steps.jsonl
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True, max=24 * 60),
    default=10.0,
    show_default=True,
    help="Learn for so long at most; measuring takes its own time.",
)
@click.option(
    "--judgements",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help='Lines of {"query": TEXT, "relevant": [PATH OR PASSAGE ID, ...], "not_relevant": [...]}.',
)
@click.option(
    "--general",
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Facts in several languages that must still be found. [default: 40 that Dragoman brings]",
)
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Where the tuned encoder is written. [default: a folder among the fetched models]",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=3e-5,
    show_default=True,
    help="How fast to learn; less for a larger encoder.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of every choice that is left to chance."
)
@click.option("--dry-run", is_flag=True, help="Only say what there is to learn from and to measure by.")
@click.option(
    "--reingest",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Read all documents again with the tuned encoder, into a new index in FOLDER.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what it came to as one JSON object.")
@progress_option
@shared_options
def tune(
    *,
    minutes: float,
    judgements: Path | None,
    general: Path | None,
    out: Path | None,
    rate: float,
    seed: int,
    dry_run: bool,
    reingest: Path | None,
    as_json: bool,
    progress: str | None,
    **flags: object,
) -> int:
    """Adapt the encoder of an index to its documents.

    It learns which passages belong to titles, headings and sentences of the documents, and to the queries of
    --judgements. A tenth of the documents is held out. The tuned encoder is written only if it finds more of
    them and does not lose more than half a point of a general check; if not, the exit code is 2. Interrupted,
    it writes nothing and begins anew the next time.
    """
    settings = load_settings(flags | ({"quiet": True} if as_json else {}))
    show = way_to_show(progress, silent=settings.quiet)
    target = out and _absent(out)
    _refuse_two_objects(reingest, as_json=as_json)
    from encoder.tuning.corpus import read_corpus
    from terminal.wiring import load_tuner, open_index

    with open_index(settings) as index:
        corpus, bad = read_corpus(index, judgements)
        for row in bad:
            tell(f"{judgements}, line {row.line}: {row.reason}; it is left out")
        if dry_run:
            return _told(corpus, seed, settings, as_json=as_json)
        tuner = load_tuner(index, settings, corpus, general, minutes=minutes, seed=seed, rate=rate)
        made_by = index.fingerprint
    target = target or _free(settings.models / f"{Path(made_by.model).name}-tuned")
    try:
        finished = _finished(tuner, target, show)
    except KeyboardInterrupt:
        report("interrupted", "Nothing was written; the same command begins anew.")
        return ExitCode.INTERRUPTED
    reading, paths = _reading(corpus, settings, made_by, target, reingest)
    if as_json:
        whole = ["dragoman", "ingest", *reading, commonpath(paths)]
        return _delivered(finished, settings, target, whole)
    return _concluded(finished, target, reading, paths, anew=bool(reingest))


def _refuse_two_objects(reingest: Path | None, *, as_json: bool) -> None:
    if as_json and reingest:
        raise UsageError("--json prints one object, and --reingest would another", remedy="Leave out one.")


def _absent(out: Path) -> Path:
    """Return the absolute path of what is to be made.

    Raises:
        UsageError: it is there already.
    """
    if out.expanduser().exists():
        raise UsageError(f"{out} exists already", remedy="Name another folder with --out.")
    return out.expanduser().absolute()


def _told(corpus: Corpus, seed: int, settings: Settings, *, as_json: bool) -> int:
    """Say what `corpus` would be divided into."""
    from random import Random

    from encoder.tuning.corpus import split
    from terminal.tuning_progress import prepared_line

    counted = split(corpus, Random(seed)).counted
    if as_json:
        from terminal.tuning_output import prepared_fields

        deliver(dump(prepared_fields(counted, settings.index), indent=2) + "\n")
    else:
        deliver(f"{prepared_line(counted)}\n")
    return ExitCode.OK


def _finished(tuner: Tuner, out: Path, show: Show) -> Finished:
    from encoder.tuning.progress import Finished
    from terminal.tuning_progress import shown

    with closing(tuner.tune(out)) as events:
        for event in shown(events, show):
            if isinstance(event, Finished):
                return event
    raise AssertionError("tuning ends with Finished")


def _delivered(finished: Finished, settings: Settings, out: Path, ingesting: Sequence[str]) -> int:
    from terminal.tuning_output import finished_fields

    deliver(dump(finished_fields(finished, settings.index, out, ingesting), indent=2) + "\n")
    return ExitCode.OK if finished.fingerprint else ExitCode.ERROR


def _reading(
    corpus: Corpus, settings: Settings, made_by: Fingerprint, out: Path, reingest: Path | None
) -> tuple[list[str], list[str]]:
    """Return the options with which the documents are read anew, and the documents."""
    folder = reingest or settings.index.with_name(f"{settings.index.name}-tuned")
    options = ["--index", str(folder.expanduser().absolute()), "--model", str(out)]
    for name in ("window_tokens", "passage_tokens", "overlap_tokens"):
        options += [f"--{name.replace('_', '-')}", str(getattr(made_by, name))]
    options += ["--quiet"] if settings.quiet else []
    return options, sorted({str(stored.document.path) for stored in corpus.passages})


def _concluded(
    finished: Finished, out: Path, options: Sequence[str], paths: Sequence[str], *, anew: bool
) -> int:
    from terminal.tuning_progress import report_line

    deliver(f"{report_line(finished.report)}\n")
    if not finished.fingerprint:
        report(
            "the tuned encoder is not better, and was not kept",
            "Give it --judgements, more documents or more --minutes. Index and encoder are as they were.",
        )
        return ExitCode.ERROR
    deliver(f"{safe_path(out)} holds the tuned encoder ({finished.fingerprint[:12]})\n")
    if anew:
        there = [path for path in paths if Path(path).exists()]
        return int(ingest.main([*options, "--", *there], standalone_mode=False))
    command = safe_text(shlex.join(["dragoman", "ingest", *options, commonpath(paths)]))
    deliver(f"To read the documents with it, into an index of their own:\n  {command}\n")
    return ExitCode.OK


def _free(folder: Path) -> Path:
    """Find the first name after `folder`'s that is not taken."""
    names = (folder.with_name(f"{folder.name}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())
